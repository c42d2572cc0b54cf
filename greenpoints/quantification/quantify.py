"""From quantities and measures to milligrams of CO2e and coins: exact arithmetic over columns, rounded down once.

``gross = max(0, min(baseline - project - leakage, most))``, ``net = gross x discount of the evidence``,
``posted = net``, or 0 while a figure it rests on is unconfirmed and not approved. General form ER = BE - PE - LE of
T/CCAA 38-2021, T/CSAE 235-2021 and DB11/T 3043-2024.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from greenpoints.quantification import formulas
from greenpoints.quantification.bases import QUANTITY, Basis
from greenpoints.quantification.formulas import Ints

_INT64_MAX = 2**63 - 1
_SAFE = 2**62


class TooLarge(ValueError):
    """A reduction does not fit into 64 bits."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """Milligrams of CO2e and coins of the act's own, shape (n,), whole and rounded down."""

    gross_mg: Ints
    net_mg: Ints
    posted_mg: Ints
    flat_coins: Ints


def reductions(
    bases: Sequence[Basis | None], which: Ints, *, quantity: Ints, measures: NDArray[np.object_]
) -> Reduction:
    """Return the reduction of each row; ``which``, shape (n,), is the position of its basis in ``bases``.

    ``quantity``: whole, from 0, in the unit of its act; ``measures``: JSON objects of whole numbers, "" for none.
    A row whose basis is None, or that lacks a required measure, is worth nothing. Raises TooLarge, and ValueError for a
    negative number.
    """
    if (quantity < 0).any():
        raise ValueError("a quantity is never negative here; screening refuses those rows")
    found = Reduction(*(np.zeros(len(quantity), np.int64) for _ in Reduction.__dataclass_fields__))
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], np.arange(len(bases) + 1))
    for number, basis in enumerate(bases):
        rows = order[starts[number] : starts[number + 1]]
        if basis is None or not len(rows):
            continue
        rows = rows[_complete(basis, measures[rows])]
        part = of_one_basis(basis, {QUANTITY: quantity[rows], **_columns(basis, measures[rows])})
        for name in Reduction.__dataclass_fields__:
            getattr(found, name)[rows] = getattr(part, name)
    return found


def of_one_basis(basis: Basis, columns: Mapping[str, Ints]) -> Reduction:
    """Return the reductions of rows that share a basis; ``columns``: ``quantity`` and each measure, shape (n,)."""
    size = len(columns[QUANTITY])
    numerator, denominator = _gross(basis, columns, size)
    discount = basis.discount.exact
    gross_mg = _whole(numerator // denominator)
    net_mg = _whole(_times(numerator, discount.numerator) // (denominator * discount.denominator))
    coins = basis.coins_per_unit
    return Reduction(
        gross_mg=gross_mg,
        net_mg=net_mg,
        posted_mg=np.zeros(size, np.int64) if basis.unapproved else net_mg,
        flat_coins=_whole(_times(columns[QUANTITY], coins.numerator) // coins.denominator),
    )


def _gross(basis: Basis, columns: Mapping[str, Ints], size: int) -> tuple[NDArray, int]:
    """Return the gross reduction as exact fractions of a milligram: numerators, shape (size,), one denominator."""
    parts = basis.numbers
    counted = dict(columns) | {name: np.minimum(columns[name], most) for name, most in parts.at_most.items()}
    times = formulas.denominator(parts.baseline, parts.project, parts.leakage, parts.most)

    def total(part: tuple[formulas.Product, ...]) -> NDArray:
        return formulas.total(part, counted, times=times, size=size)

    saved = total(parts.baseline) - total(parts.project) - total(parts.leakage)
    if parts.most:
        saved = np.minimum(saved, total(parts.most))
    saved = np.maximum(saved, 0)
    for sides, still_zero in ((parts.zero_below, np.less), (parts.zero_up_to, np.less_equal)):
        if sides:
            scale = formulas.denominator(*sides)
            left, right = (formulas.total(side, counted, times=scale, size=size) for side in sides)
            saved = np.where(still_zero(left, right), 0, saved)
    return saved, times


def _complete(basis: Basis, measures: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which rows have every required measure: without the consumption, all of a baseline would seem saved."""
    needed = {name for name, measure in basis.measures.items() if measure.required}
    if not needed:
        return np.ones(len(measures), bool)
    return np.array([bool(text) and needed <= json.loads(text).keys() for text in measures.tolist()], bool)


def _columns(basis: Basis, measures: NDArray[np.object_]) -> dict[str, Ints]:
    """Return the measures of the rows as columns; one that a row leaves out is 0."""
    if not basis.measures:
        return {}
    told = [json.loads(text) if text else {} for text in measures.tolist()]
    found = {name: np.array([row.get(name, 0) for row in told], np.int64) for name in basis.measures}
    if any((column < 0).any() for column in found.values()):
        raise ValueError("a measure is never negative here; screening refuses those rows")
    return found


def _times(values: NDArray, factor: int) -> NDArray:
    if values.dtype == object or int(values.max(initial=0)) * max(factor, 1) < _SAFE:
        return values * factor
    return values.astype(object) * factor


def _whole(values: NDArray) -> Ints:
    if values.dtype == object and len(values) and max(values.tolist()) > _INT64_MAX:
        raise TooLarge("a reduction does not fit into 64 bits")
    return values.astype(np.int64)
