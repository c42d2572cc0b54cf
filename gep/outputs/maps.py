"""A map of the value of a square metre as SVG: parcels, or squares of ground where there are too many to draw."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from core.units import FEN_PER_YUAN
from gep.outputs import densities, svg
from gep.outputs.statement import Statement
from gep.outputs.svg import Picture

MOST_PARCELS = 20_000  # beyond, a picture of every parcel is a blot, and a file of many megabytes
WIDTH, HEIGHT, KEY = 1_000.0, 760.0, 210.0  # the picture, and the column on its right for the legend
SQUARES_ACROSS = 160
PIXEL = 0.7  # shapes are simplified to this many units of the picture
UNIT = "元/m²（万元/公顷）"
SCHEMATIC = "示意图，不作为权属与行政界线依据"


@dataclass(frozen=True)
class Frame:
    """Where the ground lies in the picture: metres to units, north up."""

    west_m: float
    north_m: float
    per_m: float

    def places(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return x to the right and y downwards, in units of the picture."""
        return np.column_stack([(points[:, 0] - self.west_m) * self.per_m, (self.north_m - points[:, 1]) * self.per_m])


@dataclass(frozen=True)
class Drawn:
    """Shapes to be shaded: polygons in metres with the yuan per m² of each."""

    shapes: NDArray[np.object_]
    density: NDArray[np.float64]
    told: str


def value_density(statement: Statement, *, most_parcels: int = MOST_PARCELS) -> Picture:
    """Return the map with legend, scale, north and notes. Its size is bounded, whatever the number of parcels."""
    frame = _frame(statement)
    drawn = _parcels(statement, frame) if len(statement.account.parcels) <= most_parcels else _squares(statement)
    bounds = densities.bounds(drawn.density)
    shades = densities.shades(max(len(bounds) - 1, 1))
    place = np.clip(np.searchsorted(bounds, drawn.density, side="right") - 1, 0, len(shades) - 1)
    parts = [
        svg.element("path", d=_outline(drawn.shapes[place == i], frame), fill=shade, stroke=shade, stroke_width=0.5)
        for i, shade in enumerate(shades)
        if np.any(place == i)
    ]
    notes = [drawn.told, f"坐标系 {statement.crs}", SCHEMATIC, *statement.labels]
    parts += [*_key(bounds, shades), *_north(), *_scale(frame), *_notes(notes)]
    return svg.document(parts, width=WIDTH, height=HEIGHT, title="价值密度图 map of value density")


def _frame(statement: Statement) -> Frame:
    west, south, east, north = statement.extent.bounds
    width, height = WIDTH - KEY - 20, HEIGHT - 20
    per_m = min(width / max(east - west, 1.0), height / max(north - south, 1.0))
    left, top = (width - (east - west) * per_m) / 2 + 10, (height - (north - south) * per_m) / 2 + 10
    return Frame(west - left / per_m, north + top / per_m, per_m)


def _parcels(statement: Statement, frame: Frame) -> Drawn:
    outlines = np.concatenate([statement.outlines(n).geometries for n in range(statement.parcels.blocks)])
    density = densities.of_parcels(statement.account)
    there = np.isfinite(density) & ~shapely.is_missing(outlines)
    shapes = shapely.simplify(outlines[there], PIXEL / frame.per_m)
    return Drawn(shapes, density[there], f"按图斑绘制，{len(outlines):,} 个")


