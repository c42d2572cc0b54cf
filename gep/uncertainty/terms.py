"""The sums that a simulation works on: every term of an account by county and class, with the names of its figures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray

CLASS = "{code}"  # stands in a figure's name for the class of the term

Key = tuple[str, str, str, str, tuple[str, ...]]  # indicator, part, county, class, figures


@dataclass(frozen=True, slots=True)
class PartPrice:
    """What one unit of a part is worth, and the names of the figures that this is a product of."""

    yuan_per_unit: float
    figures: tuple[str, ...] = ()


@dataclass(frozen=True)
class TermTotals:
    """Terms as columns of one length: signed amounts, each a product of the figures named.

    The amounts of one indicator and part add up to its quantity, whatever their figures and classes.
    """

    indicator: tuple[str, ...]
    part: tuple[str, ...]
    county: tuple[str, ...]
    code: tuple[str, ...]
    figures: tuple[tuple[str, ...], ...]
    amount: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.indicator)

    @classmethod
    def of(cls, terms: Mapping[tuple[str, str, tuple[str, ...]], Mapping[tuple[str, Any], float]]) -> "TermTotals":
        """Return terms given by indicator, part and figures, each by county and class; CLASS in a name is filled in."""
        return cls._of_sums(
            {
                (indicator, part, county, str(code), tuple(name.replace(CLASS, str(code)) for name in figures)): [
                    amount
                ]
                for (indicator, part, figures), by_place in terms.items()
                for (county, code), amount in by_place.items()
            }
        )

    @classmethod
    def joined(cls, parts: Iterable["TermTotals"]) -> "TermTotals":
        """Return the sums over blocks of parcels; rounded once, so the order of the blocks changes no bit."""
        sums: dict[Key, list[float]] = {}
        for terms in parts:
            for key, amount in zip(terms._keys(), terms.amount.tolist(), strict=True):
                sums.setdefault(key, []).append(amount)
        return cls._of_sums(sums)

    def _keys(self) -> Iterable[Key]:
        return zip(self.indicator, self.part, self.county, self.code, self.figures, strict=True)

    @classmethod
    def _of_sums(cls, sums: Mapping[Key, list[float]]) -> "TermTotals":
        """Put terms in the order of their names, on which every later sum rests."""
        keys = sorted(sums)
        columns = list(zip(*keys, strict=True)) if keys else [()] * 5
        amount = np.array([fsum(sums[key]) for key in keys], dtype=np.float64)
        if not np.isfinite(amount).all():
            raise ValueError(f"the amount of {keys[int(np.argmin(np.isfinite(amount)))]} is not a finite number")
        indicator, part, county, code, figures = columns
        return cls(indicator, part, county, code, figures, amount)
