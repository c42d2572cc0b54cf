"""Checks the rows of a parcel file: every bad one is told by row, id, column, reason and place. Runs in the child."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from gep.files import projections
from gep.files.parcels.columns import BOUNDS, DEFAULTS, TEXTS, schema
from gep.files.parcels.sources import Source
from gep.files.refusals import Refused

MOST_LISTED = 100_000
LONGEST_ID = 120
CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffd\u202a-\u202e\u2066-\u2069]")
PLACE_OF_REASON = re.compile(r"\[(-?[0-9.e+]+) (-?[0-9.e+]+)\]")
TRUE = {"1", "true", "t", "yes", "y", "是"}
KINDS = np.array([kind.name.lower() for kind in sorted(shapely.GeometryType)][1:] + ["missing"])  # the last is type -1
Flags = np.ndarray  # bool, one a row
Spot = Any  # two numbers: a place, or an area before and after
NOWHERE = (math.nan, math.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the caller asks of the file."""

    names: Mapping[str, str]  # ours -> the file's; only those that are there
    source_crs: str
    crs: str
    on_bad: str
    on_unknown_land_use: str
    land_use_codes: frozenset[str] | None
    place: projections.Bounds

    @classmethod
    def of(cls, arguments: Mapping[str, Any], *, names: Sequence[str], source_crs: str) -> "Wanted":
        """Read the arguments. Raises Refused: column_missing, with the names that are there."""
        asked = {ours: theirs for ours, theirs in arguments["columns"].items() if theirs}
        needed = [theirs for ours, theirs in asked.items() if theirs != DEFAULTS[ours] or ours == "parcel_id"]
        missing = [name for name in needed if name not in names]
        if missing:
            raise Refused("column_missing", f"{', '.join(missing)}; there are {', '.join(names)}"[:300])
        codes = arguments["land_use_codes"]
        return cls(
            names={ours: theirs for ours, theirs in asked.items() if theirs in names},
            source_crs=source_crs,
            crs=arguments["crs"] or source_crs,
            on_bad=arguments["on_bad"],
            on_unknown_land_use=arguments["on_unknown_land_use"],
            land_use_codes=None if codes is None else frozenset(codes),
            place=tuple(arguments["place"]),
        )


