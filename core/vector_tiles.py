"""Mapbox vector tiles (specification 2.1) of polygon layers, in pure Python and numpy.

Stands in for PostGIS's ``ST_AsMVT`` on every database, so that both give the same tile.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

EXTENT = 4096  # tile units along one side
BUFFER = 64  # tile units kept beyond each side, so that outlines do not show at the seams
DEEPEST_ZOOM = 24
POLYGON = 3
VARINT, FIXED64, BYTES = 0, 1, 2  # wire types of protocol buffers
MOVE_TO, LINE_TO, CLOSE_PATH = 1, 2, 7

Value = str | bool | int | float


class Tile(NamedTuple):
    """A square of the Web Mercator pyramid: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    @property
    def exists(self) -> bool:
        """Whether the pyramid has this tile."""
        return 0 <= self.z <= DEEPEST_ZOOM and 0 <= self.x < 2**self.z and 0 <= self.y < 2**self.z

    def bounds(self, *, buffer: int = BUFFER) -> tuple[float, float, float, float]:
        """Return west, south, east, north in degrees, ``buffer`` tile units wider on every side."""
        edge = buffer / EXTENT
        west, east = (longitude_deg(column, self.z) for column in (self.x - edge, self.x + 1 + edge))
        north, south = (latitude_deg(row, self.z) for row in (self.y - edge, self.y + 1 + edge))
        return west, south, east, north


def longitude_deg(column: float, z: int) -> float:
    """Return the longitude of a tile column's western edge, in degrees."""
    return column / 2**z * 360 - 180


def latitude_deg(row: float, z: int) -> float:
    """Return the latitude of a tile row's northern edge, in degrees (spherical Mercator)."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**z))))


def to_tile_units(lon_lat: NDArray, tile: Tile) -> NDArray:
    """Return points of shape (n, 2), degrees, as float tile units: x to the right, y downwards."""
    latitude = np.radians(lon_lat[:, 1])
    column = (lon_lat[:, 0] + 180) / 360 * 2**tile.z - tile.x
    row = (1 - np.arcsinh(np.tan(latitude)) / np.pi) / 2 * 2**tile.z - tile.y
    return np.column_stack([column, row]) * EXTENT


def varint(number: int) -> bytes:
    """Return a non-negative whole number in base 128, lowest group first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number: int, wire: int, payload: bytes) -> bytes:
    """Return one protocol-buffer field; byte fields carry their length."""
    head = varint(number << 3 | wire)
    return head + varint(len(payload)) + payload if wire == BYTES else head + payload


def packed(number: int, values: Iterable[int]) -> bytes:
    """Return a packed repeated field of varints."""
    return field(number, BYTES, b"".join(map(varint, values)))


def value_message(value: Value) -> bytes:
    """Return a tile ``Value``: text, yes or no, whole number, or a real one."""
    if isinstance(value, str):
        return field(1, BYTES, value.encode())
    if isinstance(value, bool):
        return field(7, VARINT, varint(int(value)))
    if isinstance(value, int):
        return field(6, VARINT, varint(value << 1 ^ value >> 63))
    return field(3, FIXED64, np.float64(value).tobytes())


def ring_commands(ring: NDArray, cursor: NDArray) -> list[int]:
    """Return the commands that draw a ring of shape (n, 2), whole tile units, not closed, starting from ``cursor``."""
    steps = np.diff(np.vstack([cursor[np.newaxis, :], ring]), axis=0)
    zigzag = (steps << 1 ^ steps >> 63).ravel().tolist()
    return [MOVE_TO | 1 << 3, *zigzag[:2], LINE_TO | (len(ring) - 1) << 3, *zigzag[2:], CLOSE_PATH | 1 << 3]


def whole_ring(ring: shapely.LinearRing, *, exterior: bool) -> NDArray | None:
    """Return a ring in whole tile units without repeats, wound as the specification asks; None where it vanishes."""
    points = np.rint(shapely.get_coordinates(ring)).astype(np.int64)[:-1]
    points = points[np.any(points != np.roll(points, 1, axis=0), axis=1)]
    following = np.roll(points, -1, axis=0)
    doubled_area = int(np.sum(points[:, 0] * following[:, 1] - following[:, 0] * points[:, 1]))
    if len(points) < 3 or doubled_area == 0:
        return None
    return points if (doubled_area > 0) == exterior else points[::-1]


def polygon_commands(geometry: BaseGeometry) -> list[int]:
    """Return the commands of a polygon or multipolygon given in tile units; empty where nothing of it is left."""
    commands: list[int] = []
    cursor = np.zeros(2, dtype=np.int64)
    for polygon in shapely.get_parts(geometry):
        if not isinstance(polygon, shapely.Polygon):
            continue
        for index, ring in enumerate([polygon.exterior, *polygon.interiors]):
            points = whole_ring(ring, exterior=index == 0)
            if points is None and index == 0:
                break  # without its outline a polygon has no holes either
            if points is not None:
                commands += ring_commands(points, cursor)
                cursor = points[-1]
    return commands


def encode(
    layer: str, *, tile: Tile, geometries: Sequence[BaseGeometry], properties: Sequence[Mapping[str, Value]]
) -> bytes:
    """Return a tile of one layer with the part of each geometry that lies in it; empty bytes where none does.

    ``geometries`` are polygons in degrees (EPSG:4490 or 4326), ``properties`` one mapping for each. A feature's id
    is its place in the sequence, from 1. Parts that are smaller than a tile unit are left out.
    """
    moved = shapely.transform(np.asarray(geometries, dtype=object), lambda points: to_tile_units(points, tile))
    clipped = shapely.clip_by_rect(moved, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    keys: dict[str, int] = {}
    values: dict[tuple[type, Value], int] = {}
    features = []
    for number, (geometry, mapping) in enumerate(zip(clipped, properties, strict=True), start=1):
        if not (commands := polygon_commands(geometry)):
            continue
        tags = []
        for key, value in mapping.items():
            tags += [keys.setdefault(key, len(keys)), values.setdefault((type(value), value), len(values))]
        kind = field(3, VARINT, varint(POLYGON))
        feature = field(1, VARINT, varint(number)) + packed(2, tags) + kind + packed(4, commands)
        features.append(field(2, BYTES, feature))
    if not features:
        return b""
    names = b"".join(field(3, BYTES, key.encode()) for key in keys)
    told = b"".join(field(4, BYTES, value_message(value)) for _, value in values)
    head = field(15, VARINT, varint(2)) + field(1, BYTES, layer.encode())
    return field(3, BYTES, head + b"".join(features) + names + told + field(5, VARINT, varint(EXTENT)))
