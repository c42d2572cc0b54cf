"""Opens a parcel file of any kind and gives it batch by batch. Runs in the limited child."""

import sqlite3
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from gep.files import archives
from gep.files.refusals import Refused

ROWS_AT_ONCE = 2_048
SQLITE, PARQUET, SHAPEFILE = b"SQLite format 3\0", b"PAR1", b"\x00\x00\x27\x0a"
KINDS = {
    "GPKG": (".gpkg",),
    "GeoParquet": (".parquet", ".geoparquet"),
    "zip": (".zip",),
    "GeoJSON": (".geojson", ".json"),
}
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj")


@dataclass(frozen=True)
class Source:
    """An opened file: Arrow record batches with the geometry as WKB in ``geometry``; what it states of itself."""

    batches: Iterator[Any]
    geometry: str
    names: tuple[str, ...]
    crs: str | None
    facts: dict[str, Any] = field(default_factory=dict)


@contextmanager
def opened(path: Path, *, layer: str | None, limits: Mapping[str, Any]) -> Iterator[Source]:
    """Give the source. Raises Refused: not_a_parcel_file, wrong_extension, parcel_file_broken, several_layers, …"""
    kind = kind_of(path)
    if kind == "GeoParquet":
        with _parquet(path) as source:
            yield source
        return
    if kind == "zip":
        path, facts, encoding = _shapefile(path, limits=limits)
        driver = "ESRI Shapefile"
    else:
        facts, encoding, driver = {}, None, kind
        check = {"GPKG": check_geopackage, "GeoJSON": check_depth}[kind]
        check(path, limits=limits)
    with _vector(path, driver=driver, layer=layer, limits=limits, encoding=encoding) as source:
        yield Source(source.batches, source.geometry, source.names, source.crs, source.facts | facts)


def kind_of(path: Path) -> str:
    """The kind that the first bytes show, once the extension agrees."""
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith(SQLITE):
        kind = "GPKG"
    elif head.startswith(PARQUET):
        kind = "GeoParquet"
    elif head.startswith(archives.ZIP_MAGIC):
        kind = "zip"
    elif head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        kind = "GeoJSON"
    elif head.startswith(SHAPEFILE):
        raise Refused("shapefile_incomplete", "a bare .shp; zip it with its .shx, .dbf and .prj")
    elif head.startswith(archives.ARCHIVE_MAGIC):
        raise Refused("archive_of_other_kind", "a zip is asked for")
    else:
        raise Refused(
            "not_a_parcel_file", "empty" if not head else "no GeoPackage, GeoParquet, zipped Shapefile or GeoJSON"
        )
    if path.suffix and path.suffix.lower() not in KINDS[kind]:
        raise Refused("wrong_extension", f"holds {kind}, is named {path.suffix[:12]}")
    return kind


def check_depth(path: Path, *, limits: Mapping[str, Any]) -> None:
    """Refuse brackets nested deeper than in any honest GeoJSON, before a parser recurses into them."""
    depth = 0
    with path.open("rb") as file:
        while part := file.read(1 << 22):
            text = np.frombuffer(part, dtype=np.uint8)
            opened = ((text == ord("[")) | (text == ord("{"))).astype(np.int32)
            nested = depth + np.cumsum(opened - ((text == ord("]")) | (text == ord("}"))))
            if nested.max() > limits["depth"]:
                raise Refused("nested_too_deep", f"{int(nested.max())} brackets, at most {limits['depth']}")
            if b"\0" in part:
                raise Refused("not_a_parcel_file", "NUL in the text")
            depth = int(nested[-1])
    if depth != 0:
        raise Refused("parcel_file_broken", "the brackets do not close: the file is cut")


def check_geopackage(path: Path, *, limits: Mapping[str, Any]) -> None:
    """Refuse a database that is not whole; a reader would stop at the hole and say nothing."""
    try:
        with sqlite3.connect(f"file:{_quoted(path)}?mode=ro&immutable=1", uri=True) as database:
            problems = [row[0] for row in database.execute("PRAGMA quick_check(1)")]
            tables = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'gpkg_contents'").fetchone()[0]
    except sqlite3.Error as error:
        raise Refused("parcel_file_broken", str(error)[:200]) from None
    if problems != ["ok"]:
        raise Refused("parcel_file_broken", str(problems[0])[:200])
    if not tables:
        raise Refused("not_a_parcel_file", "an SQLite database without gpkg_contents")


