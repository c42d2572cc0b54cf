"""The child that opens files: limited, without network, fresh after it died; and how refusals are told."""

import ast
import csv
import dataclasses
import math
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gep.files import FileRefused, findings, parcels, refusals, sandbox
from gep.files.findings import Finding
from gep.files.limits import UPLOAD
from tests.unit.gep import landscapes

ROOT = Path(__file__).resolve().parents[4]
LITERAL = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


def told_by_child(code: str) -> str:
    """What a process tells that has limited itself as the child does."""
    script = f"from gep.files.sandbox import child; from gep.files.limits import UPLOAD\n{code}"
    done = subprocess.run([sys.executable, "-c", script], env=sandbox.ENVIRONMENT, capture_output=True, text=True)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="seccomp is Linux's")
@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import os; os.execv('/bin/true', ['true'])",
    ],
)
def test_the_child_reaches_no_network_and_starts_no_program(attempt):
    told = told_by_child(f"child.limit_this_process(UPLOAD.as_dict())\n{attempt}")
    assert told.startswith("PermissionError")


def test_the_child_sees_an_empty_environment_and_few_drivers():
    told = told_by_child("import pyogrio, os, rasterio\nprint(sorted(pyogrio.list_drivers()), len(os.environ))\n"
                         "with rasterio.Env() as env: print(sorted(env.drivers()))")  # fmt: skip
    assert told.startswith("['ESRI Shapefile', 'GPKG', 'GeoJSON'")
    vector, raster = (ast.literal_eval(text) for text in re.findall(r"\[.*?\]", told))
    assert set(vector) | set(raster) <= {"ESRI Shapefile", "GPKG", "GeoJSON", "GTiff", "MEM", "Memory"}


def test_memory_is_bounded(tmp_path):
    path = landscapes.write_parcels(tmp_path / "parcels.gpkg")
    tight = dataclasses.replace(UPLOAD, memory_bytes=100 * 2**20)
    with pytest.raises(FileRefused) as refused:
        parcels.check(path, tmp_path / "out.arrow", limits=tight)
    assert refused.value.reason in {"unsafe_file", "too_much_memory"}
    assert len(parcels.check(path, tmp_path / "out.arrow").table) == 4  # the next file is read as if nothing had been


def test_a_child_that_was_killed_is_started_afresh(tmp_path):
    path = landscapes.write_parcels(tmp_path / "parcels.gpkg")
    parcels.check(path, tmp_path / "out.arrow")
    first = sandbox.SANDBOX._child
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert len(parcels.check(path, tmp_path / "out.arrow").table) == 4
    assert sandbox.SANDBOX._child is not first


def test_a_file_that_takes_too_long_is_refused(tmp_path):
    path = landscapes.write_parcels(tmp_path / "parcels.gpkg")
    with pytest.raises(FileRefused, match="unsafe_file.*not read within 0.001 s"):
        parcels.check(path, tmp_path / "out.arrow", limits=dataclasses.replace(UPLOAD, wall_seconds=0.001))


def test_the_rejections_file_names_file_row_column_and_reason(tmp_path):
    twice = Finding(
        row=3,
        id="=cmd()",
        column="parcel_id",
        reason="duplicate_parcel",
        told="first in row 1",
        x=500_060.0,
        y=3_059_871.5,
    )
    rows = [twice, Finding(row=0, id="", column="B", reason="merged_cells", x=math.nan)]
    path = tmp_path / "rejections.csv"
    assert findings.write_rejections(path, [findings.of("tb.zip", rows)]) == 2
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["file", "row", "column", "id", "reason_code", "reason_zh", "reason_en", "x", "y"],
            ["tb.zip", "3", "parcel_id", "'=cmd()", "duplicate_parcel", "图斑编号重复。（first in row 1）",
             "The parcel's id is there more than once. (first in row 1)", "500060.000", "3059871.500"],
            ["tb.zip", "0", "B", "", "merged_cells", "合并单元格。", "Merged cells.", "", ""],
        ]  # fmt: skip


def test_every_reason_that_code_gives_has_its_sentences():
    given = set()
    for path in (ROOT / "gep" / "files").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Refused", "FileRefused", "Note"}:
                given |= {
                    arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                }
    given = {text for text in given if LITERAL.fullmatch(text)}
    assert len(given) > 60
    assert given - set(refusals.reasons()) == set()
    for reason in refusals.reasons().values():
        assert re.search(r"[一-鿿]", reason.zh)
        assert reason.en.isascii()