class Rows:
    """The rows of one file on their way: what was found, how many were read, where the good ones were in the file."""

    def __init__(self, wanted: Wanted, *, limits: Mapping[str, Any]) -> None:
        self.wanted, self.limits = wanted, limits
        self.found: list[list[Any]] = []
        self.counts: Counter[str] = Counter()
        self.read_rows = self.vertices = 0
        self._origin: list[np.ndarray] = []  # row numbers and centres of the good rows
        self._placed = False
        self._frame = projections.frame(wanted.crs)

    def told(self) -> dict[str, Any]:
        """Return the findings and their counts by reason, fit for JSON."""
        self.found.sort(key=lambda found: (found[0], found[2]))
        return {"findings": self.found, "counts": dict(self.counts)}

    def read(self, source: Source) -> Iterator[pa.RecordBatch]:
        """Yield the good rows in the schema of the checked copy. Raises Refused where the whole file is wrong."""
        for batch in source.batches:
            if batch.num_rows:
                good = self._good(batch, geometry=source.geometry)
                if good.num_rows:
                    yield good
        if not self.read_rows:
            raise Refused("no_parcels", "the file has no rows")

    def drop_duplicates(self, ids: pa.Array, order: np.ndarray) -> np.ndarray:
        """Return ``order`` without rows whose id came before in the file; they are told."""
        codes = pc.dictionary_encode(ids).indices.to_numpy()
        newest = np.maximum.accumulate(codes) if len(codes) else codes
        again = np.append(False, codes[1:] <= newest[:-1]) if len(codes) else np.zeros(0, dtype=bool)
        if again.any():
            origin = np.concatenate(self._origin)
            _, firsts = np.unique(codes, return_index=True)
            for place in np.flatnonzero(again):
                first = int(origin[firsts[codes[place]], 0])
                row, x, y = origin[place]
                told = f"first in row {first}"
                self.tell(int(row), str(ids[int(place)]), "parcel_id", "duplicate_parcel", told, spot=(x, y))
        return order[~again[order]]

    def _good(self, batch: pa.RecordBatch, *, geometry: str) -> pa.RecordBatch:
        texts = {ours: texts_of(batch.column(theirs)) for ours, theirs in self.wanted.names.items()}
        count = batch.num_rows
        rows = np.arange(self.read_rows + 1, self.read_rows + count + 1)
        self.read_rows += count
        if self.read_rows > self.limits["features"]:
            raise Refused("too_many_features", f"more than {self.limits['features']}")
        columns = {name: texts.get(name, np.full(count, "", dtype=object)) for name in TEXTS}
        checked = _Batch(self, rows, columns["parcel_id"])
        checked.check_ids()
        shapes = self._shapes(batch.column(geometry), checked)
        shapes = self._moved(shapes, checked)
        shapes = self._valid(shapes, checked)
        columns["land_use"] = self._land_use(columns["land_use"], checked)
        area_m2 = self._official_area(texts.get("official_area_m2"), checked)
        synthetic = [str(value).lower() in TRUE for value in texts.get("synthetic", [""] * count)]
        good = checked.good
        bounds = shapely.bounds(shapes)[good]
        self._origin.append(np.column_stack([rows[good], _centres(bounds)]))
        arrays = [pa.array(columns[name][good].tolist(), pa.string()) for name in TEXTS]
        arrays += [pa.array(area_m2[good]), pa.array(np.array(synthetic)[good])]
        arrays += [pa.array(bounds[:, place]) for place in range(len(BOUNDS))]
        wkb = shapely.to_wkb(shapes[good], output_dimension=2, byte_order=1)
        arrays.append(pa.array(list(wkb), pa.large_binary()))
        return pa.record_batch(arrays, schema=schema(self.wanted.crs))

    def _shapes(self, column: pa.Array, checked: "_Batch") -> np.ndarray:
        """The geometries; a row whose geometry is missing, no polygon, empty, too large or not finite is told."""
        raw = np.array(column.to_pylist(), dtype=object)
        shapes = shapely.from_wkb(raw, on_invalid="ignore")
        if shapely.has_z(shapes).any():
            shapes = shapely.force_2d(shapes)
        kinds = shapely.get_type_id(shapes)
        checked.bad(np.array([cell is None for cell in raw]), "geometry", "geometry_missing")
        checked.bad(kinds == -1, "geometry", "broken_geometry")
        polygons = np.isin(kinds, [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON])
        checked.bad(~polygons, "geometry", "not_polygons", KINDS[kinds])
        checked.bad(shapely.is_empty(shapes), "geometry", "geometry_empty")
        vertices = shapely.get_num_coordinates(shapes)
        self.vertices += int(vertices.sum())
        if self.vertices > self.limits["vertices"]:
            raise Refused("too_many_vertices", f"more than {self.limits['vertices']} in the file")
        checked.bad(vertices > self.limits["vertices_each"], "geometry", "too_many_vertices", vertices.tolist())
        checked.bad(~np.isfinite(shapely.bounds(shapes)).all(axis=1), "geometry", "broken_geometry")
        return shapes

    def _moved(self, shapes: np.ndarray, checked: "_Batch") -> np.ndarray:
        """The geometries in the account's CRS, exteriors counter-clockwise; those far outside are told."""
        if not checked.good.any():
            return shapes
        self._check_place(shapes[checked.good])
        moved = shapes.copy()
        moved[checked.good] = projections.to_crs(
            shapes[checked.good], source=self.wanted.source_crs, target=self.wanted.crs
        )
        if self.wanted.crs == projections.METRIC_CRS:
            moved[checked.good] = projections.settled(moved[checked.good])
        west, south, east, north = self._frame
        bounds = shapely.bounds(moved)
        with np.errstate(invalid="ignore"):
            off = (bounds[:, 0] < west) | (bounds[:, 1] < south) | (bounds[:, 2] > east) | (bounds[:, 3] > north)
        checked.places = _centres(bounds)
        checked.bad(off | ~np.isfinite(bounds).all(axis=1), "geometry", "parcel_outside_jiangxi")
        moved[checked.good] = shapely.orient_polygons(moved[checked.good], exterior_cw=False)
        return moved

    def _check_place(self, shapes: np.ndarray) -> None:
        """Refuse the file where its first parcels lie elsewhere: the zone, the axes or the units are not as stated."""
        if self._placed:
            return
        x, y = _centres(shapely.bounds(shapes)).T
        crs, place = self.wanted.source_crs, self.wanted.place
        inside = projections.lie_in(x, y, crs=crs, place=place)
        if 2 * inside.sum() < len(inside):
            stray = int(np.argmin(inside))
            raise Refused(*projections.misplaced(float(x[stray]), float(y[stray]), crs=crs, place=place))
        self._placed = True

    def _valid(self, shapes: np.ndarray, checked: "_Batch") -> np.ndarray:
        """The geometries, repaired where that is asked for; an invalid one is told with the place of its fault."""
        invalid = checked.good & ~shapely.is_valid(shapes)
        for place in np.flatnonzero(invalid).tolist():
            why = shapely.is_valid_reason(shapes[place])
            spot = PLACE_OF_REASON.search(why)
            where = (float(spot[1]), float(spot[2])) if spot else NOWHERE
            told = why.partition("[")[0].strip()
            repaired = _repaired(shapes[place]) if self.wanted.on_bad == "repair" else None
            if repaired is None:
                checked.reject(place, "geometry", "invalid_geometry", told, spot=where)
                continue
            areas = (float(shapely.area(shapes[place])), float(shapely.area(repaired)))
            row, name = int(checked.rows[place]), checked.ids[place]
            self.tell(row, name, "geometry", "invalid_geometry", told, spot=where, areas=areas, done="repaired")
            shapes[place] = repaired
        return shapes

    def _land_use(self, codes: np.ndarray, checked: "_Batch") -> np.ndarray:
        known = self.wanted.land_use_codes
        if known is None:
            return codes
        unknown = np.array([code != "" and code not in known for code in codes], dtype=bool)
        if self.wanted.on_unknown_land_use != "clear":
            checked.bad(unknown, "land_use", "unknown_land_use", codes.tolist())
            return codes
        checked.note(unknown, "land_use", "unknown_land_use", codes.tolist())
        return np.where(unknown, "", codes)

    def _official_area(self, texts: np.ndarray | None, checked: "_Batch") -> np.ndarray:
        if texts is None:
            return np.full(len(checked.rows), np.nan)
        area_m2 = np.array([_number(text) for text in texts], dtype=float)
        wrong = (np.isnan(area_m2) | (area_m2 <= 0)) & (texts != "")
        if self.wanted.on_bad == "repair":
            checked.note(wrong, "official_area_m2", "area_not_a_number", texts.tolist())
        else:
            checked.bad(wrong, "official_area_m2", "area_not_a_number", texts.tolist())
        return np.where(wrong, np.nan, area_m2)

    def tell(
        self, row: int, name: str, column: str, reason: str, told: str, *, spot: Spot = NOWHERE,
        areas: Spot = NOWHERE, done: str = "rejected",
    ) -> None:  # fmt: skip
        """Keep one finding, and count it where there are too many to keep."""
        self.counts[reason] += 1
        if len(self.found) < MOST_LISTED:
            numbers = [None if math.isnan(number) else float(number) for number in (*spot, *areas)]
            self.found.append([row, name[:LONGEST_ID], column, reason, told[:200], *numbers, done])


