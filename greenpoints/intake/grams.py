"""The grams of events in the book: one posting for each that carries any, one more for each change of its answer.

A posting is named by its event, ``act/PARTNER/ID``, a change by its number, ``act/PARTNER/ID/1``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bookkeeping import bulk, chart
from bookkeeping.chart import Nature
from bookkeeping.refusals import Overdrawn
from greenpoints.quantification.formulas import Ints

CLAWBACK = "co2e:clawback"
_DONE = frozenset({bulk.POSTED, bulk.REPLAYED})


class PostingRefused(RuntimeError):
    """The book refused what was decided: a fault of ours, never of a partner."""


@dataclass(frozen=True, slots=True)
class Movements:
    """Grams of n events, columns of shape (n,): ``mg`` above zero goes to the person, below zero comes back."""

    references: NDArray[np.object_]
    act: NDArray[np.object_]
    person_ref: NDArray[np.object_]
    mg: Ints
    ended_us: Ints


def post(moved: Movements) -> None:
    """Post the movements in the caller's transaction; the same again changes nothing.

    Grams that the person has passed on already cannot come back from them: they come out of CLAWBACK, which whoever
    pools or sells grams has to make good.
    """
    chosen = moved.mg != 0
    if not chosen.any():
        return
    acts, people = np.unique(moved.act[chosen].astype(str)), np.unique(moved.person_ref[chosen].astype(str))
    chart.open_accounts([f"co2e:act/{act}" for act in acts], nature=Nature.SOURCE, striped=True)
    chart.open_accounts([f"co2e:resident/{ref}" for ref in people], nature=Nature.HOLDER)
    refused = _post(moved, chosen & (moved.mg > 0), source="co2e:act/", target="co2e:resident/")
    back = moved.mg < 0
    if back.any():
        refused |= _post(moved, back, source="co2e:resident/", target="co2e:act/")
    if refused.any():
        chart.open_accounts([CLAWBACK], nature=Nature.SOURCE)
        _post(moved, refused, source=CLAWBACK, target="co2e:act/")


def _post(moved: Movements, chosen: NDArray[np.bool_], *, source: str, target: str) -> NDArray[np.bool_]:
    """Post the chosen; return which of them the person's account could not bear."""
    refused = np.zeros(len(chosen), bool)
    where = np.flatnonzero(chosen)
    if not len(where):
        return refused
    result = bulk.post_many(
        references=moved.references[where].tolist(),
        sources=_accounts(source, moved, where),
        targets=_accounts(target, moved, where),
        quantities=np.abs(moved.mg[where]),
        occurred_at=moved.ended_us[where].astype("datetime64[us]"),
    )
    short = result.status == Overdrawn.code
    for answer in np.unique(result.status[~short]).tolist():
        if answer not in _DONE:
            first = moved.references[where[int(np.flatnonzero(result.status == answer)[0])]]
            raise PostingRefused(f"the book answered {answer} to {first}")
    refused[where[short]] = True
    return refused


def _accounts(prefix: str, moved: Movements, where: Ints) -> Any:
    if prefix == CLAWBACK:
        return CLAWBACK
    column = moved.act if prefix == "co2e:act/" else moved.person_ref
    return [prefix + name for name in column[where].tolist()]
