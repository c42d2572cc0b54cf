"""The objects that every worker reaches: a folder, or a bucket of an S3-compatible store. Parsed from STORAGE_URL."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SPELLING = "STORAGE_URL must be file:///FOLDER or s3://BUCKET/PREFIX?endpoint=https://HOST&region=NAME"
OF_S3 = {"endpoint", "region"}


def storage_settings(url: str, *, default_folder: Path, access_key: str = "", secret_key: str = "") -> dict[str, Any]:
    """Return the entry of ``STORAGES`` that ``url`` asks for; without one, a folder of this machine."""
    if not url:
        return _folder(default_folder)
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return _folder(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.hostname:
        return _bucket(parts, access_key=access_key, secret_key=secret_key)
    raise ImproperlyConfigured(SPELLING)


def _folder(location: Path) -> dict[str, Any]:
    return {"BACKEND": "gep.storage.AtomicFolder", "OPTIONS": {"location": str(location), "allow_overwrite": True}}


def _bucket(parts: Any, *, access_key: str, secret_key: str) -> dict[str, Any]:
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if set(asked) - OF_S3 or parts.username or parts.password:
        raise ImproperlyConfigured(f"{SPELLING}; keys come from S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY")
    if bool(access_key) != bool(secret_key):
        raise ImproperlyConfigured("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are set together, or both left out")
    options = {
        "bucket_name": parts.hostname,
        "location": parts.path.strip("/"),
        "endpoint_url": asked.get("endpoint"),
        "region_name": asked.get("region"),
        "access_key": access_key or None,
        "secret_key": secret_key or None,
        "addressing_style": "path" if asked.get("endpoint") else None,
        "file_overwrite": True,
        "object_parameters": {"ChecksumAlgorithm": "SHA256"},
    }
    chosen = {name: value for name, value in options.items() if value is not None}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": chosen}
