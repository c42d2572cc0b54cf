"""One block of parcels, from its outlines to its quantities. Blocks know nothing of each other and may be weighed
anywhere, in any order; what they hand over is joined in gep.accounting.joining."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.coefficients import Coefficient
from gep import ecosystems
from gep.accounting import condition_sums, ecosystem_units, sharing, townships
from gep.accounting.ecosystem_units import Units, WeighedParcels
from gep.accounting.grouping import AreaGroups
from gep.accounting.inputs import LAND_COVER, LAND_USE, LayerSource, Parcels
from gep.accounting.plan import Plan
from gep.accounting.terms import Physical

CODES = 1_000  # class codes are below it
AMOUNT_UNIT = 2.0**-24  # amounts by class are summed as whole multiples of it, so that their order changes nothing

NO_UNITS = np.zeros(0)
NOWHERE = Physical((), NO_UNITS)  # of a block that lies off the grid
TermName = tuple[str, str, tuple[str, ...]]  # indicator, part, figures


@dataclass(frozen=True)
class BlockResult:
    """What a block of parcels comes to; arrays have the length of the block.

    ``quantity`` by indicator and part, 0 where nothing is known; ``known_share`` the share of the parcel that is known
    to an indicator; ``weights`` by product and rule, for what statistics state, ``unweighed_m2`` the area of the
    product's land that the rule's layer says nothing of. ``class_amounts`` sums each term by county and class, in
    AMOUNT_UNIT, ``class_weights`` the weights, ``class_area`` the areas in m² of the same unit. ``places`` holds for
    each county how many parcels there are and the sums of their centres' coordinates, in whole metres. ``condition``
    sums the variables of the condition account as ``class_amounts``, with the area they rest on under "", and is empty
    where a layer is missing; ``condition_best`` holds the highest of each class. ``taken`` are the figures that were
    used.
    """

    codes: NDArray[np.str_]
    areas: Mapping[str, NDArray[np.str_]]
    ecosystem: NDArray[np.str_]
    area_m2: NDArray[np.float64]
    geometric_area_m2: NDArray[np.float64]
    area_factor: NDArray[np.float64]
    inside_share: NDArray[np.float64]
    quantity: Mapping[str, Mapping[str, NDArray[np.float64]]]
    known_share: Mapping[str, NDArray[np.float64]]
    weights: Mapping[str, tuple[NDArray[np.float64], ...]]
    unweighed_m2: Mapping[str, tuple[NDArray[np.float64], ...]]
    class_weights: Mapping[str, tuple[Mapping[tuple[str, int], int], ...]]
    class_amounts: Mapping[TermName, Mapping[tuple[str, int], int]]
    class_area: Mapping[tuple[str, int], int]
    places: Mapping[str, tuple[int, int, int]]
    condition: Mapping[str, Mapping[tuple[str, int], int]]
    condition_best: Mapping[str, Mapping[int, float]]
    taken: Mapping[tuple[str, str], Coefficient]


def weigh(parcels: Parcels, layers: LayerSource, plan: Plan) -> BlockResult:
    """Return what ``parcels`` come to over ``layers``. Raises CoefficientMissing where a class has no figure."""
    weighed = ecosystem_units.weigh(
        parcels, layers, derived=plan.derived_layers, cell_terms=plan.cell_terms, reads=plan.reads
    )
    units = weighed.units
    plan.method.note_crosswalk(LAND_COVER, layers.scheme)
    if parcels.land_use is not None:
        plan.method.note_crosswalk(LAND_USE, ecosystems.LAND_SURVEY[0])
    groups = _Groups.of(units, parcels.areas["county"])
    towns = groups
    if plan.by_town:
        towns = _Groups.of(units, townships.name(parcels.areas["county"], parcels.areas["town"]))
    quantity, known_share, amounts = {}, {}, {}
    for indicator, variant in plan.variants():
        physical = variant.physical(units, plan.method) if len(units) else NOWHERE
        quantity[indicator.name] = _by_parcel(physical, units, tuple(indicator.parts), length=len(parcels))
        known_share[indicator.name] = _known_share(physical, weighed, length=len(parcels))
        for term in physical.terms:
            name = indicator.name, term.part, term.figures
            amounts[name] = groups.added(np.nan_to_num(term.amount))
    weights = {
        code: [sharing.weigh(rule, units, parcels) if len(units) else NO_UNITS for rule in rules]
        for code, rules in plan.rules.items()
    }
    return BlockResult(
        codes=parcels.codes,
        areas=parcels.areas,
        ecosystem=largest_class(units, length=len(parcels)),
        area_m2=weighed.area_m2,
        geometric_area_m2=weighed.geometric_area_m2,
        area_factor=weighed.area_factor,
        inside_share=weighed.inside_share,
        quantity=quantity,
        known_share=known_share,
        weights={
            code: tuple(_added(weight, units, len(parcels)) for weight in by_rule) for code, by_rule in weights.items()
        },
        unweighed_m2={
            code: tuple(_added(sharing.unweighed_m2(rule, units, parcels), units, len(parcels)) for rule in rules)
            if len(units)
            else tuple(np.zeros(len(parcels)) for _ in rules)
            for code, rules in plan.rules.items()
        },
        class_weights={
            code: tuple(map((towns if code in plan.by_town else groups).added, by_rule))
            for code, by_rule in weights.items()
        },
        class_amounts=amounts,
        class_area=groups.added(units.area_m2),
        places=_places(parcels),
        condition=_condition(units, groups) if plan.tells_condition and len(units) else {},
        condition_best=condition_sums.best(units) if plan.tells_condition and len(units) else {},
        taken=dict(plan.method.taken),
    )


def _condition(units: Units, groups: "_Groups") -> dict[str, dict[tuple[str, int], int]]:
    sums = {name: groups.added(units.sums[condition_sums.term(name)]) for name in condition_sums.VARIABLES}
    return sums | {"": groups.added(units.valid_m2[condition_sums.term(condition_sums.VARIABLES[0])])}


def largest_class(units: Units, *, length: int) -> NDArray[np.str_]:
    """Return the class that covers most of each parcel, "" where none is known; of equals the one listed first."""
    rank = np.zeros(CODES, dtype=np.int64)
    rank[[int(kind.code) for kind in ecosystems.CLASSES]] = np.arange(len(ecosystems.CLASSES))
    known = np.flatnonzero(units.code != ecosystems.NO_CLASS)
    order = known[np.lexsort((rank[units.code[known]], -units.area_m2[known], units.parcel[known]))]
    parcel, first = np.unique(units.parcel[order], return_index=True)
    found = np.full(length, "", dtype="U4")
    found[parcel] = units.code[order][first].astype(str)
    return found


def _places(parcels: Parcels) -> dict[str, tuple[int, int, int]]:
    bounds = parcels.outlines.bounds
    known = ~np.isnan(bounds[:, 0])
    centre = np.rint((bounds[known, :2] + bounds[known, 2:]) / 2).astype(np.int64)
    counties = AreaGroups.of(parcels.areas["county"][known])
    x, y = np.zeros((2, len(counties.names)), dtype=np.int64)
    np.add.at(x, counties.place, centre[:, 0])
    np.add.at(y, counties.place, centre[:, 1])
    counts = np.bincount(counties.place, minlength=len(counties.names)).tolist()
    return {str(county): (counts[i], int(x[i]), int(y[i])) for i, county in enumerate(counties.names)}


def _by_parcel(
    physical: Physical, units: Units, parts: tuple[str, ...], *, length: int
) -> dict[str, NDArray[np.float64]]:
    sums = {part: np.zeros(length) for part in parts}
    for term in physical.terms:
        sums[term.part] += _added(term.amount, units, length)
    return sums


def _added(amount: NDArray[np.float64], units: Units, length: int) -> NDArray[np.float64]:
    return np.bincount(units.parcel, weights=amount, minlength=length).astype(np.float64, copy=False)


def _known_share(physical: Physical, weighed: WeighedParcels, *, length: int) -> NDArray[np.float64]:
    known_m2 = _added(physical.known_m2, weighed.units, length)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weighed.area_m2 > 0, np.minimum(known_m2 / weighed.area_m2, 1.0), 0.0)


@dataclass(frozen=True)
class _Groups:
    """The units of a block grouped by county and class."""

    names: tuple[tuple[str, int], ...]
    place: NDArray[np.int64]

    @classmethod
    def of(cls, units: Units, county: NDArray[np.str_]) -> "_Groups":
        counties = AreaGroups.of(county)
        packed = counties.place[units.parcel] * CODES + units.code
        keys = np.flatnonzero(np.bincount(packed))
        number = np.zeros(int(keys[-1]) + 1 if len(keys) else 0, dtype=np.int64)
        number[keys] = np.arange(len(keys))
        names = tuple((str(counties.names[key // CODES]), key % CODES) for key in keys.tolist())
        return cls(names=names, place=number[packed])

    def added(self, amount: NDArray[np.float64]) -> dict[tuple[str, int], int]:
        """Sum by county and class as whole numbers; Python's own, which have no end, carry the sums further."""
        whole = np.floor(amount)
        units, rest = np.zeros((2, len(self.names)), dtype=np.int64)  # apart, since together they pass 64 bits
        np.add.at(units, self.place, whole.astype(np.int64))
        np.add.at(rest, self.place, np.rint((amount - whole) / AMOUNT_UNIT).astype(np.int64))
        totals = [
            one * round(1 / AMOUNT_UNIT) + other for one, other in zip(units.tolist(), rest.tolist(), strict=True)
        ]
        return {name: total for name, total in zip(self.names, totals, strict=True) if total}
