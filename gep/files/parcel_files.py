"""Reads parcels from a GeoPackage or GeoJSON in a limited child process; a hostile file takes no worker down."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from gep.files import FileRefused, sha256

DRIVERS = {b"SQLite format 3\0": "GPKG"}
MEMORY_BYTES = 1_536 * 2**20
CPU_SECONDS = 60
WALL_SECONDS = 90
COLUMNS = ("code", "county", "town_code", "town", "village_code", "village", "land_use", "ecosystem", "provenance")
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class ParcelFile:
    """Parcels as columns of one length: geometries in ``crs``, texts ("" where the file has no such column)."""

    geometries: NDArray[np.object_]
    columns: dict[str, NDArray[np.object_]]
    synthetic: NDArray[np.bool_]
    crs: str
    sha256: str


def read(path: Path, *, id_column: str = "code") -> ParcelFile:
    """Return the parcels of a GeoPackage or GeoJSON. Raises FileRefused with the reason.

    Reasons: not_a_parcel_file, nested_too_deep, unsafe_file (the child was ended), parcel_file_without_crs,
    too_many_features, too_many_vertices, not_polygons, broken_geometry, invalid_geometry, duplicate_parcel,
    parcel_without_code.
    """
    path = Path(path).resolve()
    driver = _driver(path)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "parcels.arrow"
        _run_child(path, out, driver=driver, id_column=id_column)
        return _from_arrow(out, digest=sha256(path))


def _driver(path: Path) -> str:
    """The driver that the first bytes ask for; the extension proves nothing."""
    if not path.is_file():
        raise FileRefused(path, "not_a_parcel_file", "no such file")
    head = path.open("rb").read(64)
    for magic, driver in DRIVERS.items():
        if head.startswith(magic):
            return driver
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return "GeoJSON"
    raise FileRefused(path, "not_a_parcel_file")


def _run_child(path: Path, out: Path, *, driver: str, id_column: str) -> None:
    command = [sys.executable, "-m", "gep.files.parcel_reader", str(path), str(out), driver, id_column]
    environment = {
        "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "GDAL_SKIP": _other_drivers(driver), "PATH": os.defpath,
        "GDAL_DRIVER_PATH": "disable", "CPL_CURL_ENABLE_VSIMEM": "NO", "LANG": "C.UTF-8",
    }  # fmt: skip
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=WALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise FileRefused(path, "unsafe_file", f"not read within {WALL_SECONDS} s") from None
    if done.returncode == 3:
        reason, _, told = done.stdout.strip().partition("\t")
        raise FileRefused(path, reason, told)
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or [""]
        raise FileRefused(path, "unsafe_file", f"exit {done.returncode}: {last[0][:200]}")


def _other_drivers(driver: str) -> str:
    import pyogrio

    return ",".join(name for name in pyogrio.list_drivers() if name != driver)


def _from_arrow(path: Path, *, digest: str) -> ParcelFile:
    import pyarrow as pa

    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
        columns = {name: np.array(table[name].to_pylist(), dtype=object) for name in COLUMNS}
        geometries = shapely.from_wkb(np.array(table["geometry"].to_pylist(), dtype=object))
        synthetic = np.array(table["synthetic"].to_pylist(), dtype=bool)
        crs = table.schema.metadata[b"crs"].decode()
    return ParcelFile(geometries=geometries, columns=columns, synthetic=synthetic, crs=crs, sha256=digest)