def _squares(statement: Statement) -> Drawn:
    """Squares of ground with the value and area of the parcels whose middle lies in them."""
    west, south, east, north = statement.extent.bounds
    side = _round_up(max(east - west, north - south) / SQUARES_ACROSS)
    across, down = int((east - west) // side) + 1, int((north - south) // side) + 1
    fen, area, first = np.zeros(across * down), np.zeros(across * down), 0
    account = statement.account
    for number in range(statement.parcels.blocks):
        boxes = statement.outlines(number).bounds
        column = ((boxes[:, 0] + boxes[:, 2]) / 2 - west) // side
        row = ((boxes[:, 1] + boxes[:, 3]) / 2 - south) // side
        there = np.flatnonzero(np.isfinite(column))
        square = (row[there] * across + column[there]).astype(np.int64)
        some = first + there
        total = sum((result.value_fen[some] for result in account.results.values()), np.zeros(len(some), np.int64))
        fen += np.bincount(square, weights=total, minlength=len(fen))
        area += np.bincount(square, weights=account.parcels.area_m2[some], minlength=len(area))
        first += len(boxes)
    found = np.flatnonzero(area > 0)
    x, y = west + found % across * side, south + found // across * side
    told = f"按 {side:,.0f} m 方格汇总 {first:,} 个图斑"
    return Drawn(shapely.box(x, y, x + side, y + side), fen[found] / FEN_PER_YUAN / area[found], told)


def _outline(shapes: NDArray[np.object_], frame: Frame) -> str:
    """One path for many polygons, in tenths of a unit; rings that collapse to a point are left out."""
    return "".join(_ring(frame.places(shapely.get_coordinates(ring))) for ring in _rings(shapes))


def _rings(shapes: NDArray[np.object_]) -> Iterator[shapely.Geometry]:
    polygons = shapely.get_parts(shapes)
    yield from shapely.get_rings(polygons[shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON])


def _ring(places: NDArray[np.float64]) -> str:
    points = np.rint(places * 10).astype(np.int64)
    kept = points[np.r_[True, np.any(np.diff(points, axis=0) != 0, axis=1)]]
    if len(kept) < 3:
        return ""
    steps = np.diff(kept, axis=0)[:-1]
    start = f"M{kept[0, 0] / 10:g} {kept[0, 1] / 10:g}"
    return start + "".join(f"l{x / 10:g} {y / 10:g}" for x, y in steps.tolist()) + "z"


def _key(bounds: list[float], shades: list[str]) -> list[str]:
    x, y = WIDTH - KEY + 12, 120.0
    parts = [svg.words("价值密度", x=x, y=y - 34, size=17, font_weight="bold"), svg.words(UNIT, x=x, y=y - 13, size=12)]
    for shade, (low, high) in reversed(list(zip(shades, pairwise(bounds), strict=False))):
        parts.append(svg.element("rect", x=x, y=y, width=34, height=22, fill=shade, stroke="#5d6b63", stroke_width=0.4))
        parts.append(svg.words(f"{low:,.6g} – {high:,.6g}", x=x + 44, y=y + 16, size=13))
        y += 22
    return parts


def _north() -> list[str]:
    x = WIDTH - KEY + 26
    arrow = svg.element("path", d=f"M{x} 20l9 30l-9 -7l-9 7z", fill=svg.INK)
    return [arrow, svg.words("北 N", x=x + 16, y=46, size=14)]


def _scale(frame: Frame) -> list[str]:
    length_m = _round_up(120 / frame.per_m / 2)
    length, x, y = length_m * frame.per_m, WIDTH - KEY + 12, 330.0
    told = f"{length_m / 1_000:,.6g} km" if length_m >= 1_000 else f"{length_m:,.0f} m"
    line = f"M{x:.1f} {y - 6}v6h{length:.1f}v-6"
    return [
        svg.element("path", d=line, fill="none", stroke=svg.INK, stroke_width=1.6),
        svg.words("0", x=x, y=y + 16, size=11, text_anchor="middle"),
        svg.words(told, x=x + length, y=y + 16, size=11, text_anchor="middle"),
    ]


def _notes(lines: list[str]) -> list[str]:
    x, y = WIDTH - KEY + 12, 380.0
    wrapped = [part for line in lines for part in svg.wrapped(line, width=KEY - 24, size=11.5)]
    return [svg.words(line, x=x, y=y + 17 * i, size=11.5, fill=svg.FAINT) for i, line in enumerate(wrapped)]


def _round_up(length: float) -> float:
    """The next of 1, 2, 5, 10, 20, …"""
    power = 10.0 ** math.floor(math.log10(length))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= length * (1 - 1e-9))
