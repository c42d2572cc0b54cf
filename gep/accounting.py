"""One account from parcels and layers: quantities by cell, shares by parcel, values in whole fen. No database.

Every cell is evaluated on its own (the factors of soil retention do not average), once, in the order of the grid; a
parcel then gets the share of each cell that it covers. Parcels are weighed in blocks; the result is the same to the fen
for any block size and any order of the parcels. Villages, towns, counties and the region are sums of parcels' fen.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.units import M2_PER_HA, MM_PER_M
from gep import coverage, ecosystems, valuation
from gep.coverage import Grid
from gep.indicators import carbon_sequestration, soil_retention, water_retention
from gep.methods import INDICATORS, UNITS, Method

Progress = Callable[[str, float], None]  # stage, share done

REQUIRED_LAYERS = {
    "water_retention": ("precipitation_mm", "evapotranspiration_mm"),
    "soil_retention": (
        "precipitation_mm", "dem_m", "vegetation_cover", "sand_percent", "silt_percent", "clay_percent",
        "organic_carbon_percent",
    ),
    "carbon_sequestration": (),
}  # fmt: skip
LEVELS = ("village", "town", "county", "region")


class LayersDoNotMeet(ValueError):
    """No parcel lies on the layers' grid: other place or other CRS."""


class LayerMissing(ValueError):
    """The land cover, which every indicator needs, is not among the layers."""


@dataclass(frozen=True)
class Parcels:
    """Parcels as columns of one length; geometries in the grid's CRS. ``areas`` has one column for each level."""

    codes: NDArray[np.str_]
    geometries: NDArray[np.object_]
    areas: Mapping[str, NDArray[np.str_]]

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True)
class Layers:
    """Rasters on one grid: the master classes (0 unknown), and measured layers (NaN missing) by name."""

    grid: Grid
    classes: NDArray[np.int16]
    measured: Mapping[str, NDArray]

    def __getitem__(self, name: str) -> NDArray:
        return self.measured[name]


@dataclass(frozen=True)
class IndicatorResult:
    """One indicator for each parcel, shape (parcels,).

    ``quantity`` in ``unit``, NaN where no cell has data; ``value_fen`` int64; ``coverage_share`` the share of the
    parcel whose cells have data or are out of the indicator's scope; ``parts`` further quantities by name_unit.
    """

    indicator: str
    unit: str
    quantity: NDArray[np.float64]
    value_fen: NDArray[np.int64]
    coverage_share: NDArray[np.float64]
    yuan_per_unit: float
    parts: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Total:
    """The sum of an indicator over the parcels of one area."""

    level: str
    area: str
    indicator: str
    quantity: float
    unit: str
    value_fen: int
    parcels: int


@dataclass(frozen=True)
class CompiledAccount:
    """What ``compile_account`` finds; arrays are in the order of the parcels given."""

    parcels: Parcels
    results: Mapping[str, IndicatorResult]
    pending: Mapping[str, tuple[str, ...]]  # indicators that lack layers, and which
    inside_share: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    ecosystem: NDArray[np.str_]  # the class that covers most of each parcel, "" where unknown
    means: Mapping[str, NDArray[np.float64]]  # each measured layer's mean over each parcel
    totals: tuple[Total, ...]
    method: Method

    @property
    def total_fen(self) -> int:
        """The value over all indicators and parcels."""
        return sum(int(result.value_fen.sum()) for result in self.results.values())


def compile_account(
    parcels: Parcels, layers: Layers, method: Method, *, block: int = 4_096, progress: Progress | None = None
) -> CompiledAccount:
    """Compile the account of ``parcels`` over ``layers`` by ``method``.

    An indicator whose layers are not all there is pending, listed, and in no total. Raises LayersDoNotMeet where no
    parcel lies on the grid, CoefficientMissing and PriceBasisMismatch where a figure is missing or does not fit.
    """
    tell = progress or (lambda stage, share: None)
    tell("cells", 0.0)
    pending = {name: _lacking(name, layers, method) for name in INDICATORS if _lacking(name, layers, method)}
    surfaces = {name: SURFACES[name](layers, method) for name in INDICATORS if name not in pending}
    weighed = _weigh(parcels, layers, surfaces, block=block, tell=tell)
    results = {name: _result(name, weighed, method, surfaces[name]) for name in surfaces}
    tell("totals", 0.95)
    account = CompiledAccount(
        parcels=parcels,
        results=results,
        pending=pending,
        inside_share=weighed.inside_share,
        area_m2=weighed.area_m2,
        ecosystem=weighed.ecosystem,
        means=weighed.means,
        totals=tuple(_totals(parcels, results)),
        method=method,
    )
    tell("done", 1.0)
    return account


@dataclass(frozen=True)
class Surface:
    """An indicator on the grid: units per m² (NaN out of scope or missing), further parts of it, and its scope."""

    density: NDArray[np.float64]
    in_scope: NDArray[np.bool_]
    parts: Mapping[str, float]  # name_unit -> how much of it one unit of the quantity makes


