"""Vector tiles, read back by a decoder that shares no code with the encoder."""

import struct

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from core import vector_tiles
from core.vector_tiles import Tile


def read_varint(raw: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (raw[at] & 0x7F) << shift
        shift += 7
        at += 1
        if raw[at - 1] < 0x80:
            return number, at


def read_fields(raw: bytes) -> list[tuple[int, int | bytes]]:
    fields, at = [], 0
    while at < len(raw):
        key, at = read_varint(raw, at)
        if key & 7 == 0:
            value, at = read_varint(raw, at)
        elif key & 7 == 1:
            value, at = raw[at : at + 8], at + 8
        else:
            length, at = read_varint(raw, at)
            value, at = raw[at : at + length], at + length
        fields.append((key >> 3, value))
    return fields


def read_varints(raw: bytes) -> list[int]:
    numbers, at = [], 0
    while at < len(raw):
        number, at = read_varint(raw, at)
        numbers.append(number)
    return numbers


def read_rings(commands: list[int]) -> list[list[tuple[int, int]]]:
    rings, x, y, at = [], 0, 0, 0
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        if command == 7:
            continue
        for _ in range(count):
            dx, dy = ((n >> 1) ^ -(n & 1) for n in commands[at : at + 2])
            x, y, at = x + dx, y + dy, at + 2
            if command == 1:
                rings.append([])
            rings[-1].append((x, y))
    return rings


def read_value(raw: bytes) -> object:
    ((number, value),) = read_fields(raw)
    if number == 1:
        return value.decode()
    if number == 3:
        return struct.unpack("<d", value)[0]
    if number == 6:
        return (value >> 1) ^ -(value & 1)
    return bool(value)


def read_tile(raw: bytes) -> dict:
    """Return name, extent, version and the features (id, properties, rings) of a one-layer tile."""
    ((_, layer),) = read_fields(raw)
    fields = read_fields(layer)
    keys = [value.decode() for number, value in fields if number == 3]
    values = [read_value(value) for number, value in fields if number == 4]
    features = []
    for feature in (dict(read_fields(value)) for number, value in fields if number == 2):
        tags = read_varints(feature[2])
        told = {keys[key]: values[value] for key, value in zip(tags[::2], tags[1::2], strict=True)}
        features.append(
            {"id": feature[1], "kind": feature[3], "told": told, "rings": read_rings(read_varints(feature[4]))}
        )
    once = dict(fields)
    return {"name": once[1].decode(), "extent": once[5], "version": once[15], "features": features}


def doubled_area(ring: list[tuple[int, int]]) -> int:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True))


def test_the_polygon_example_of_the_specification():
    """Mapbox vector tile specification 2.1, section 4.3.5.5: polygon (3,6) (8,12) (20,34)."""
    triangle = shapely.Polygon([(3, 6), (8, 12), (20, 34)])
    assert vector_tiles.polygon_commands(triangle) == [9, 6, 12, 18, 10, 12, 24, 44, 15]


def test_the_multipolygon_example_of_the_specification():
    """Section 4.3.5.6: two squares, the second with a hole; areas 100, 81 and -16 by the surveyor's formula."""
    squares = shapely.MultiPolygon(
        [
            (((0, 0), (10, 0), (10, 10), (0, 10)), []),
            (((11, 11), (20, 11), (20, 20), (11, 20)), [((13, 13), (13, 17), (17, 17), (17, 13))]),
        ]
    )
    rings = read_rings(vector_tiles.polygon_commands(squares))
    assert [doubled_area(ring) for ring in rings] == [200, 162, -32]


def test_a_tile_says_what_it_was_given():
    parcel = shapely.box(116.0, 27.0, 117.0, 28.0)
    raw = vector_tiles.encode(
        "parcels",
        tile=Tile(0, 0, 0),
        geometries=[parcel],
        properties=[{"code": "361028-1", "name": "宜黄", "fen_per_m2": 12.5, "fen": -7, "synthetic": True}],
    )
    tile = read_tile(raw)
    assert (tile["name"], tile["extent"], tile["version"]) == ("parcels", 4096, 2)
    (feature,) = tile["features"]
    assert (feature["id"], feature["kind"]) == (1, 3)
    assert feature["told"] == {"code": "361028-1", "name": "宜黄", "fen_per_m2": 12.5, "fen": -7, "synthetic": True}


def test_where_a_parcel_falls():
    """On the one tile of zoom 0, 90° E is three quarters across and the equator half way down."""
    raw = vector_tiles.encode(
        "parcels", tile=Tile(0, 0, 0), geometries=[shapely.box(0, -85.0511287798066, 90, 0)], properties=[{}]
    )
    (ring,) = read_tile(raw)["features"][0]["rings"]
    assert set(ring) == {(2048, 2048), (3072, 2048), (3072, 4096), (2048, 4096)}


def test_what_lies_beside_the_tile_is_left_out():
    raw = vector_tiles.encode(
        "parcels", tile=Tile(10, 0, 0), geometries=[shapely.box(116, 27, 117, 28)], properties=[{"code": "a"}]
    )
    assert raw == b""


def test_a_geometry_smaller_than_a_tile_unit_is_left_out():
    speck = shapely.box(116.0, 27.0, 116.000001, 27.000001)
    field = shapely.box(100.0, 20.0, 130.0, 40.0)
    raw = vector_tiles.encode(
        "parcels", tile=Tile(0, 0, 0), geometries=[speck, field], properties=[{"code": "speck"}, {"code": "field"}]
    )
    assert [feature["told"]["code"] for feature in read_tile(raw)["features"]] == ["field"]


@pytest.mark.parametrize(
    ("tile", "exists"),
    [
        (Tile(0, 0, 0), True),
        (Tile(3, 7, 7), True),
        (Tile(3, 8, 0), False),
        (Tile(-1, 0, 0), False),
        (Tile(25, 0, 0), False),
    ],
)
def test_only_tiles_of_the_pyramid_exist(tile, exists):
    assert tile.exists is exists


def test_the_bounds_of_a_tile():
    """Tile 1/1/0 is the north-east quarter of the map."""
    west, south, east, north = Tile(1, 1, 0).bounds(buffer=0)
    assert (west, south, east) == (0, 0, 180)
    assert north == pytest.approx(85.0511287798066)


@given(
    west=st.floats(115.5, 117.2), south=st.floats(26.5, 28.4), width=st.floats(0.001, 0.4), height=st.floats(0.001, 0.4)
)
def test_outlines_stay_near_the_tile_and_wind_as_asked(west, south, width, height):
    frame = shapely.box(west, south, west + width, south + height)
    holed = frame.difference(frame.centroid.buffer(min(width, height) / 4))
    raw = vector_tiles.encode("parcels", tile=Tile(8, 210, 108), geometries=[holed], properties=[{"code": "a"}])
    for feature in read_tile(raw)["features"] if raw else []:
        assert doubled_area(feature["rings"][0]) > 0
        assert all(-64 <= value <= 4160 for ring in feature["rings"] for point in ring for value in point)