@contextmanager
def _vector(
    path: Path, *, driver: str, layer: str | None, limits: Mapping[str, Any], encoding: str | None
) -> Iterator[Source]:
    """A file that GDAL reads, by this one driver."""
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        layer = layer or _only_layer(pyogrio.list_layers(path))
        info = pyogrio.read_info(path, layer=layer, force_feature_count=True, encoding=encoding)
        if info["driver"] != driver:
            raise Refused("not_a_parcel_file", f"{info['driver']} instead of {driver}")
        if info["features"] > limits["features"]:
            raise Refused("too_many_features", f"{info['features']}, at most {limits['features']}")
        if info["geometry_type"] is None:
            raise Refused("not_polygons", "the table has no geometry column")
        reading = pyogrio.raw.open_arrow(
            path, layer=layer, batch_size=ROWS_AT_ONCE, use_pyarrow=True, encoding=encoding
        )
        with reading as (told, reader):
            geometry = told["geometry_name"] or "wkb_geometry"
            facts = {"driver": driver, "layer": layer, "features": int(info["features"]), "encoding": info["encoding"]}
            names = tuple(str(name) for name in told["fields"])
            yield Source(_whole(reader, int(info["features"])), geometry, names, told["crs"], facts)
    except (DataSourceError, DataLayerError, UnicodeDecodeError) as error:
        raise Refused("parcel_file_broken", str(error)[:200]) from None


def _whole(reader: Any, features: int) -> Iterator[Any]:
    """The batches of a reader; a file that ends before its features do is refused, and not taken for a smaller one."""
    import pyarrow as pa

    read = 0
    try:
        for batch in reader:
            read += batch.num_rows
            yield batch
    except (pa.ArrowInvalid, OSError) as error:
        raise Refused("parcel_file_broken", f"after row {read}: {error}"[:200]) from None
    if read < features:
        raise Refused("parcel_file_broken", f"{read} of {features} rows could be read")


def _only_layer(layers: Any) -> str:
    names = [str(name) for name, kind in layers if kind is not None]
    if not names:
        raise Refused("not_polygons", "no table has a geometry column")
    if len(names) > 1:
        raise Refused("several_layers", ", ".join(names)[:200])
    return names[0]


@contextmanager
def _parquet(path: Path) -> Iterator[Source]:
    import json

    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            raw = (file.schema_arrow.metadata or {}).get(b"geo")
            if raw is None:
                raise Refused("not_a_parcel_file", "a Parquet file without the metadata of GeoParquet")
            about = json.loads(raw)
            geometry = about["primary_column"]
            column = about["columns"][geometry]
            if column.get("encoding") != "WKB":
                raise Refused("geoparquet_encoding", str(column.get("encoding"))[:40])
            crs = json.dumps(column["crs"]) if column.get("crs") else None if "crs" in column else "OGC:CRS84"
            names = tuple(name for name in file.schema_arrow.names if name != geometry)
            facts = {"driver": "GeoParquet", "layer": "", "features": file.metadata.num_rows, "encoding": "UTF-8"}
            batches = file.iter_batches(batch_size=ROWS_AT_ONCE)
            yield Source(_whole(batches, file.metadata.num_rows), geometry, names, crs, facts)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, KeyError, TypeError, ValueError) as error:
        raise Refused("parcel_file_broken", f"{type(error).__name__}: {error}"[:200]) from None


