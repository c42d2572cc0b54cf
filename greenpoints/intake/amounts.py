"""From what counts of an event to milligrams and coins, with the reason that goes with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenpoints.quantification import bases, quantify
from greenpoints.quantification.bases import Basis
from greenpoints.quantification.formulas import Ints
from greenpoints.quantification.parameters import Parameters
from greenpoints.quantification.quantify import Reduction
from greenpoints.reasons import PRECEDENCE, REASONS
from greenpoints.screening.candidates import COUNTS, REASON
from greenpoints.screening.exclusion import Reasons

REASON_TEXTS = np.array(PRECEDENCE, dtype=object)
STATUS_TEXTS = np.array([REASONS[code].status for code in PRECEDENCE], dtype=object)
InForce = Callable[[date], Parameters]
_KIND = ["business_on", "act", "material", "evidence"]


@dataclass(frozen=True, slots=True)
class Amounts:
    """The answer to each of n events, every column of shape (n,).

    ``quantity`` is what counts of the event; ``which`` is the position in ``bases`` of what its grams rest on, which
    is None where the catalogue has no such kind of event.
    """

    reason: Reasons
    quantity: Ints
    gross_mg: Ints
    net_mg: Ints
    posted_mg: Ints
    flat_coins: Ints
    which: Ints
    bases: Sequence[Basis | None]

    @property
    def reason_text(self) -> NDArray[np.object_]:
        """Return the code of each reason."""
        return REASON_TEXTS[self.reason]

    @property
    def status(self) -> NDArray[np.object_]:
        """Return the status that each reason leads to."""
        return STATUS_TEXTS[self.reason]

    def of(self, chosen: NDArray[np.bool_]) -> "Amounts":
        """Return the answers of the chosen events."""
        columns = {name: getattr(self, name) for name in Amounts.__dataclass_fields__ if name != "bases"}
        return Amounts(**{name: column[chosen] for name, column in columns.items()}, bases=self.bases)


def amounts(events: pd.DataFrame, reason: Reasons, quantity: Ints, *, in_force: InForce) -> Amounts:
    """Work the reductions out; an event that counts in full and yields no grams says why.

    ``events``: columns ``act``, ``material``, ``evidence``, ``measures``, ``business_on``; ``reason`` and ``quantity``
    as screened; ``in_force``: the figures of a day.
    """
    number = np.zeros(len(events), np.int64)
    for name in _KIND:
        codes, values = pd.factorize(events[name].to_numpy(object))
        number = number * max(len(values), 1) + codes
    _distinct, first, which = np.unique(number, return_index=True, return_inverse=True)
    chosen = [_basis(in_force, *kind) for kind in events[_KIND].iloc[first].itertuples(index=False)]
    counted = np.where(np.array([basis is not None for basis in chosen], bool)[which], quantity, 0)
    reduction = quantify.reductions(chosen, which, quantity=counted, measures=events["measures"].to_numpy(object))
    return Amounts(
        reason=_with_reasons_for_nothing(reason, reduction),
        quantity=quantity,
        gross_mg=reduction.gross_mg,
        net_mg=reduction.net_mg,
        posted_mg=reduction.posted_mg,
        flat_coins=reduction.flat_coins,
        which=which,
        bases=chosen,
    )


def _with_reasons_for_nothing(reason: Reasons, reduction: Reduction) -> Reasons:
    found = reason.copy()
    plain = (reason == COUNTS) & (reduction.posted_mg == 0)
    found[plain & (reduction.net_mg > 0)] = REASON["unconfirmed_factor"]
    found[plain & (reduction.net_mg == 0)] = REASON["no_grams"]
    return found


def _basis(in_force: InForce, day: date, act: str, material: str, evidence: str) -> Basis | None:
    """Return what a kind of event is calculated with; None where the catalogue has no such kind."""
    if not bases.known(act, material, evidence):
        return None
    return in_force(day).basis(act, material=material, evidence=evidence)
