"""One door to where inputs and results lie: a folder, or an object store that workers on every machine reach.

An object is named by the SHA-256 of its content, so that a name never means two things, the same content lies there
once, and whoever reads it can tell that nothing changed. It is written whole or not at all.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation

ALIAS = "objects"
CHUNK_BYTES = 1024 * 1024


class ObjectMissing(RuleViolation):
    """The object is not in the storage."""

    code = "gep_object_missing"
    message = _("存储中没有所需的文件。")
    status = 404


class ObjectDamaged(RuleViolation):
    """What lies under the name is not the content that it names."""

    code = "gep_object_damaged"
    message = _("存储中的文件内容与其校验和不符。")
    status = 503


class Stored(NamedTuple):
    """An object by the SHA-256 of its content, in hexadecimal, and its length."""

    digest: str
    size: int


class AtomicFolder(FileSystemStorage):
    """A folder in which a file appears with all of its content, or not at all."""

    def _save(self, name: str, content: Any) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=target.parent, prefix=".incoming-")
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(beside, 0o640)
            os.replace(beside, target)
        except BaseException:
            os.unlink(beside)
            raise
        return name


def put(path: Path) -> Stored:
    """Keep the file's content; kept already, nothing is written."""
    with Path(path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        stored = Stored(digest, os.fstat(file.fileno()).st_size)
        _keep(stored, File(file))
    return stored


def put_bytes(raw: bytes) -> Stored:
    """Keep these bytes; kept already, nothing is written."""
    stored = Stored(hashlib.sha256(raw).hexdigest(), len(raw))
    _keep(stored, ContentFile(raw))
    return stored


def get_bytes(digest: str) -> bytes:
    """Return an object's content, compared with its name. Raises ObjectMissing, ObjectDamaged."""
    with _opened(digest) as source:
        raw = source.read()
    if hashlib.sha256(raw).hexdigest() != digest:
        raise ObjectDamaged(object=digest)
    return raw


@contextmanager
def local_file(digest: str, *, suffix: str = "") -> Iterator[Path]:
    """Lend the object as a file of this machine, compared with its name, until the block ends.

    Raises ObjectMissing, ObjectDamaged.
    """
    with tempfile.TemporaryDirectory(prefix="fuzhou-object-") as folder:
        path = Path(folder) / f"{digest[:16]}{suffix}"
        copy_to(digest, path)
        yield path


def copy_to(digest: str, path: Path) -> None:
    """Write the object's content to ``path``, compared with its name. Raises ObjectMissing, ObjectDamaged."""
    found = hashlib.sha256()
    with _opened(digest) as source, path.open("wb") as target:
        while chunk := source.read(CHUNK_BYTES):
            found.update(chunk)
            target.write(chunk)
    if found.hexdigest() != digest:
        path.unlink()
        raise ObjectDamaged(object=digest)


def cached_file(digest: str) -> Path:
    """Return a file of this machine with the object's content, compared with its name once; not to be written to.

    Of a folder it is the object itself, of a bucket a copy under ``var/``.
    Raises ObjectMissing, ObjectDamaged.
    """
    storage = _storage()
    if isinstance(storage, FileSystemStorage):
        path = Path(storage.path(_name(digest)))
        if not path.is_file():
            raise ObjectMissing(object=digest)
        _compare_once(str(path), digest)
        return path
    path = settings.VAR_DIR / "object-cache" / _name(digest)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{digest}-{os.getpid()}")
        copy_to(digest, beside)
        os.replace(beside, path)
    return path


def join(digests: list[str], path: Path) -> Stored:
    """Write the content of several objects, one behind the other, to ``path``; return what came of it."""
    whole, size = hashlib.sha256(), 0
    with path.open("wb") as target:
        for digest in digests:
            part = get_bytes(digest)
            whole.update(part)
            size += len(part)
            target.write(part)
    return Stored(whole.hexdigest(), size)


def holds(digest: str) -> bool:
    """Return whether the object is there."""
    return _storage().exists(_name(digest))


def remove(digest: str) -> None:
    """Take the object away; nothing happens where it is not there."""
    _storage().delete(_name(digest))


def raster_address(digest: str) -> str:
    """Return where GDAL reads windows of the object from: a path, or a /vsis3/ name with ``raster_environment``.

    A window is not compared with the name of the object: what was put there was, and it is never written again.
    """
    storage = _storage()
    if isinstance(storage, FileSystemStorage):
        return storage.path(_name(digest))
    found: Any = storage
    key = "/".join(part for part in (found.location.strip("/"), _name(digest)) if part)
    return f"/vsis3/{found.bucket_name}/{key}"


def raster_environment() -> dict[str, str]:
    """Return what GDAL must be told to read from the storage, as ``gep.files`` takes it; nothing for a folder."""
    storage: Any = _storage()
    if isinstance(storage, FileSystemStorage):
        return {}
    endpoint = urlsplit(storage.endpoint_url or "")
    told = {
        "aws_access_key_id": storage.access_key,
        "aws_secret_access_key": storage.secret_key,
        "region_name": storage.region_name,
        "endpoint_url": endpoint.netloc,
        "AWS_VIRTUAL_HOSTING": "FALSE" if endpoint.netloc else "TRUE",
        "AWS_HTTPS": "NO" if endpoint.scheme == "http" else "YES",
    }
    return {name: value for name, value in told.items() if value}


@lru_cache(maxsize=4096)
def _compare_once(path: str, digest: str) -> None:
    with open(path, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != digest:
            raise ObjectDamaged(object=digest)


def _storage() -> Storage:
    return storages[ALIAS]


def _name(digest: str) -> str:
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError(f"an object is named by 64 hexadecimal digits, not {digest!r}")
    return f"{digest[:2]}/{digest}"


def _keep(stored: Stored, content: File) -> None:
    storage, name = _storage(), _name(stored.digest)
    if not (storage.exists(name) and storage.size(name) == stored.size):
        storage.save(name, content)


@contextmanager
def _opened(digest: str) -> Iterator[IO[bytes]]:
    try:
        file = _storage().open(_name(digest), "rb")
    except FileNotFoundError:
        raise ObjectMissing(object=digest) from None
    with file:
        yield file
