"""The vendored libraries are those that package.json pins, byte for byte as they were copied."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from web import vendor

ROOT = Path(__file__).resolve().parents[3]


def package(folder: Path, name: str, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        target = folder / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    (folder / name / "package.json").write_text(json.dumps({"version": "9.8.7", "license": "MIT"}))


def test_lines_that_point_to_source_maps_are_left_out():
    assert vendor.without_source_map(b"var a=1;\n//# sourceMappingURL=a.js.map\n") == b"var a=1;\n"
    assert vendor.without_source_map(b"a{}\n/*# sourceMappingURL=a.css.map */") == b"a{}\n"
    assert vendor.without_source_map(b'x("//# other")\n') == b'x("//# other")\n'


def test_what_is_copied_is_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(vendor, "FILES", {"thing": {"dist/thing.js": "thing.js"}})
    package(tmp_path / "modules", "thing", {"dist/thing.js": b"ok\n//# sourceMappingURL=x\n"})
    vendor.vendor(modules=tmp_path / "modules", folder=tmp_path / "out")
    (row,) = json.loads((tmp_path / "out" / "vendor.json").read_text())
    assert row == {
        "file": "thing.js",
        "package": "thing",
        "version": "9.8.7",
        "licence": "MIT",
        "sha256": "dc51b8c96c2d745df3bd5590d990230a482fd247123599548e0632fdbf97fc22",  # of "ok\n"
    }


def test_a_package_that_is_not_installed_is_named(tmp_path):
    with pytest.raises(SystemExit, match="maplibre-gl, echarts, htmx.org not found"):
        vendor.vendor(modules=tmp_path, folder=tmp_path / "out")


def test_the_folder_holds_what_its_listing_says():
    rows = json.loads((vendor.VENDOR / "vendor.json").read_text())
    assert {row["file"] for row in rows} == {name for files in vendor.FILES.values() for name in files.values()}
    for row in rows:
        assert hashlib.sha256((vendor.VENDOR / row["file"]).read_bytes()).hexdigest() == row["sha256"], row["file"]


def test_the_folder_holds_the_versions_that_are_pinned():
    pinned = json.loads((ROOT / "package.json").read_text())["dependencies"]
    listed = {row["package"]: row["version"] for row in json.loads((vendor.VENDOR / "vendor.json").read_text())}
    assert listed == pinned
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pinned.values())


def test_the_lock_file_names_no_registry():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []
    assert [name for name, entry in lock["packages"].items() if name and "integrity" not in entry] == []