class _Batch:
    """The rows of one batch under check: which are still good, and how to tell of one that is not."""

    def __init__(self, rows: Rows, numbers: np.ndarray, ids: np.ndarray) -> None:
        self._all, self.rows, self.ids = rows, numbers, ids
        self.good: Flags = np.ones(len(numbers), dtype=bool)
        self.places = np.full((len(numbers), 2), np.nan)

    def check_ids(self) -> None:
        """Tell of rows without an id, and of ids that are cut, hold control characters or are no text at all."""
        self.bad(self.ids == "", "parcel_id", "parcel_without_id")
        odd = [len(name) > LONGEST_ID or bool(CONTROL.search(name)) for name in self.ids]
        self.bad(np.array(odd, dtype=bool), "parcel_id", "parcel_id_unreadable", [repr(name)[:60] for name in self.ids])

    def bad(self, where: Flags, column: str, reason: str, told: Sequence[Any] | None = None) -> None:
        """Reject the rows of ``where`` that are still good."""
        for place in np.flatnonzero(np.asarray(where, dtype=bool) & self.good).tolist():
            self.reject(place, column, reason, "" if told is None else str(told[place]), spot=self.places[place])

    def note(self, where: Flags, column: str, reason: str, told: Sequence[Any]) -> None:
        """Tell of rows of ``where`` that are kept all the same."""
        for place in np.flatnonzero(where & self.good).tolist():
            row, name = int(self.rows[place]), self.ids[place]
            self._all.tell(row, name, column, reason, str(told[place]), spot=self.places[place], done="noted")

    def reject(self, place: int, column: str, reason: str, told: str, *, spot: Spot) -> None:
        """Reject one row."""
        self.good[place] = False
        self._all.tell(int(self.rows[place]), self.ids[place], column, reason, told, spot=spot)


def texts_of(column: pa.Array) -> np.ndarray:
    """Return a column of any kind as texts, "" for missing; whole numbers that a file keeps as decimals stay whole."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):
        values = column.to_numpy(zero_copy_only=False)
        return np.array(
            ["" if np.isnan(v) else str(int(v)) if v.is_integer() else repr(float(v)) for v in values.tolist()],
            dtype=object,
        )
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        raw = column.cast(pa.large_binary()).to_pylist()
        return np.array(["" if v is None else v.decode("utf-8", errors="replace").strip() for v in raw], dtype=object)
    if pa.types.is_binary(column.type) or pa.types.is_nested(column.type):
        return np.array(["" if v is None else repr(v)[:LONGEST_ID] for v in column.to_pylist()], dtype=object)
    return np.array(["" if v is None else str(v).strip() for v in column.to_pylist()], dtype=object)


def _repaired(shape: shapely.Geometry) -> shapely.Geometry | None:
    """A valid polygon or multipolygon of the same outline, None if no area is left."""
    made = shapely.make_valid(shape)
    parts = [part for part in shapely.get_parts(made) if part.geom_type in ("Polygon", "MultiPolygon")]
    polygons = [polygon for part in parts for polygon in shapely.get_parts(part)]
    if not polygons:
        return None
    whole = polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)
    return shapely.orient_polygons(whole, exterior_cw=False) if shapely.is_valid(whole) else None


def _number(text: str) -> float:
    try:
        return float(text) if text else math.nan
    except ValueError:
        return math.nan


def _centres(bounds: np.ndarray) -> np.ndarray:
    return np.column_stack([(bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2])