def _shapefile(path: Path, *, limits: Mapping[str, Any]) -> tuple[Path, dict[str, Any], str | None]:
    """Unpack a zipped Shapefile; return its .shp, what was found out, and the encoding of its texts."""
    with archives.opened(path) as archive:
        members = archives.listed(archive, path=path, limits=limits)
        shapes = [m for m in members if m.name.lower().endswith(".shp") and "__macosx" not in m.name.lower()]
        if len(shapes) != 1:
            raise Refused(
                "shapefile_incomplete" if not shapes else "several_layers", ", ".join(m.name for m in shapes)[:200]
            )
        stem = str(PurePosixPath(shapes[0].name).with_suffix("")).lower()
        parts = {
            PurePosixPath(m.name).suffix.lower(): m
            for m in members
            if str(PurePosixPath(m.name).with_suffix("")).lower() == stem
        }
        missing = [ending for ending in SHAPEFILE_PARTS[:3] if ending not in parts]
        if missing:
            raise Refused("shapefile_incomplete", f"{shapes[0].name[:80]} has no {' '.join(missing)}")
        wanted = {ending: parts[ending] for ending in (*SHAPEFILE_PARTS, ".cpg") if ending in parts}
        unpacked = archives.unpack(archive, list(wanted.values()), into=Path.cwd(), limits=limits)
    for ending, member in wanted.items():
        unpacked[member.name].rename(f"parcels{ending}")
    records = _check_lengths()
    encoding, stated = _text_encoding()
    Path("parcels.cpg").unlink(missing_ok=True)
    return Path("parcels.shp"), {"encoding": encoding, "encoding_stated": stated, "records": records}, encoding


def _check_lengths() -> int:
    """Refuse a Shapefile whose parts are shorter than they state, or disagree on how many records there are."""
    heads = {}
    for ending in (".shp", ".shx", ".dbf"):
        with Path(f"parcels{ending}").open("rb") as file:
            heads[ending] = file.read(100)
    sizes = {ending: Path(f"parcels{ending}").stat().st_size for ending in heads}
    if len(heads[".dbf"]) < 32 or any(len(heads[e]) < 100 or heads[e][:4] != SHAPEFILE for e in (".shp", ".shx")):
        raise Refused("parcel_file_broken", "the head of a part is cut")
    for ending in (".shp", ".shx"):
        stated = struct.unpack(">i", heads[ending][24:28])[0] * 2
        if stated != sizes[ending]:
            raise Refused("parcel_file_broken", f"{ending} states {stated} bytes and has {sizes[ending]}")
    records, head_bytes, record_bytes = struct.unpack("<IHH", heads[".dbf"][4:12])
    if head_bytes + records * record_bytes > sizes[".dbf"] or head_bytes < 33 or record_bytes < 1:
        raise Refused("parcel_file_broken", f".dbf states {records} records and is too short for them")
    shapes = (sizes[".shx"] - 100) // 8
    if shapes != records:
        raise Refused("parcel_file_broken", f".shx has {shapes} records, .dbf {records}")
    return records


def _text_encoding() -> tuple[str, str]:
    """The encoding in which the table's bytes read, and the one its .cpg states ("" where there is none).

    Tables from Chinese survey software are GB18030 more often than they say so.
    """
    stated = ""
    if Path("parcels.cpg").exists():
        stated = Path("parcels.cpg").read_bytes()[:32].decode("ascii", errors="replace").strip()
    with Path("parcels.dbf").open("rb") as file:
        head = file.read(32)
        head_bytes, record_bytes = struct.unpack("<HH", head[8:12])
        fields = file.read(max(head_bytes - 32, 0))
        if fields.count(b"\r") == 0:
            raise Refused("parcel_file_broken", "the head of the .dbf is cut")
        utf8 = _reads_as("utf-8", [fields[at : at + 11].partition(b"\0")[0] for at in range(0, len(fields) - 1, 32)])
        widths = [fields[at + 16] for at in range(0, len(fields) - 1, 32)]
        starts = np.cumsum([1, *widths])
        while utf8 and (block := file.read(record_bytes * 4_096)):
            if block.isascii() or _reads_as("utf-8", [block]):
                continue
            cells = [
                block[row + int(start) : row + int(start) + width]
                for row in range(0, len(block) - record_bytes + 1, record_bytes)
                for start, width in zip(starts[:-1], widths, strict=True)
            ]
            utf8 = _reads_as("utf-8", cells)
    return ("UTF-8" if utf8 else "GB18030"), stated


def _reads_as(encoding: str, cells: list[bytes]) -> bool:
    """Whether every cell decodes; a letter that the width of a column cut off at its end is forgiven."""
    for cell in cells:
        try:
            cell.decode(encoding)
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                return False
    return True


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.resolve()))
