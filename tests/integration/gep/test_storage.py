"""Objects in a folder and on a server that speaks S3: named by content, whole or not there, damage is told."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured

from config.storages import storage_settings
from gep import storage
from gep.files import rasters
from tests.integration.gep.object_store import BUCKET, KEYS, s3_server
from tests.unit.gep import landscapes

# printf 'abc' | sha256sum
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture(scope="module")
def server():
    with s3_server() as url:
        yield url


@pytest.fixture(params=["folder", "s3"])
def objects(request, settings, tmp_path):
    url = request.getfixturevalue("server") if request.param == "s3" else (tmp_path / "objects").as_uri()
    settings.STORAGES = {
        **settings.STORAGES, "objects": storage_settings(url, default_folder=tmp_path / "none", **KEYS),
    }  # fmt: skip
    return request.param


def overwrite(digest: str, raw: bytes) -> None:
    """Change what lies under the name, behind the back of the door."""
    from django.core.files.base import ContentFile
    from django.core.files.storage import storages

    storages["objects"].save(f"{digest[:2]}/{digest}", ContentFile(raw))


def test_an_object_is_named_by_its_content_and_kept_once(objects, tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert storage.put(path) == storage.put_bytes(b"abc") == (ABC, 3)
    assert storage.get_bytes(ABC) == b"abc"
    with storage.local_file(ABC, suffix=".txt") as lent:
        assert (lent.read_bytes(), lent.suffix) == (b"abc", ".txt")
    assert not lent.exists()


def test_what_is_not_there_is_named(objects):
    missing = hashlib.sha256(b"never put").hexdigest()
    assert not storage.holds(missing)
    with pytest.raises(storage.ObjectMissing) as refused:
        storage.get_bytes(missing)
    assert refused.value.detail == {"object": missing}
    storage.remove(missing)
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        storage.holds("../../etc/passwd")


def test_damage_is_told_and_nothing_of_it_is_lent(objects, tmp_path):
    digest, _ = storage.put_bytes(b"as it was")
    overwrite(digest, b"otherwise")
    with pytest.raises(storage.ObjectDamaged):
        storage.get_bytes(digest)
    with pytest.raises(storage.ObjectDamaged):
        storage.copy_to(digest, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    storage.remove(digest)
    assert not storage.holds(digest)


def test_parts_become_one_file(objects, tmp_path):
    parts = [storage.put_bytes(part).digest for part in (b"a", b"b", b"c")]
    assert storage.join(parts, tmp_path / "whole") == (ABC, 3)
    assert (tmp_path / "whole").read_bytes() == b"abc"


def test_gdal_reads_a_window_from_where_the_object_lies(objects, tmp_path):
    from rasterio.windows import Window

    values = np.arange(600 * 600, dtype=np.float32).reshape(600, 600)
    path = landscapes.write_raster(tmp_path / "layer.tif", values, tiled=True, blockxsize=256, blockysize=256)
    digest, _ = storage.put(path)
    environment = storage.raster_environment()
    with (
        rasters.surroundings(environment),
        rasters.opened(storage.raster_address(digest), environment=environment) as raster,
    ):
        window = raster.read(1, window=Window(300, 400, 2, 2))
    assert window.tolist() == [[240_300, 240_301], [240_900, 240_901]]  # row 400 begins with 400 times 600
    assert storage.raster_address(digest).startswith(f"/vsis3/{BUCKET}/accounts/" if objects == "s3" else "/")


def test_a_write_that_fails_leaves_nothing(settings, tmp_path):
    folder = tmp_path / "objects"
    settings.STORAGES = {**settings.STORAGES, "objects": storage_settings("", default_folder=folder)}

    class Broken:
        size = 3

        def chunks(self):
            yield b"a"
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        storage._keep(storage.Stored(ABC, 3), Broken())
    assert [path for path in folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("url", "keys"),
    [
        ("ftp://host/x", {}),
        ("file://host/x", {}),
        ("s3://bucket/x?colour=red", {}),
        ("s3://key:secret@bucket/x", {}),
        ("s3://bucket/x", {"access_key": "only-one"}),
    ],
)
def test_a_storage_that_cannot_be_is_refused_by_the_name_of_its_setting(url, keys):
    with pytest.raises(ImproperlyConfigured, match="STORAGE_URL|S3_SECRET_ACCESS_KEY"):
        storage_settings(url, default_folder=Path("unused"), **keys)
