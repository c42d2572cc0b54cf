"""What changes if chosen parcels get another use or cover: only they are calculated again. gep.md 6, T18.

A difference is told by indicator and part and keeps its sign: less water retained is less, not nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


class ParcelUnknown(LookupError):
    """A parcel that is to change is not in the account; the text names it."""


class LinesDoNotFit(ValueError):
    """The lines calculated again are not those of the chosen parcels, or lose an indicator that had a value."""


@dataclass(frozen=True)
class Lines:
    """Lines of an account, columns of the length of ``codes``.

    ``quantity`` by indicator and part, NaN where not known; ``value_fen`` by indicator.
    """

    codes: NDArray[np.str_]
    quantity: Mapping[tuple[str, str], NDArray[np.float64]]
    value_fen: Mapping[str, NDArray[np.int64]]

    def __getitem__(self, chosen: NDArray[np.intp]) -> "Lines":
        """Return some of the lines."""
        return Lines(
            codes=self.codes[chosen],
            quantity={key: column[chosen] for key, column in self.quantity.items()},
            value_fen={name: column[chosen] for name, column in self.value_fen.items()},
        )


Recalculate = Callable[[NDArray[np.intp], NDArray[np.str_]], Lines]  # places of the chosen parcels, their new kinds


@dataclass(frozen=True, slots=True)
class IndicatorChange:
    """One indicator over the chosen parcels, in fen; gains and losses of single parcels are told apart."""

    before_fen: int
    after_fen: int
    gains_fen: int
    losses_fen: int  # 0 or below

    @property
    def change_fen(self) -> int:
        """Return after less before."""
        return self.after_fen - self.before_fen


@dataclass(frozen=True)
class Scenario:
    """The difference a scenario makes. ``parcel_change`` is what each chosen parcel gains or loses, never clipped.

    ``kept`` names the indicators that the chosen parcels keep unchanged: those shared out from statistics, which a plan
    for a few parcels does not change. ``quantity_change`` by indicator and part, NaN where not known on either side.
    """

    before: Lines
    parcel_change: Lines
    indicators: Mapping[str, IndicatorChange]
    quantity_change: Mapping[tuple[str, str], float]
    kept: tuple[str, ...]

    @property
    def change_fen(self) -> int:
        """Return the difference over all indicators, which is that of the whole account."""
        return sum(change.change_fen for change in self.indicators.values())


def run(baseline: Lines, *, kinds: Mapping[str, str], recalculate: Recalculate, kept: frozenset[str]) -> Scenario:
    """Return what changes if each parcel of ``kinds`` becomes of that kind (a class or a survey code).

    ``recalculate`` returns the lines of the chosen parcels alone; ``kept`` names the indicators that it leaves out.
    Raises ParcelUnknown, LinesDoNotFit.
    """
    chosen = _places(baseline.codes, kinds)
    wanted = np.array([kinds[code] for code in baseline.codes[chosen].tolist()], dtype=str)
    before, after = baseline[chosen], recalculate(chosen, wanted)
    _refuse_misfits(before, after, kept)
    names = [name for name in {**before.value_fen, **after.value_fen} if name not in kept]
    nothing = np.zeros(len(chosen), dtype=np.int64)
    change = {name: after.value_fen.get(name, nothing) - before.value_fen.get(name, nothing) for name in names}
    keys = {**before.quantity, **after.quantity}
    unknown = np.full(len(chosen), np.nan)
    quantity = {
        key: after.quantity.get(key, unknown) - before.quantity.get(key, unknown) for key in keys if key[0] not in kept
    }
    return Scenario(
        before=before,
        parcel_change=Lines(before.codes, quantity, change),
        indicators={
            name: IndicatorChange(
                before_fen=int(before.value_fen.get(name, nothing).sum()),
                after_fen=int(after.value_fen.get(name, nothing).sum()),
                gains_fen=int(np.maximum(change[name], 0).sum()),
                losses_fen=int(np.minimum(change[name], 0).sum()),
            )
            for name in names
        },
        quantity_change={key: float(column.sum()) for key, column in quantity.items()},
        kept=tuple(sorted(kept & set(before.value_fen))),
    )


def _places(codes: NDArray[np.str_], kinds: Mapping[str, str]) -> NDArray[np.intp]:
    """Return the places of the parcels that change, in the order of the account."""
    chosen = np.flatnonzero(np.isin(codes, list(kinds)))
    lost = sorted(set(kinds) - set(codes[chosen].tolist()))
    if lost:
        raise ParcelUnknown(f"no parcel {', '.join(lost[:10])} is in the account")
    return chosen


def _refuse_misfits(before: Lines, after: Lines, kept: frozenset[str]) -> None:
    if after.codes.tolist() != before.codes.tolist():
        raise LinesDoNotFit("the lines calculated again are not those of the chosen parcels")
    lost = sorted(set(before.value_fen) - set(after.value_fen) - kept)
    if lost:
        raise LinesDoNotFit(f"{', '.join(lost)} had a value and was not calculated again")
