"""Parcels as an upload: checked into their copy, and begun as a version of a county, against reading the file once.

    python benchmarks/parcel_loading.py [SIZE] [--database URL] [--again SHARE]

Prints for SIZE parcels (a hundred thousand by default; a city has a million or more) the seconds and the peak memory of
the check and of the load, each with its ratio to one reading of the same file by shapely in the same run, and of a
second version in which SHARE of them changed.
"""

import argparse
import os
import resource
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.pop(1)

from benchmarks._landscape import landscape, read_parcels
from benchmarks._scratch_database import scratch_database

COUNTY = "361028"


def main() -> None:
    """Measure one size."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("size", nargs="?", type=int, default=100_000)
    asked.add_argument("--database", default=os.environ.get("DATABASE_URL", "sqlite:///"))
    asked.add_argument("--again", type=float, default=0.01)
    wanted = asked.parse_args()
    with scratch_database(wanted.database), TemporaryDirectory() as name:
        measure(wanted.size, folder=Path(name), changed=wanted.again)


def measure(size: int, *, folder: Path, changed: float) -> None:
    """Print what reading, checking, loading and loading again cost."""
    from gep import parcel_versions
    from gep.files import sandbox
    from gep.files.limits import PARCELS_UPLOAD
    from gep.files.parcels import check

    source = landscape(size, cell_m=30, layers=0).parcels
    started = time.perf_counter()
    wkb, offsets = read_parcels(source)
    outlines = shapely.from_wkb([wkb[a:b].tobytes() for a, b in zip(offsets, offsets[1:], strict=False)])
    reading = time.perf_counter() - started
    print(f"{len(outlines):,} parcels, {source.stat().st_size / 1e6:,.0f} MB; read once in {reading:.1f} s")
    for version, share in ((1, 0.0), (2, changed)):
        path = write(folder / f"{version}.parquet", outlines, changed=share)
        started = time.perf_counter()
        found = check(path, folder / f"{version}.arrow", limits=PARCELS_UPLOAD)
        seconds = time.perf_counter() - started
        sandbox.SANDBOX.close()  # the child's memory is told once it has ended
        told("check", seconds, reading, resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        begun = parcel_versions.begin(found.table, county=COUNTY, valid_from=date(2020 + version, 1, 1))
        told(f"version {version}: {begun}", time.perf_counter() - started, reading, resource.RUSAGE_SELF)


def write(path: Path, outlines: np.ndarray, *, changed: float) -> Path:
    """Write the parcels as GeoParquet; the first ``changed`` of them with another land use."""
    import json

    import pyarrow as pa
    import pyarrow.parquet as pq
    import pyproj

    count = len(outlines)
    use = np.where(np.arange(count) < changed * count, "0302", "0301")
    table = pa.table({
        "code": [f"{COUNTY}-{n}" for n in range(count)], "county": [COUNTY] * count, "land_use": use.tolist(),
        "geometry": pa.array(shapely.to_wkb(outlines), type=pa.binary()),
    })  # fmt: skip
    column = {"encoding": "WKB", "geometry_types": [], "crs": json.loads(pyproj.CRS("EPSG:4548").to_json())}
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": column}}
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path, row_group_size=65_536)
    return path


def told(what: str, seconds: float, reading: float, who: int) -> None:
    """Print one line."""
    peak = resource.getrusage(who).ru_maxrss / 1024
    print(f"{what}: {seconds:.1f} s, {seconds / reading:.1f} x reading, peak {peak:,.0f} MiB")


if __name__ == "__main__":
    main()
