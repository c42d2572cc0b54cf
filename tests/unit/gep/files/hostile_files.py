"""Hostile and broken input files, made from a seed: each a name, its bytes, and the reader that must refuse it."""

import gzip
import io
import json
import math
import random
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from tests.unit.gep import landscapes

SEED = 20_240_613
VRT = b"""<VRTDataset rasterXSize="64" rasterYSize="64">
<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">
<SourceFilename relativetoVRT="0">/etc/hostname</SourceFilename></VRTRasterBand></VRTDataset>"""
WMS = b"<GDAL_WMS><Service name='TMS'><ServerUrl>http://127.0.0.1:9/${z}</ServerUrl></Service></GDAL_WMS>"
TRUNCATIONS, CORRUPTIONS = 28, 28
PARCELS, SHEET = "parcels", "sheet"


@dataclass(frozen=True)
class Hostile:
    """One file; ``kind`` is parcels, sheet, or the name of a layer; ``may_pass``: the damage may miss what counts."""

    name: str
    raw: bytes
    kind: str
    reasons: tuple[str, ...] = ()  # any known reason where empty
    may_pass: bool = False
    daily: bool = False


@dataclass(frozen=True)
class Honest:
    """The files that the others are broken copies of."""

    folder: Path
    large: bool  # whether those are made too that take seconds to make

    def raw(self, write: Callable[[Path], Path], name: str) -> bytes:
        """Return the bytes that a writer writes."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        return write(path).read_bytes()


def hostile(folder: Path, *, large: bool = True) -> Iterator[Hostile]:
    """Yield every file; ``folder`` holds the honest ones meanwhile."""
    honest = Honest(folder, large)
    for family in (geopackages, geojsons, shapefiles, archives, geoparquets, geotiffs, workbooks, texts, disguises):
        yield from family(honest)


def damaged(raw: bytes, *, name: str, ending: str, kind: str, seed: int) -> Iterator[Hostile]:
    """Yield the file cut at many places, and with bytes of it turned at many others."""
    draw = random.Random(SEED + seed)
    for place in range(TRUNCATIONS):
        cut = len(raw) * place // TRUNCATIONS
        yield Hostile(f"{name}-cut-{cut}{ending}", raw[:cut], kind, daily=place in (1, 14))
    for place in range(CORRUPTIONS):
        at, length = draw.randrange(len(raw)), draw.choice([1, 4, 64, 512])
        turned = bytes(byte ^ draw.randrange(1, 256) for byte in raw[at : at + length])
        broken = raw[:at] + turned + raw[at + length :]
        yield Hostile(f"{name}-turned-{place}-{at}{ending}", broken, kind, may_pass=True, daily=place == 3)


def geopackages(honest: Honest) -> Iterator[Hostile]:
    """GeoPackages: cut, turned, without a place, with rows that are wrong."""
    whole = honest.raw(landscapes.write_parcels, "whole.gpkg")
    yield from damaged(whole, name="parcels", ending=".gpkg", kind=PARCELS, seed=1)
    yield Hostile("head-only.gpkg", whole[:100], PARCELS, ("parcel_file_broken",), daily=True)
    yield Hostile("sqlite-of-nothing.gpkg", b"SQLite format 3\0" * 64, PARCELS, ("parcel_file_broken",))
    for name, changes, reason in wrong_rows():
        raw = honest.raw(lambda path, c=changes: landscapes.write_parcels(path, **c), "rows.gpkg")
        yield Hostile(f"{name}.gpkg", raw, PARCELS, (reason,), daily=True)
    for crs, reason in (("EPSG:4549", "wrong_zone"), ("EPSG:4547", "wrong_zone"), ("EPSG:4528", "wrong_zone"),
                        ("EPSG:4490", "coordinates_not_degrees"), ("EPSG:4326", "coordinates_not_degrees"),
                        ("EPSG:3857", "crs_not_allowed"), ("EPSG:2383", "crs_of_other_datum"),
                        ("EPSG:2437", "crs_of_other_datum"), (None, "crs_missing")):  # fmt: skip
        raw = honest.raw(lambda path, c=crs: landscapes.write_parcels(path, crs=c), "crs.gpkg")
        yield Hostile(f"crs-{str(crs)[-4:]}.gpkg", raw, PARCELS, (reason,), daily=crs in ("EPSG:4549", None))


def wrong_rows() -> Iterator[tuple[str, dict[str, object], str]]:
    """Yield names of faults, what to change in the four parcels, and the reason that must be told."""
    one, two = landscapes.quarters()[:2]
    x, y = 500_150.0, 3_059_850.0
    hole = shapely.box(x + 300, y, x + 310, y + 9)
    bow = shapely.Polygon([(x, y), (x + 50, y + 50), (x + 50, y), (x, y + 50)])
    comb = shapely.Polygon([(x + i / 10, y + (i % 2) * 50) for i in range(400)] + [(x + 40, y - 1), (x, y - 1)])
    for name, shape, reason in (
        ("bow-tie", bow, "invalid_geometry"),
        ("hole-outside", shapely.Polygon(one.exterior.coords, [hole.exterior.coords]), "invalid_geometry"),
        ("parts-overlap", shapely.MultiPolygon([one, one]), "invalid_geometry"),
        ("spike", shapely.Polygon([(x, y), (x + 9, y), (x + 9, y + 9), (x + 9, y + 90), (x + 9, y + 9), (x, y + 9)]),
         "invalid_geometry"),
        ("crossing-comb", shapely.Polygon([*comb.exterior.coords[:-1], (x + 200, y + 25), (x - 1, y + 24)]),
         "invalid_geometry"),
        ("point", shapely.Point(x, y), "not_polygons"),
        ("line", shapely.LineString([(x, y), (x + 9, y)]), "not_polygons"),
        ("collection", shapely.GeometryCollection([one, shapely.Point(x, y)]), "not_polygons"),
        ("empty", shapely.Polygon(), "geometry_empty"),
        ("off-the-map", shapely.box(0, 0, 9, 9), "parcel_outside_jiangxi"),
    ):  # fmt: skip
        yield name, {"shapes": np.array([two, shape])}, reason
    yield "same-id", {"code": ["a", "b", "a", "c"]}, "duplicate_parcel"
    yield "no-id", {"code": ["a", "b", "", "c"]}, "parcel_without_id"
    yield "bell-in-id", {"code": ["a", "b", "c\x07", "d"]}, "parcel_id_unreadable"
    yield "turned-id", {"code": ["a", "b", "\u202ec", "d"]}, "parcel_id_unreadable"
    yield "long-id", {"code": ["a", "b", "c" * 5_000, "d"]}, "parcel_id_unreadable"
    yield "land-use", {"land_use": ["0301", "9999", "0301", ""]}, "unknown_land_use"
    yield "area-in-words", {"area_m2": ["1", "2", "三亩", "4"]}, "area_not_a_number"
    yield "area-below-zero", {"area_m2": ["1", "2", "-3", "4"]}, "area_not_a_number"


def collection(*geometries: str, **members: str) -> bytes:
    """A FeatureCollection of these geometries, as text."""
    features = [f'{{"type":"Feature","properties":{{"code":"{n}"}},"geometry":{g}}}' for n, g in enumerate(geometries)]
    more = "".join(f',"{name}":{value}' for name, value in members.items())
    return f'{{"type":"FeatureCollection"{more},"features":[{",".join(features)}]}}'.encode()


def polygon(*corners: tuple[float, float]) -> str:
    """A polygon of GeoJSON."""
    return json.dumps({"type": "Polygon", "coordinates": [[list(corner) for corner in corners]]})


def geojsons(honest: Honest) -> Iterator[Hostile]:
    """GeoJSON: cut, turned, nested, with numbers that are none, axes that are swapped, units that are wrong."""
    whole = honest.raw(landscapes.write_parcels, "whole.geojson")
    yield from damaged(whole, name="parcels", ending=".geojson", kind=PARCELS, seed=2)
    good = polygon((116.5, 27.5), (116.6, 27.5), (116.6, 27.6), (116.5, 27.5))
    swapped = polygon((27.5, 116.5), (27.6, 116.5), (27.6, 116.6), (27.5, 116.5))
    metres = polygon((500_100, 3_059_800), (500_200, 3_059_800), (500_200, 3_059_900), (500_100, 3_059_800))
    mercator = polygon(
        (12_968_000, 3_190_000), (12_969_000, 3_190_000), (12_969_000, 3_191_000), (12_968_000, 3_190_000)
    )
    for name, raw, reasons in (
        ("swapped", collection(swapped), ("swapped_axes",)),
        ("metres", collection(metres), ("coordinates_not_degrees",)),
        ("mercator", collection(mercator), ("coordinates_not_degrees",)),
        ("elsewhere", collection(polygon((2, 48), (3, 48), (3, 49), (2, 48))), ("outside_the_region",)),
        ("nan", collection(good, good.replace("116.6", "NaN")), ()),
        ("infinity", collection(good, good.replace("116.6", "Infinity")), ()),
        ("too-large-a-number", collection(good, good.replace("116.6", "1e999")), ()),
        ("words-for-numbers", collection(good, good.replace("116.6", '"east"')), ()),
        ("null-geometry", collection(good, "null"), ("geometry_missing",)),
        ("two-corners", collection(good, polygon((116.5, 27.5), (116.6, 27.5))), ()),
        ("open-ring", collection(good, polygon((116.5, 27.5), (116.6, 27.5), (116.6, 27.6))), ()),
        (
            "line",
            collection(good, '{"type":"LineString","coordinates":[[116.5,27.5],[116.6,27.5]]}'),
            ("not_polygons",),
        ),
        ("point", collection(good, '{"type":"Point","coordinates":[116.5,27.5]}'), ("not_polygons",)),
        ("other-type", collection(good, '{"type":"Octagon","coordinates":[]}'), ()),
        ("empty-polygon", collection(good, '{"type":"Polygon","coordinates":[]}'), ()),
        ("no-features", b'{"type":"FeatureCollection","features":[]}', ()),
        ("no-collection", b'{"colour":"green"}', ()),
        ("nul", collection(good).replace(b"code", b"co\0e"), ("not_a_parcel_file",)),
        ("utf-16", collection(good).decode().encode("utf-16"), ("not_a_parcel_file",)),
        ("invalid-utf-8", collection(good).replace(b'"code":"0"', b'"code":"\xff\xfe"'), ()),
        ("remote-crs", collection(good, crs='{"type":"link","properties":{"href":"http://127.0.0.1:9/c"}}'), ()),
        ("other-crs", collection(good, crs='{"type":"name","properties":{"name":"EPSG:3857"}}'), ()),
        ("topology", b'{"type":"Topology","objects":{},"arcs":[]}', ()),
        ("a-list", b"[1, 2, 3]", ("not_a_parcel_file",)),
    ):
        may_pass = name in ("open-ring", "words-for-numbers", "invalid-utf-8", "remote-crs")
        yield Hostile(
            f"geo-{name}.geojson", raw, PARCELS, reasons, may_pass=may_pass, daily=name in ("swapped", "nan", "nul")
        )
    for depth in (20, 200, 5_000, 50_000, 200_000):
        nested = '{"type":"GeometryCollection","geometries":[' * depth + good + "]}" * depth
        yield Hostile(
            f"nested-{depth}.geojson", collection(nested), PARCELS, ("nested_too_deep",), daily=depth == 50_000
        )
    many = polygon(*[(116.5 + 0.001 * math.cos(n / 1e4), 27.5 + 0.001 * math.sin(n / 1e4)) for n in range(62_832)],
                   (116.501, 27.5))  # fmt: skip
    yield Hostile("one-parcel-of-62833-corners.geojson", collection(good, many), PARCELS, ("too_many_vertices",))


def shapefile_parts(honest: Honest) -> dict[str, bytes]:
    """The parts of a Shapefile of the four parcels."""
    import pyogrio

    path = honest.folder / "tb.shp"
    pyogrio.raw.write(
        path, geometry=shapely.to_wkb(landscapes.quarters()), fields=["code", "town"], geometry_type="Polygon",
        field_data=[np.array(list("abcd"), dtype=object), np.array(["鹤城镇"] * 4, dtype=object)], crs=landscapes.CRS,
        driver="ESRI Shapefile", encoding="GB18030",
    )  # fmt: skip
    return {f"tb{ending}": path.with_suffix(ending).read_bytes() for ending in (".shp", ".shx", ".dbf", ".prj")}


def zipped(members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, raw in members.items():
            archive.writestr(name, raw)
    return sink.getvalue()


def shapefiles(honest: Honest) -> Iterator[Hostile]:
    """Zipped Shapefiles: parts missing, parts cut, parts that disagree."""
    parts = shapefile_parts(honest)
    yield from damaged(zipped(parts), name="shapefile", ending=".zip", kind=PARCELS, seed=3)
    for missing, reason in ((".shp", "shapefile_incomplete"), (".shx", "shapefile_incomplete"),
                            (".dbf", "shapefile_incomplete"), (".prj", "crs_missing")):  # fmt: skip
        rest = {name: raw for name, raw in parts.items() if not name.endswith(missing)}
        yield Hostile(f"without-{missing[1:]}.zip", zipped(rest), PARCELS, (reason,), daily=True)
    for name in ("tb.shp", "tb.shx", "tb.dbf"):
        for place in range(8):
            cut = parts | {name: parts[name][: len(parts[name]) * place // 8]}
            yield Hostile(f"{name}-cut-{place}.zip", zipped(cut), PARCELS, ("parcel_file_broken",), daily=place == 4)
    more = parts["tb.dbf"][:4] + struct.pack("<I", 4_000_000_000) + parts["tb.dbf"][8:]
    yield Hostile("records-4e9.zip", zipped(parts | {"tb.dbf": more}), PARCELS, ("parcel_file_broken",), daily=True)
    fewer = parts["tb.dbf"][:4] + struct.pack("<I", 2) + parts["tb.dbf"][8:]
    yield Hostile("records-2.zip", zipped(parts | {"tb.dbf": fewer}), PARCELS, ("parcel_file_broken",))
    for name, prj in (("nonsense", b"nonsense"), ("empty", b""), ("binary", bytes(range(256)))):
        yield Hostile(f"prj-{name}.zip", zipped(parts | {"tb.prj": prj}), PARCELS, ("crs_unreadable", "crs_missing"))
    two = parts | {name.replace("tb", "other"): raw for name, raw in parts.items()}
    yield Hostile("two-shapefiles.zip", zipped(two), PARCELS, ("several_layers",), daily=True)
    yield Hostile("bare.shp", parts["tb.shp"], PARCELS, ("shapefile_incomplete",), daily=True)


def archives(honest: Honest) -> Iterator[Hostile]:
    """Archives that reach out, swell, nest, hide or lie."""
    parts = shapefile_parts(honest)
    for n, name in enumerate(("../tb.cpg", "/etc/cron.d/x", "a/../../x", "..\\..\\x.dll", "C:\\x", "C:/x",
                              "\\\\host\\x", "a/\nb", "./../x", "x/..")):  # fmt: skip
        raw = zipped(parts | {name: b"x"})
        yield Hostile(f"slip-{n}.zip", raw, PARCELS, ("archive_unsafe_name",), daily=n == 0)
    for n, mode in enumerate((0o120777, 0o010644, 0o020644, 0o060644, 0o140777)):
        link = zipfile.ZipInfo("tb.cpg")
        link.create_system, link.external_attr = 3, mode << 16
        sink = io.BytesIO(zipped(parts))
        with zipfile.ZipFile(sink, "a") as archive:
            archive.writestr(link, "/etc/passwd")
        yield Hostile(f"link-{n}.zip", sink.getvalue(), PARCELS, ("archive_link",), daily=n == 0)
    inner = zipped(parts)
    for name in ("tb.zip", "tb.ZIP", "more.tar.gz", "a.7z", "b.rar", "c.kmz"):
        yield Hostile(
            f"nested-{name}.zip", zipped({name: inner} | parts), PARCELS, ("archive_nested",), daily=name == "tb.zip"
        )
    yield Hostile("nested-as-shp.zip", zipped(parts | {"tb.shp": inner}), PARCELS, ("archive_nested",))
    for size in (30, 200, 600) if honest.large else (30,):
        raw, reasons = zipped(parts | {"tb.dbf": bytes(size << 20)}), ("archive_ratio", "archive_too_large")
        yield Hostile(f"zeros-{size}.zip", raw, PARCELS, reasons, daily=size == 30)
    crowd = parts | {f"{n}.txt": b"x" for n in range(60)}
    yield Hostile("crowd.zip", zipped(crowd), PARCELS, ("archive_too_many_members",), daily=True)
    for name, method in (("bzip2", zipfile.ZIP_BZIP2), ("lzma", zipfile.ZIP_LZMA)):
        yield Hostile(f"{name}.zip", zipped(parts, method=method), PARCELS, ("archive_method",))
    yield from lying_archives(parts)


def lying_archives(parts: dict[str, bytes]) -> Iterator[Hostile]:
    """Archives whose directory says what is not so."""
    raw = zipped(parts)
    central = raw.index(b"PK\x01\x02")
    locked = bytearray(raw)
    locked[central + 8] |= 1
    yield Hostile("locked.zip", bytes(locked), PARCELS, ("archive_encrypted",), daily=True)
    small = bytearray(raw)
    small[central + 24 : central + 28] = struct.pack("<I", 10)
    yield Hostile("states-too-little.zip", bytes(small), PARCELS, ("archive_too_large", "archive_broken"), daily=True)
    overlap = bytearray(raw)
    for at in [n for n in range(len(raw)) if raw.startswith(b"PK\x01\x02", n)]:
        overlap[at + 42 : at + 46] = struct.pack("<I", 0)
    yield Hostile("one-body-for-all.zip", bytes(overlap), PARCELS, ("archive_broken",))
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for _ in range(2):
            with np.testing.suppress_warnings() as quiet:
                quiet.filter(UserWarning)
                archive.writestr("tb.shp", parts["tb.shp"])
    yield Hostile("name-twice.zip", sink.getvalue(), PARCELS, ("archive_name_twice",), daily=True)
    yield Hostile("folders-only.zip", zipped({"a/": b"", "b/": b""}), PARCELS, ("shapefile_incomplete",))


def geoparquets(honest: Honest) -> Iterator[Hostile]:
    """GeoParquet: cut, turned, without its metadata, with geometry that kills a parser."""
    import pyarrow as pa
    import pyproj
    from pyarrow import parquet

    shapes = shapely.to_wkb(landscapes.quarters())
    about = {"encoding": "WKB", "geometry_types": ["Polygon"], "crs": pyproj.CRS(landscapes.CRS).to_json_dict()}

    def written(
        column: list[object], *, geo: object = None, codes: list[str] | None = None, **changes: object
    ) -> bytes:
        told = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": about | changes}}
        table = pa.table({"code": codes or list("abcd"), "geometry": pa.array(column, pa.binary())})
        sink = io.BytesIO()
        meta = {} if geo == "none" else {"geo": json.dumps(told) if geo is None else geo}
        parquet.write_table(table.replace_schema_metadata(meta), sink)
        return sink.getvalue()

    yield from damaged(written(list(shapes)), name="parcels", ending=".parquet", kind=PARCELS, seed=4)
    deep = b"".join([b"\x01\x07\x00\x00\x00\x01\x00\x00\x00"] * 200_000) + shapes[0]
    lies = b"\x01\x03\x00\x00\x00\x01\x00\x00\x00\xff\xff\xff\xff"
    for name, raw, reasons in (
        ("deep-wkb", written([*shapes[:3], deep]), ("unsafe_file", "broken_geometry", "not_polygons")),
        ("wkb-of-4e9-corners", written([*shapes[:3], lies]), ("broken_geometry",)),
        ("wkb-of-noise", written([*shapes[:3], bytes(range(200))]), ("broken_geometry",)),
        ("wkb-empty", written([*shapes[:3], b""]), ("broken_geometry",)),
        ("wkb-null", written([*shapes[:3], None]), ("geometry_missing",)),
        ("without-geo", written(list(shapes), geo="none"), ("not_a_parcel_file",)),
        ("geo-is-noise", written(list(shapes), geo="{"), ("parcel_file_broken",)),
        ("geo-is-a-list", written(list(shapes), geo="[]"), ("parcel_file_broken",)),
        ("geo-other-column", written(list(shapes), geo=json.dumps({"primary_column": "x", "columns": {}})),
         ("parcel_file_broken",)),
        ("native-encoding", written(list(shapes), encoding="polygon"), ("geoparquet_encoding",)),
        ("crs-null", written(list(shapes), crs=None), ("crs_missing",)),
        ("crs-noise", written(list(shapes), crs={"type": "ProjectedCRS"}), ("crs_unreadable",)),
        ("same-id", written(list(shapes), codes=["a", "b", "b", "b"]), ("duplicate_parcel",)),
    ):  # fmt: skip
        yield Hostile(f"{name}.parquet", raw, PARCELS, reasons, daily=name in ("deep-wkb", "wkb-of-4e9-corners"))


def geotiffs(honest: Honest) -> Iterator[Hostile]:
    """Rasters: other formats by the name of ours, sizes that are declared and not there, cut, turned, out of place."""
    from rasterio.transform import Affine, from_origin

    layer, flat = "precipitation_mm", np.full((64, 64), 1_750.0, dtype=np.float32)
    noise = np.random.default_rng(SEED).uniform(1_000, 2_000, (64, 64))
    whole = honest.raw(lambda path: landscapes.write_raster(path, noise, compress="deflate"), "whole.tif")
    yield from damaged(whole, name="rain", ending=".tif", kind=layer, seed=5)
    plain = honest.raw(
        lambda path: landscapes.write_raster(path, flat, tiled=True, blockxsize=16, blockysize=16), "p.tif"
    )
    yield from damaged(plain, name="tiles", ending=".tif", kind=layer, seed=6)
    big = {"sparse_ok": True, "tiled": True, "BIGTIFF": "YES"}
    origin = (landscapes.WEST_M, landscapes.NORTH_M)
    for name, changes, reason in (
        ("declares-3-tb", big | {"width": 900_000, "height": 900_000, "blockxsize": 512, "blockysize": 512},
         "raster_too_large"),
        ("a-block-of-1-gb", big | {"width": 16_384, "height": 16_384, "blockxsize": 16_384, "blockysize": 16_384},
         "raster_block_too_large"),
        ("bands", {"count": 3}, "several_bands"),
        ("no-crs", {"crs": None}, "crs_missing"),
        ("web-mercator", {"crs": "EPSG:3857"}, "crs_not_allowed"),
        ("xian-1980", {"crs": "EPSG:2383"}, "crs_of_other_datum"),
        ("degrees-that-are-metres", {"crs": "EPSG:4490"}, "coordinates_not_degrees"),
        ("prefix-zone", {"crs": "EPSG:4527"}, "wrong_zone"),
        ("no-nodata", {"nodata": None}, "raster_without_nodata"),
        ("no-place", {"transform": None}, "raster_not_north_up"),
        ("south-up", {"transform": Affine(30, 0, origin[0], 0, 30, origin[1])}, "raster_not_north_up"),
        ("rotated", {"transform": Affine(30, 5, origin[0], 5, -30, origin[1])}, "raster_not_north_up"),
        ("afar", {"transform": from_origin(500_000, 5_000_000, 30, 30)}, "raster_outside_jiangxi"),
        ("swapped", {"transform": from_origin(origin[1], origin[0], 30, 30)}, "swapped_axes"),
        ("complex", {"dtype": "complex64", "nodata": -9999.0}, "raster_of_other_type"),
    ):  # fmt: skip
        raw = honest.raw(lambda path, c=changes: landscapes.write_raster(path, flat, **c), "made.tif")
        yield Hostile(f"{name}.tif", raw, layer, (reason,), daily=True)
    classes = honest.raw(lambda path: landscapes.write_raster(path, flat), "classes.tif")
    yield Hostile("classes-in-decimals.tif", classes, "land_cover", ("classes_not_whole_numbers",), daily=True)
    loop = b"II*\0\x08\0\0\0" + struct.pack("<H", 0) + struct.pack("<I", 8)
    yield Hostile("directory-that-loops.tif", loop, layer, ("raster_broken",))
    yield Hostile("directory-beyond-the-end.tif", b"II*\0\xff\xff\xff\x7f", layer, ("raster_broken",))
    yield Hostile("big-tiff-head.tif", b"II+\0\x08\0\0\0" + b"\xff" * 8, layer, ("raster_broken",))


def workbooks(honest: Honest) -> Iterator[Hostile]:
    """XLSX: cut, turned, with millions of cells, entities, sizes that are not so."""
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["县区", "产品", "产量"], *[["资溪县", f"产品{n}", n] for n in range(200)]):
        book.active.append(row)
    sink = io.BytesIO()
    book.save(sink)
    whole = sink.getvalue()
    yield from damaged(whole, name="statistics", ending=".xlsx", kind=SHEET, seed=7)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    cells = b"".join(b'<c r="%s1"><v>1</v></c>' % column for column in (b"A", b"B", b"C", b"D"))
    rows = b"".join(b'<row r="%d">%s</row>' % (n, b"<c><v>%d</v></c>" % (n * 7919) * 40) for n in range(1, 30_000))
    many, end = b"<c><v>1</v></c>" * (4_000_000 if honest.large else 400_000), b"</sheetData></worksheet>"
    laughs = b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    for name, xml, reasons in (
        ("a-million-cells", head + rows + end, ("too_many_cells", "archive_ratio")),
        ("alike-cells", head + b"<row>" + many + b"</row>" + end, ("archive_ratio",)),
        ("far-row", head + b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>' + end, ("too_many_cells",)),
        ("far-columns", head + b"".join(b'<row r="%d"><c r="XFD%d"/></row>' % (n, n) for n in range(1, 99)) + end,
         ("too_many_cells",)),
        ("entities", laughs + head + b'<row r="1"><c t="str"><v>&b;</v></c></row>' + end, ("sheet_broken",)),
        ("no-xml", b"\x00\x01\x02", ("sheet_broken",)),
        ("cut-xml", head + cells, ("sheet_broken",)),
        ("no-rows", head + end, ("sheet_empty",)),
        ("bad-reference", head + b'<row r="1"><c r="ZZZZZ1"><v>1</v></c></row>' + end, ("sheet_broken",)),
    ):  # fmt: skip
        raw = zipped(parts | {sheet: xml})
        yield Hostile(f"{name}.xlsx", raw, SHEET, reasons, daily=name in ("far-row", "entities", "cut-xml"))
    for name in ("xl/workbook.xml", "[Content_Types].xml", sheet):
        rest = {part: raw for part, raw in parts.items() if part != name}
        yield Hostile(f"without-{name.rpartition('/')[2][:8]}.xlsx", zipped(rest), SHEET)
    yield from odd_cells()


def odd_cells() -> Iterator[Hostile]:
    """Workbooks that are read, and whose oddities are told by row and column."""
    import openpyxl

    for name, value, merge, reason in (
        ("merged", "资溪县", "A2:A3", "merged_cells"), ("formula", "=SUM(B2:B9)", None, "formula_without_value"),
        ("error", "#REF!", None, "cell_error"),
    ):  # fmt: skip
        book = openpyxl.Workbook()
        for row in (["县区", "产量"], [value, 1], [None, 2]):
            book.active.append(row)
        if merge:
            book.active.merge_cells(merge)
        sink = io.BytesIO()
        book.save(sink)
        yield Hostile(f"{name}.xlsx", sink.getvalue(), SHEET, (reason,), daily=True)


def texts(honest: Honest) -> Iterator[Hostile]:
    """CSV: no text, no encoding, too much of it."""
    table = "县区,产品,产量\n资溪县,水稻,12\n"
    for name, raw, reasons in (
        ("nul", table.encode() + b"\0", ("sheet_broken",)),
        ("utf-16-without-mark", table.encode("utf-16-le"), ("sheet_broken", "text_encoding_unknown")),
        ("no-encoding", table.encode("gb18030") + b"\xff\xff\x80", ("text_encoding_unknown",)),
        ("cut-in-a-letter", table.encode("gb18030") + "资".encode("gb18030")[:1], ("text_encoding_unknown",)),
        ("noise", random.Random(SEED).randbytes(5_000), ("sheet_broken", "text_encoding_unknown")),
        ("empty", b"", ("sheet_empty",)),
        ("blanks", b" , ,\n , ,\n", ("sheet_empty",)),
        ("a-long-cell", b"a," + b"x" * 200_000, ("sheet_broken",)),
        ("an-open-quote", b'a,b\n"' + b"x,y\n" * 50_000, ("sheet_broken",)),
        ("too-many-cells", b"1,2,3,4,5,6,7,8,9,0\n" * 110_000, ("too_many_cells",)),
        ("too-many-lines", b"\n" * 1_100_000, ("too_many_cells",)),
        ("too-large", b"1,2\n" * (17 << 20), ("text_too_large",)),
    ):
        yield Hostile(f"text-{name}.csv", raw, SHEET, reasons, daily=name in ("nul", "no-encoding", "a-long-cell"))


def disguises(honest: Honest) -> Iterator[Hostile]:
    """Files under the name of another kind, packed ones, two kinds in one."""
    tif = honest.raw(lambda path: landscapes.write_raster(path, np.full((6, 8), 1_750.0)), "honest.tif")
    gpkg = honest.raw(landscapes.write_parcels, "honest.gpkg")
    geojson = honest.raw(landscapes.write_parcels, "honest.geojson")
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("x"))
    strangers = {
        "vrt": VRT, "wms": WMS, "png": b"\x89PNG\r\n\x1a\n" + b"x" * 99, "jpeg": b"\xff\xd8\xff\xe0" + b"x" * 99,
        "gzip": gzip.compress(tif), "tar-gz": tar.getvalue(), "7z": b"7z\xbc\xaf\x27\x1c" + b"x" * 99,
        "rar": b"Rar!\x1a\x07\x00" + b"x" * 99, "elf": b"\x7fELF" + b"x" * 99, "pdf": b"%PDF-1.7" + b"x" * 99,
        "html": b"<html><table><tr><td>1</td></tr></table></html>",
        "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600,
        "zeros": bytes(5_000), "empty": b"", "xml": b"<?xml version='1.0'?><kml/>",
    }  # fmt: skip
    for name, raw in strangers.items():
        yield Hostile(f"{name}-as.tif", raw, "dem_m", daily=name in ("vrt", "gzip"))
        for ending in (".gpkg", ".geojson", ".zip", ".parquet"):
            yield Hostile(f"{name}-as{ending}", raw, PARCELS, daily=name == "vrt")
        yield Hostile(f"{name}-as.xlsx", raw, SHEET, daily=name == "ole")
    for name, raw, kind in (
        ("tif.gpkg", tif, PARCELS), ("gpkg.geojson", gpkg, PARCELS), ("gpkg.zip", gpkg, PARCELS),
        ("geojson.gpkg", geojson, PARCELS), ("gpkg.tif", gpkg, "dem_m"), ("tif.csv", tif, SHEET),
        ("gpkg.xlsx", gpkg, SHEET),
        ("tif.dat", tif, "dem_m"), ("geojson.txt", geojson, PARCELS), ("gzip.csv", gzip.compress(b"a,b"), SHEET),
        ("tif-then-zip.zip", tif + zipped({"a.txt": b"x"}), PARCELS),
        ("zip-then-tif.tif", zipped({"a.txt": b"x"}) + tif, "dem_m"),
        ("gpkg-then-zip.zip", gpkg + zipped({"a.txt": b"x"}), PARCELS),
    ):  # fmt: skip
        yield Hostile(f"named-{name}", raw, kind, daily=name in ("gpkg.geojson", "tif-then-zip.zip"))
