"""The child process that reads a parcel file: limits itself, checks, writes Arrow. Exit 3 with a reason on a refusal.

python -m gep.files.parcel_reader IN OUT DRIVER ID_COLUMN
"""

import resource
import sys
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from gep.files import parcel_files

MOST_FEATURES = 200_000
MOST_VERTICES = 2_000_000
MOST_VERTICES_EACH = 50_000
DEEPEST_JSON = 16
REFUSED = 3


class Refused(Exception):
    """A reason and what more there is to say."""


def limit_this_process() -> None:
    """Bound the memory, CPU time and file size of this process, for good."""
    for kind, most in (
        (resource.RLIMIT_AS, parcel_files.MEMORY_BYTES),
        (resource.RLIMIT_CPU, parcel_files.CPU_SECONDS),
        (resource.RLIMIT_FSIZE, parcel_files.MEMORY_BYTES),
    ):
        resource.setrlimit(kind, (most, most))


def read(path: Path, *, driver: str, id_column: str) -> tuple[NDArray, dict[str, NDArray], str]:
    """Return checked geometries, the columns of the file and its CRS. Raises Refused."""
    import pyogrio
    from pyogrio.errors import DataSourceError

    if driver == "GeoJSON":
        check_depth(path)
    try:
        info = pyogrio.read_info(path, force_feature_count=True)
        if info["driver"] != driver:
            raise Refused("not_a_parcel_file", info["driver"])
        if info["features"] > MOST_FEATURES:
            raise Refused("too_many_features", str(info["features"]))
        told, _, wkb, columns = pyogrio.raw.read(path)
    except DataSourceError as error:
        raise Refused("not_a_parcel_file", str(error)[:200]) from None
    if not told["crs"]:
        raise Refused("parcel_file_without_crs")
    named = dict(zip(told["fields"], columns, strict=True))
    if id_column not in named:
        raise Refused("parcel_without_code", f"no column {id_column}")
    named["code"] = np.array([str(value) for value in named[id_column]], dtype=object)
    return check(wkb, named["code"]), named, told["crs"]


def check_depth(path: Path) -> None:
    """Refuse brackets nested deeper than any honest GeoJSON, before a parser recurses into them."""
    text = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    opened = np.isin(text, np.frombuffer(b"[{", dtype=np.uint8)).astype(np.int32)
    depth = np.cumsum(opened - np.isin(text, np.frombuffer(b"]}", dtype=np.uint8)))
    if len(depth) and depth.max() > DEEPEST_JSON:
        raise Refused("nested_too_deep", str(int(depth.max())))


def check(wkb: NDArray, codes: NDArray) -> NDArray:
    """Return the geometries if all are valid polygons of bearable size with a code of their own."""
    shapes = shapely.from_wkb(wkb)
    kinds = shapely.get_type_id(shapes)
    polygons = np.isin(kinds, [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON])
    _refuse("not_polygons", ~polygons | shapely.is_empty(shapes), codes)
    vertices = shapely.get_num_coordinates(shapes)
    _refuse("too_many_vertices", vertices > MOST_VERTICES_EACH, codes)
    if vertices.sum() > MOST_VERTICES:
        raise Refused("too_many_vertices", str(int(vertices.sum())))
    _refuse("broken_geometry", ~np.isfinite(shapely.bounds(shapes)).all(axis=1), codes)
    invalid = ~shapely.is_valid(shapes)
    if invalid.any():
        place = int(np.flatnonzero(invalid)[0])
        raise Refused("invalid_geometry", f"{codes[place]}: {shapely.is_valid_reason(shapes[place])}")
    _refuse("parcel_without_code", codes == "", codes)
    names, counts = np.unique(codes.astype(str), return_counts=True)
    if (counts > 1).any():
        raise Refused("duplicate_parcel", str(names[counts > 1][0]))
    return shapes


def _refuse(reason: str, where: NDArray, codes: NDArray) -> None:
    if where.any():
        raise Refused(reason, str(codes[int(np.flatnonzero(where)[0])]))


def write(path: Path, shapes: NDArray, columns: dict[str, NDArray], crs: str) -> None:
    """Write what the parent reads: WKB in plan, texts, the synthetic mark, the CRS."""
    import pyarrow as pa

    empty = np.full(len(shapes), "", dtype=object)
    texts = {name: columns.get(name, empty) for name in parcel_files.COLUMNS}
    arrays = {name: pa.array(["" if v is None else str(v) for v in values]) for name, values in texts.items()}
    synthetic = columns.get("synthetic", np.zeros(len(shapes), dtype=bool))
    arrays["synthetic"] = pa.array([bool(value) for value in synthetic])
    arrays["geometry"] = pa.array(list(shapely.to_wkb(shapes, output_dimension=2)), type=pa.binary())
    table = pa.table(arrays).replace_schema_metadata({"crs": crs})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def main() -> int:
    """Read, check, write; tell the reason of a refusal on standard output."""
    source, out, driver, id_column = sys.argv[1:]
    limit_this_process()
    try:
        shapes, columns, crs = read(Path(source), driver=driver, id_column=id_column)
    except Refused as refusal:
        print("\t".join(str(part) for part in refusal.args))
        return REFUSED
    write(Path(out), shapes, columns, crs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
