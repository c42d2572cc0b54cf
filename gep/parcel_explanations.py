"""One parcel of a run explained: of the version that the run took, weighed again by itself over the run's own layers.

What the run keeps are the parcel's figures; what they come from is found again here: the classes of its land, what each
layer says of it and how much of it each covers, the terms of every indicator and the figures that they are products of.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from gep import ecosystems, engine_code, run_engine, snapshots
from gep.accounting import ecosystem_units
from gep.accounting.bindings import INDICATORS
from gep.accounting.ecosystem_units import WeighedParcels
from gep.accounting.plan import Plan
from gep.accounting.terms import CLASS, MAIN, Term
from gep.models import ParcelAccount, Run
from gep.snapshots import FrozenParcels

LAYER = "layer:"


@dataclass(frozen=True, slots=True)
class LayerMean:
    """What a layer says of some land: the mean over the part it covers, None where it covers none, and that part."""

    layer: str
    mean: float | None
    coverage_share: float


@dataclass(frozen=True, slots=True)
class TermAmount:
    """A term of an indicator: the amount of a part, and the figures it is a product of.

    Those of which ``own`` is true add up to the indicator's own quantity, before what a county states of it (its own
    figure, or how much of a capacity it uses); the others are further parts.
    """

    indicator: str
    part: str
    own: bool
    unit: str
    amount: float | None
    product_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitExplained:
    """The part of the parcel that is of one class; class 0 is land that nothing says the class of."""

    code: int
    area_m2: float
    share: float
    layers: tuple[LayerMean, ...]
    terms: tuple[TermAmount, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A parcel by class, as a whole by layer, and for each indicator the figures that it took, by ``table.key``.

    ``same_engine`` tells whether the code is that of the run; where it is not, the terms may add up to other amounts
    than the run's own. ``valid_from`` and ``valid_to`` are those of the parcel's version.
    """

    valid_from: date
    valid_to: date | None
    inside_share: float
    units: tuple[UnitExplained, ...]
    layers: tuple[LayerMean, ...]
    figures: dict[str, tuple[str, ...]]
    prices: dict[str, dict[str, float]]
    same_engine: bool


def explain(account: str, parcel: str) -> Explanation | None:
    """Return where the figures of a parcel in a run come from; None where the run has none of it.

    Raises Run.DoesNotExist, storage.ObjectMissing where an input is no longer there.
    """
    run = Run.objects.get(code=account)
    row = ParcelAccount.objects.select_related("parcel").filter(run=run, parcel__code=parcel).first()
    if row is None or not run.snapshot:
        return None
    alone = _alone(snapshots.block(run.snapshot, row.block), row.parcel_id)
    plan, engine = run_engine.plan_of(run), run_engine.for_engine(alone, run)
    stack = run_engine.stack(run)

    def weighed(cell_terms: ecosystem_units.CellTerms) -> WeighedParcels:
        return ecosystem_units.weigh(
            engine, stack, derived=plan.derived_layers, cell_terms=cell_terms, reads=plan.reads
        )

    by_layer, by_term = weighed(lambda pieces: dict(pieces.layers)), weighed(plan.cell_terms)
    terms = _terms(plan, by_term)
    return Explanation(
        valid_from=row.parcel.valid_from,
        valid_to=row.parcel.valid_to,
        inside_share=float(by_term.inside_share[0]),
        units=tuple(_unit(place, by_layer, terms) for place in range(len(by_layer.units))),
        layers=tuple(_mean(name, by_layer, slice(None)) for name in sorted(by_layer.units.sums)),
        figures=_figures(plan, by_term, terms),
        prices={
            name: {part: price.yuan_per_unit for part, price in INDICATORS[name].prices(plan.method).items()}
            for name in terms
        },  # fmt: skip
        same_engine=run.inputs.get("engine_sha256") == engine_code.digest(),
    )


def _alone(block: FrozenParcels, key: int) -> FrozenParcels:
    """The one parcel of a block."""
    place = np.flatnonzero(block.ids == key)
    return FrozenParcels(
        ids=block.ids[place], texts={name: column[place] for name, column in block.texts.items()},
        official_area_m2=block.official_area_m2[place], area_m2=block.area_m2[place],
        geometries=block.geometries[place],
    )  # fmt: skip


def _terms(plan: Plan, weighed: WeighedParcels) -> dict[str, tuple[Term, ...]]:
    if not len(weighed.units):
        return {}
    return {indicator.name: variant.physical(weighed.units, plan.method).terms
            for indicator, variant in plan.variants()}  # fmt: skip


def _unit(place: int, weighed: WeighedParcels, terms: dict[str, tuple[Term, ...]]) -> UnitExplained:
    units = weighed.units
    code, area_m2 = int(units.code[place]), float(units.area_m2[place])
    found = [
        TermAmount(
            indicator=name, part=term.part, own=term.part == MAIN or term.part in INDICATORS[name].sums,
            unit=INDICATORS[name].parts.get(term.part, ""),
            amount=_or_none(float(term.amount[place])), product_of=_named(term.figures, code),
        )
        for name, own in terms.items() for term in own if term.amount[place] != 0
    ]  # fmt: skip
    means = tuple(_mean(name, weighed, slice(place, place + 1)) for name in sorted(units.sums))
    return UnitExplained(code, area_m2, area_m2 / float(weighed.area_m2[0]), means, tuple(found))


def _mean(name: str, weighed: WeighedParcels, some: slice) -> LayerMean:
    units = weighed.units
    total, valid_m2 = float(units.sums[name][some].sum()), float(units.valid_m2[name][some].sum())
    area_m2 = float(weighed.area_m2[0]) if some == slice(None) else float(units.area_m2[some].sum())
    return LayerMean(name, total / valid_m2 if valid_m2 else None, min(valid_m2 / area_m2, 1.0) if area_m2 else 0.0)


def _figures(plan: Plan, weighed: WeighedParcels, terms: dict[str, tuple[Term, ...]]) -> dict[str, tuple[str, ...]]:
    """The figures of each indicator: those of its terms for the classes of the parcel, and those of its prices."""
    codes = [code for code in weighed.units.code.tolist() if code != ecosystems.NO_CLASS]
    found = {}
    for name, own in terms.items():
        named = [figure for term in own for code in codes for figure in _named(term.figures, code)]
        priced = [figure for price in INDICATORS[name].prices(plan.method).values() for figure in price.figures]
        figures = [figure for figure in (*named, *priced) if not figure.startswith(LAYER)]
        found[name] = tuple(dict.fromkeys(figures))
    return found


def _named(figures: tuple[str, ...], code: int) -> tuple[str, ...]:
    return tuple(figure.replace(CLASS, str(code)) for figure in figures)


def _or_none(amount: float) -> float | None:
    return None if np.isnan(amount) else amount