def _water(layers: Layers, method: Method) -> Surface:
    runoff = method.by_class("water_retention", "runoff", indicator="water_retention")
    depth_mm = water_retention.retained_mm(
        precipitation_mm=layers["precipitation_mm"],
        evapotranspiration_mm=layers["evapotranspiration_mm"],
        runoff_share=ecosystems.spread(layers.classes, by_class=runoff),
        clip_negative=method.switch("clip_negative"),
    )
    return Surface(depth_mm / MM_PER_M, _scope("water_retention", layers, method), {})


def _soil(layers: Layers, method: Method) -> Surface:
    cover_group = _cover_groups(layers.classes)
    cover = soil_retention.cover_factor(
        cover=cover_group, vegetation_percent=layers["vegetation_cover"], table=_cover_table(method)
    )
    practice: NDArray | float = 1.0
    if method.switch("soil_P_factor"):
        factors = {kind.code: method.figure("soil_retention", f"practice.{kind.cover}") for kind in ecosystems.CLASSES}
        practice = ecosystems.spread(layers.classes, by_class=factors)
    kept = soil_retention.retained_t_per_ha(_potential(layers, method), cover=cover, practice=practice)
    in_scope = _scope("soil_retention", layers, method)
    parts = {
        "sediment_m3": method.figure("soil_retention", "sedimentation_share")
        / method.figure("soil_retention", "bulk_density"),
        "nitrogen_t": method.figure("soil_retention", "nitrogen"),
        "phosphorus_t": method.figure("soil_retention", "phosphorus"),
    }
    return Surface(np.where(in_scope, kept / M2_PER_HA, np.nan), in_scope, parts)


def _potential(layers: Layers, method: Method) -> NDArray[np.float64]:
    """R·K·L·S of every cell; the slope of a cell is as long as its side."""
    erosivity = soil_retention.erosivity_annual(
        layers["precipitation_mm"],
        factor=method.figure("soil_retention", "erosivity.factor"),
        exponent=method.figure("soil_retention", "erosivity.exponent"),
    )
    texture = {name: layers[name] for name in REQUIRED_LAYERS["soil_retention"][3:]}
    sine = soil_retention.slope_sine(layers["dem_m"], cell_m=layers.grid.cell_m)
    length = soil_retention.slope_length_factor(
        sine,
        length_m=layers.grid.cell_m,
        constant=method.figure("soil_retention", "slope_length.sine"),
        longest_m=method.figure("soil_retention", "slope_length.longest"),
    )
    return soil_retention.potential_t_per_ha(
        erosivity=erosivity,
        erodibility=soil_retention.erodibility(soil_retention.erodibility_epic(**texture)),
        slope_length=length,
        slope=soil_retention.slope_factor(sine),
    )


def _carbon(layers: Layers, method: Method) -> Surface:
    in_scope = _scope("carbon_sequestration", layers, method)
    if method.switch("carbon_variant") == "nep":
        fixed = carbon_sequestration.co2_from_nep(layers["nep_gc_m2"])
        return Surface(np.where(in_scope, fixed / M2_PER_HA, np.nan), in_scope, {})
    growth = method.by_class("carbon_sequestration", "dry_matter", indicator="carbon_sequestration")
    fixed = carbon_sequestration.co2_from_dry_matter(
        ecosystems.spread(layers.classes, by_class=growth),
        co2_per_dry_matter=method.figure("carbon_sequestration", "co2_per_dry_matter"),
    )
    return Surface(fixed / M2_PER_HA, in_scope, {})


SURFACES: Mapping[str, Callable[[Layers, Method], Surface]] = {
    "water_retention": _water,
    "soil_retention": _soil,
    "carbon_sequestration": _carbon,
}


def _yuan_per_unit(indicator: str, method: Method, surface: Surface) -> float:
    """The value of one unit of the quantity; soil is worth the dredging it saves and the nutrients it keeps."""
    if indicator == "water_retention":
        return float(method.price("reservoir").for_unit("m3"))
    if indicator == "carbon_sequestration":
        return float(method.price("carbon").for_unit("t CO2"))
    part = surface.parts
    return (
        part["sediment_m3"] * float(method.price("dredging").for_unit("m3"))
        + part["nitrogen_t"] * float(method.price("nitrogen").for_unit("t"))
        + part["phosphorus_t"] * float(method.price("phosphorus").for_unit("t"))
    )


@dataclass(frozen=True)
class _Weighed:
    inside_share: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    ecosystem: NDArray[np.str_]
    means: Mapping[str, NDArray[np.float64]]
    quantity: Mapping[str, NDArray[np.float64]]
    coverage_share: Mapping[str, NDArray[np.float64]]


