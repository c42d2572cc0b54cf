"""Which rights over the same land exclude each other: a dated matrix, and the overlaps that it forbids.

Two rights conflict where their kinds exclude each other, their periods overlap and their land overlaps by more than a
sliver: more than the larger of 1 m² and 0.05 % of the smaller right. Areas are taken in EPSG:4548.
"""

import csv
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer

from core.units import M2_PER_MU

TABLE = Path(__file__).with_name("exclusions.csv")
COLUMNS = ("kind", "other", "rule", "valid_from", "valid_to", "source")
EXCLUDES, CONSENT, ALLOWED = "excludes", "consent", "ok"
RULES = {EXCLUDES, CONSENT, ALLOWED}
AREA_CRS = "EPSG:4548"
STORED_CRS = "EPSG:4490"
SLIVER_M2 = 1.0
SLIVER_SHARE = 0.0005
POLYGON_TYPES = (3, 6)
Intersections = Callable[[Any, Sequence[Any]], Iterable[Any]]


class BadExclusionTable(ValueError):
    """A row of the matrix cannot be used; the text names the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A right as the matrix sees it. ``valid_to`` is exclusive, None for open; ``consents``: codes it agreed with."""

    code: str
    kind: str
    geometry: Any
    valid_from: date
    valid_to: date | None = None
    consents: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Overlap:
    """Land that two rights share: the other right, the rule between the kinds, m², mu and the shape (EPSG:4490)."""

    code: str
    kind: str
    rule: str
    area_m2: float
    area_mu: float
    geometry: Any

    def as_detail(self) -> dict[str, Any]:
        """Return what a person needs to see it: numbers and GeoJSON, ready for JSON."""
        return {
            "right": self.code,
            "kind": self.kind,
            "rule": self.rule,
            "area_m2": round(self.area_m2, 2),
            "area_mu": round(self.area_mu, 4),
            "intersection": shapely.geometry.mapping(self.geometry),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: conflicts that forbid, and slivers that are let pass and logged."""

    conflicts: tuple[Overlap, ...]
    slivers: tuple[Overlap, ...]


@cache
def _rows(path: Path) -> tuple[tuple[frozenset[str], str, date, date | None], ...]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise BadExclusionTable(f"{path.name}: the columns must be {','.join(COLUMNS)}")
        return tuple(_row(f"{path.name}, line {reader.line_num}", raw) for raw in reader)


def _row(where: str, raw: Mapping[str, str]) -> tuple[frozenset[str], str, date, date | None]:
    if raw["rule"] not in RULES:
        raise BadExclusionTable(f"{where}: the rule {raw['rule']!r} is none of {sorted(RULES)}")
    if not raw["source"]:
        raise BadExclusionTable(f"{where}: no source")
    valid_to = date.fromisoformat(raw["valid_to"]) if raw["valid_to"] else None
    return frozenset((raw["kind"], raw["other"])), raw["rule"], date.fromisoformat(raw["valid_from"]), valid_to


def matrix(*, on: date, path: Path = TABLE) -> dict[frozenset[str], str]:
    """Return the rule of every pair of kinds that is in force on the day; two rows for one pair are refused."""
    found: dict[frozenset[str], str] = {}
    for pair, rule, valid_from, valid_to in _rows(path):
        if valid_from <= on and (valid_to is None or on < valid_to):
            if pair in found:
                raise BadExclusionTable(f"{path.name}: two rules for {sorted(pair)} on {on.isoformat()}")
            found[pair] = rule
    return found


def check(
    claim: Claim,
    others: Iterable[Claim],
    *,
    rules: Mapping[frozenset[str], str],
    crs: str = STORED_CRS,
    intersections: Intersections = shapely.intersection,
) -> Verdict:
    """Return every overlap of ``claim`` with ``others`` that the rules forbid, and the slivers among them.

    ``crs`` is that of all geometries. A pair of kinds that the rules do not name is taken as excluding. Overlaps come
    by code of the other right. ``intersections`` gives what one shape shares with each of several.
    """
    near = [other for other in others if other.code != claim.code and _forbidden(claim, other, rules=rules)]
    if not near:
        return Verdict(conflicts=(), slivers=())
    near.sort(key=lambda other: other.code)
    mine, theirs = to_metres(claim.geometry, crs=crs), [to_metres(other.geometry, crs=crs) for other in near]
    conflicts: list[Overlap] = []
    slivers: list[Overlap] = []
    for other, land, common in zip(near, theirs, intersections(mine, theirs), strict=True):
        shared = _polygons(common)
        area_m2 = float(shapely.area(shared))
        if area_m2 <= 0:
            continue
        rule = rules.get(frozenset((claim.kind, other.kind)), EXCLUDES)
        overlap = Overlap(other.code, other.kind, rule, area_m2, area_m2 / M2_PER_MU, from_metres(shared))
        smaller_m2 = min(float(shapely.area(mine)), float(shapely.area(land)))
        (slivers if area_m2 <= tolerance_m2(smaller_m2) else conflicts).append(overlap)
    return Verdict(conflicts=tuple(conflicts), slivers=tuple(slivers))


def tolerance_m2(smaller_m2: float) -> float:
    """Return the overlap that still counts as a sliver: the larger of 1 m² and 0.05 % of the smaller right."""
    return max(SLIVER_M2, SLIVER_SHARE * smaller_m2)


def area_m2(geometry: Any, *, crs: str = STORED_CRS) -> float:
    """Return the area in square metres, in EPSG:4548."""
    return float(shapely.area(to_metres(geometry, crs=crs)))


def to_metres(geometry: Any, *, crs: str = STORED_CRS) -> Any:
    """Return the geometry in EPSG:4548, x to the east and y to the north."""
    return geometry if crs == AREA_CRS else _moved(geometry, crs, AREA_CRS)


def from_metres(geometry: Any) -> Any:
    """Return an EPSG:4548 geometry in EPSG:4490, longitude first."""
    return _moved(geometry, AREA_CRS, STORED_CRS)


@cache
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def _moved(geometry: Any, source: str, target: str) -> Any:
    transformer = _transformer(source, target)

    def move(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return shapely.transform(geometry, move)


def _forbidden(claim: Claim, other: Claim, *, rules: Mapping[frozenset[str], str]) -> bool:
    if not _periods_overlap(claim, other):
        return False
    rule = rules.get(frozenset((claim.kind, other.kind)), EXCLUDES)
    if rule == CONSENT:
        return not _agreed(claim, other.code) and not _agreed(other, claim.code)
    return rule == EXCLUDES


def _agreed(claim: Claim, code: str) -> bool:
    agreed: Collection[str] = claim.consents
    return code in agreed


def _periods_overlap(claim: Claim, other: Claim) -> bool:
    mine, theirs = claim.valid_to or date.max, other.valid_to or date.max
    return claim.valid_from < theirs and other.valid_from < mine


def _polygons(geometry: Any) -> Any:
    """Return the polygons of a geometry; the points and lines where neighbours touch have no area."""
    parts = [part for part in shapely.get_parts(geometry) if shapely.get_type_id(part) in POLYGON_TYPES]
    return shapely.multipolygons(shapely.get_parts(parts)) if parts else shapely.MultiPolygon()
