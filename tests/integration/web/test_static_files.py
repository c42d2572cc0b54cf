"""``collectstatic`` as a server runs it, and the pages that use what it made."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import reverse

ROOT = Path(__file__).resolve().parents[3]
SECRET = "k7#Qz!pV2mW9xR4tLb8yNcE5uHs3dGf6aJo1iKrTwXqMnBvPzZ0"
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": SECRET,
    "LEDGER_SIGNING_KEY": SECRET,
    "FIELD_ENCRYPTION_KEY": SECRET,
    "FIELD_INDEX_KEY": SECRET,
    "ALLOWED_HOSTS": "eco.example.org",
}
MANIFEST = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """Return the folder of static files, made under the production settings."""
    var = tmp_path_factory.mktemp("var")
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**kept, **PRODUCTION, "VAR_DIR": str(var), "DATABASE_URL": f"sqlite:///{var}/site.sqlite3"}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return var / "static"


def test_every_file_has_a_named_edition_and_a_compressed_one(collected):
    editions = [*collected.glob("css/site.*.css")]
    assert len(editions) == 1
    assert (collected / "css" / f"{editions[0].name}.gz").is_file()
    assert (collected / "staticfiles.json").is_file()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["home", "map", "gep", "marketplace", "transparency", "api_docs"])
def test_pages_name_only_editions_that_are_there(client, settings, collected, name):
    settings.STORAGES = MANIFEST
    settings.STATIC_ROOT = collected
    page = client.get(reverse(name)).content.decode()
    named = set(re.findall(r"/static/([^\"'?#\s\\]+)", page))
    assert any(re.fullmatch(r"css/site\.[0-9a-f]{12}\.css", path) for path in named)
    assert [path for path in named if not (collected / path).is_file()] == []
    assert [path for path in named if not re.search(r"\.[0-9a-f]{12}\.\w+$", path)] == []


def test_modules_of_the_map_find_what_they_import(collected):
    for module in collected.glob("vendor/maplibre-gl*.mjs"):
        for wanted in re.findall(r"""(?:from|import)\s*["'](\./[^"']+)["']""", module.read_text(encoding="utf-8")):
            assert (module.parent / wanted).is_file(), f"{module.name} imports {wanted}"