def _weigh(
    parcels: Parcels, layers: Layers, surfaces: Mapping[str, Surface], *, block: int, tell: Progress
) -> _Weighed:
    import shapely

    blocks = []
    for start in range(0, len(parcels), block):
        tell("parcels", 0.1 + 0.8 * start / max(len(parcels), 1))
        blocks.append(_weigh_block(parcels.geometries[start : start + block], layers, surfaces))
    if not any(np.any(part.inside_share > 0) for part in blocks):
        there = [round(float(bound)) for bound in shapely.total_bounds(parcels.geometries)]
        raise LayersDoNotMeet(f"no parcel lies on the layers: parcels {there}, layers {layers.grid.bounds}")
    return _Weighed(
        inside_share=np.concatenate([part.inside_share for part in blocks]),
        area_m2=np.concatenate([part.area_m2 for part in blocks]),
        ecosystem=np.concatenate([part.ecosystem for part in blocks]),
        means=_joined([part.means for part in blocks]),
        quantity=_joined([part.quantity for part in blocks]),
        coverage_share=_joined([part.coverage_share for part in blocks]),
    )


def _weigh_block(geometries: NDArray, layers: Layers, surfaces: Mapping[str, Surface]) -> _Weighed:
    import shapely

    covered = coverage.cover(geometries, grid=layers.grid)
    area_m2 = shapely.area(geometries)
    quantity, coverage_share = {}, {}
    for name, surface in surfaces.items():
        zonal = coverage.sums(covered, layer=surface.density)
        left_out = coverage.sums(covered, layer=np.where(surface.in_scope | (layers.classes == 0), np.nan, 1.0)).valid
        known = zonal.valid + left_out
        quantity[name] = np.where(known > 0, zonal.weighted * layers.grid.cell_area_m2, np.nan)
        coverage_share[name] = np.minimum(known * layers.grid.cell_area_m2 / area_m2, 1.0)
    return _Weighed(
        inside_share=covered.inside_share,
        area_m2=area_m2,
        ecosystem=_largest_class(covered, layers.classes),
        means={name: coverage.sums(covered, layer=layer).means() for name, layer in layers.measured.items()},
        quantity=quantity,
        coverage_share=coverage_share,
    )


def _largest_class(covered: coverage.Coverage, classes: NDArray[np.int16]) -> NDArray[np.str_]:
    kinds = [int(kind.code) for kind in ecosystems.CLASSES]
    shares = coverage.class_shares(covered, classes=classes, kinds=kinds)
    names = np.array([*(kind.code for kind in ecosystems.CLASSES), ""])
    return names[np.where(shares.max(axis=1) > 0, shares.argmax(axis=1), len(kinds))]


def _result(indicator: str, weighed: _Weighed, method: Method, surface: Surface) -> IndicatorResult:
    quantity = weighed.quantity[indicator]
    yuan = _yuan_per_unit(indicator, method, surface)
    return IndicatorResult(
        indicator=indicator,
        unit=UNITS[indicator],
        quantity=quantity,
        value_fen=valuation.value_fen(quantity, yuan_per_unit=yuan),
        coverage_share=weighed.coverage_share[indicator],
        yuan_per_unit=yuan,
        parts={name: quantity * per_unit for name, per_unit in surface.parts.items()},
    )


def _totals(parcels: Parcels, results: Mapping[str, IndicatorResult]) -> Iterator[Total]:
    for level in LEVELS:
        names, place = np.unique(parcels.areas[level], return_inverse=True)
        for indicator, result in results.items():
            known = ~np.isnan(result.quantity)
            fen = np.zeros(len(names), dtype=np.int64)
            np.add.at(fen, place, result.value_fen)
            counts = np.bincount(place[known], minlength=len(names))
            for i, area in enumerate(names):
                own = np.sort(result.quantity[known & (place == i)])  # sorted: the order of parcels changes no bit
                yield Total(level, str(area), indicator, float(own.sum()), result.unit, int(fen[i]), int(counts[i]))


def _lacking(indicator: str, layers: Layers, method: Method) -> tuple[str, ...]:
    wanted = list(REQUIRED_LAYERS[indicator])
    if indicator == "carbon_sequestration" and method.switch("carbon_variant") == "nep":
        wanted.append("nep_gc_m2")
    return tuple(name for name in wanted if name not in layers.measured)


def _scope(indicator: str, layers: Layers, method: Method) -> NDArray[np.bool_]:
    left_out = [int(code) for code in method.profile.out_of_scope[indicator]]
    return (layers.classes != 0) & ~np.isin(layers.classes, left_out)


def _cover_groups(classes: NDArray[np.int16]) -> NDArray[np.str_]:
    groups = np.full(1_000, "", dtype="U8")
    for kind in ecosystems.CLASSES:
        groups[int(kind.code)] = kind.cover
    return groups[classes]


def _cover_table(method: Method) -> dict[str, float | tuple[float, ...]]:
    def row(key: str) -> float:
        return method.figure("soil_retention", f"cover{key}")

    table: dict[str, float | tuple[float, ...]] = {
        group: tuple(row(f".{group}.{edge}") for edge in soil_retention.COVER_BINS)
        for group in ("forest", "shrub", "grass", "garden")
    }
    table |= {group: row(f".{group}") for group in ("paddy", "wetland", "urban", "bare")}
    table["dry"] = (row("_dry.intercept"), row("_dry.slope"))
    return table


def _joined(blocks: Sequence[Mapping[str, NDArray]]) -> dict[str, NDArray]:
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
