"""The change of a value split into the effects of quantity, price and method, without a residual, in whole fen.

Additive logarithmic mean Divisia index (LMDI-I, Ang 2004): the effect of a factor x is L(V1, V0) · ln(x1 / x0), with
L(a, b) = (a - b) / ln(a / b). gep.md 5.3. What changes because the method changed is told first: the old year is
recalculated with the new method, and the split starts from there.

Zeros and signs follow the limits of the formula: a factor that was or becomes zero takes the whole change; of several
such factors each takes an equal part. A quantity below zero in both years is split like one above it; one that changes
its sign passes through zero, so it takes the whole change.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.units import FEN_PER_YUAN

ROUNDING = 1e-6  # values are sums of rounded ones; factors must reproduce them to this share, or to a fen


class NotComparable(ValueError):
    """A value or factor is missing in one of the years, or does not fit its value; the text names the first place."""


@dataclass(frozen=True)
class Decomposition:
    """Effects in fen, int64, shape (n,) each; ``method_fen`` and the factors' effects add up to the change exactly."""

    effects_fen: Mapping[str, NDArray[np.int64]]
    method_fen: NDArray[np.int64]

    @property
    def change_fen(self) -> NDArray[np.int64]:
        """Return the whole change by place."""
        return self.method_fen + sum(self.effects_fen.values(), np.zeros_like(self.method_fen))


def decompose(
    opening_fen: NDArray[np.int64],
    closing_fen: NDArray[np.int64],
    *,
    factors: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]],
    fen_per_unit: float = FEN_PER_YUAN,
    old_method_fen: NDArray[np.int64] | None = None,
) -> Decomposition:
    """Split the change from ``opening_fen`` (of the new method) to ``closing_fen``, shape (n,) each.

    ``factors`` name what a value is a product of ("quantity", "price"), opening and closing, shape (n,) each, with
    ``fen_per_unit`` fen in one of the product's units (100 where prices are in yuan); ``old_method_fen`` is the opening
    value as it was published. Raises NotComparable where a factor is NaN, or the factors' product is not the value.
    """
    names = list(factors)
    opening = np.array([factors[name][0] for name in names], dtype=np.float64)
    closing = np.array([factors[name][1] for name in names], dtype=np.float64)
    _refuse_missing(names, opening, closing)
    before, after = np.asarray(opening_fen, dtype=np.int64), np.asarray(closing_fen, dtype=np.int64)
    _refuse_misfits(opening, before, fen_per_unit=fen_per_unit)
    _refuse_misfits(closing, after, fen_per_unit=fen_per_unit)
    through_zero = _through_zero(opening, closing)
    wanted = np.where(
        through_zero.any(axis=0),
        through_zero / np.maximum(through_zero.sum(axis=0), 1) * (after - before),
        _regular(opening, closing) * fen_per_unit,
    )
    effects = _whole(wanted, after - before)
    published = before if old_method_fen is None else np.asarray(old_method_fen, dtype=np.int64)
    return Decomposition(dict(zip(names, effects, strict=True)), before - published)


def logarithmic_mean(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return L(a, b) of numbers of one sign, shapes alike; L(a, a) is a."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        near = np.abs(one - other) < 0.5 * np.abs(other)
        logarithm = np.where(near, np.log1p(np.where(near, (one - other) / other, 0.0)), _log_ratio(one, other))
        return np.where(one == other, one, (one - other) / logarithm)


def _log_ratio(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(np.abs(one)) - np.log(np.abs(other))


def _through_zero(opening: NDArray[np.float64], closing: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which factors leave zero, reach it, stay there, or pass through it, shape (factors, n)."""
    return (np.sign(opening) != np.sign(closing)) | (opening == 0)


def _regular(opening: NDArray[np.float64], closing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return L(V1, V0) · ln(x1 / x0) of each factor, shape (factors, n); meaningless where a factor is zero."""
    mean = logarithmic_mean(closing.prod(axis=0), opening.prod(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(mean * _log_ratio(closing, opening), nan=0.0, posinf=0.0, neginf=0.0)


def _whole(wanted: NDArray[np.float64], change: NDArray[np.int64]) -> NDArray[np.int64]:
    """Round effects to whole fen that add up to the change; what is left goes to the largest remainders."""
    whole = np.floor(wanted)
    rest = wanted - whole
    whole = whole.astype(np.int64)
    left = change - whole.sum(axis=0)
    rank = np.argsort(np.argsort(-rest, axis=0, kind="stable"), axis=0, kind="stable")
    each, more = np.divmod(left, len(wanted))
    return whole + each + (rank < more)


def _refuse_missing(names: list[str], opening: NDArray[np.float64], closing: NDArray[np.float64]) -> None:
    for factor, place in np.argwhere(~(np.isfinite(opening) & np.isfinite(closing)))[:1]:
        raise NotComparable(f"{names[factor]} at place {place} is missing in one of the years")


def _refuse_misfits(factors: NDArray[np.float64], value_fen: NDArray[np.int64], *, fen_per_unit: float) -> None:
    """Refuse factors whose product is not the value, beyond what rounding explains."""
    off = np.abs(factors.prod(axis=0) * fen_per_unit - value_fen)
    for place in np.flatnonzero(off > 1 + ROUNDING * np.abs(value_fen))[:1]:
        raise NotComparable(f"at place {place} the factors make {off[place]:.0f} fen more or less than the value")
