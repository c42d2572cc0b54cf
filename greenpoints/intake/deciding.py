"""The answer to every row of a block, and to the events that it makes worth deciding again. Reads, writes nothing."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

import numpy as np
import pandas as pd

from greenpoints.intake import standing
from greenpoints.intake.amounts import REASON_TEXTS, Amounts, InForce, amounts
from greenpoints.models import OwnAct, VehicleChannel
from greenpoints.quantification import parameters
from greenpoints.quantification.formulas import Ints
from greenpoints.queries import factors
from greenpoints.screening import caps, checks, row_checks
from greenpoints.screening.candidates import COUNTS, REASON, month_number, numbered
from greenpoints.screening.exclusion import Reasons
from greenpoints.screening.rows import Rows


@dataclass(frozen=True, slots=True)
class Block:
    """Readable rows of one delivery. ``person_ref``: shape (n,), "" where no resident is bound to the token."""

    partner: str
    business_on: date
    received_at: datetime
    rows: Rows
    person_ref: np.ndarray


@dataclass(frozen=True, slots=True)
class Decided:
    """``answers``: one per row of the block, shape (n,); ``changed``: known events whose answer is another one now,
    columns of standing.COLUMNS with the old answer, and ``changes``, their new answers, shape (k,)."""

    answers: Amounts
    changed: pd.DataFrame
    changes: Amounts


def decide(block: Block) -> Decided:
    """Answer the rows of the block against everything known before; the order in which it became known is no matter."""
    in_force = partial(parameters.in_force, decided=factors.factor_decisions())
    limits = in_force(block.business_on).limits
    reason = np.full(len(block.rows), COUNTS, np.int8)
    row_checks.check(block.rows, reason, limits=limits, business_on=block.business_on, received_at=block.received_at)
    reason[(block.person_ref == "") & (reason == COUNTS)] = REASON["unknown_subject"]
    _check_repeated_ids(block, reason)
    fresh = _frame(block, np.flatnonzero(reason == COUNTS))
    known = standing.load(fresh, on=block.business_on, month_limited=caps.month_limited(limits))
    everything = pd.concat([fresh, known], ignore_index=True) if len(known) else fresh
    days, events = numbered(everything, channels=_channels(everything), own_acts=_own_acts())
    screened = checks.screen(events, limits=[in_force(day).limits for day in days])
    return _answers(block, reason, fresh, known, screened, in_force=in_force)


def _answers(
    block: Block, reason: Reasons, fresh: pd.DataFrame, known: pd.DataFrame, screened: checks.Screened, *,
    in_force: InForce,
) -> Decided:  # fmt: skip
    size = len(fresh)
    counted = np.zeros(len(reason), np.int64)
    row = fresh["row"].to_numpy(np.int64)
    reason[row], counted[row] = screened.reason[:size], screened.quantity[:size]
    answers = amounts(_frame(block, np.arange(len(reason))), reason, counted, in_force=in_force)
    again = np.flatnonzero(known["again"].to_numpy(bool))
    new_reason, new_counted = screened.reason[size:][again], screened.quantity[size:][again]
    before = known.iloc[again]
    maybe = (_differs(before, new_reason)) | (before["counted_quantity"].to_numpy(np.int64) != new_counted)
    changed = before[maybe].reset_index(drop=True)
    now = amounts(changed, new_reason[maybe], new_counted[maybe], in_force=in_force)
    other = (now.reason_text != changed["reason"].to_numpy(object)) | (
        now.quantity != changed["counted_quantity"].to_numpy(np.int64)
    )
    return Decided(answers, changed[other].reset_index(drop=True), now.of(other))


def _differs(before: pd.DataFrame, reason: Reasons) -> np.ndarray:
    """Tell where the screening's reason is another; those that quantification gives are compared afterwards."""
    return REASON_TEXTS[reason] != before["reason"].to_numpy(object)


def _check_repeated_ids(block: Block, reason: Reasons) -> None:
    """The first row of an external id stands; the same content again is a repetition, other content is refused.

    This alone depends on what came first: an id that names one event cannot come to name another.
    """
    rows = block.rows
    left = np.flatnonzero(reason == COUNTS)
    left = left[np.lexsort((rows.fingerprint[left], rows.started_us[left]))]
    name, names = pd.factorize(rows.external_id[left])
    known = standing.known_ids(block.partner, names.tolist())
    first = np.unique(name, return_index=True)[1]  # positions, in left, of each name's first row
    content = rows.fingerprint[left][first]
    for number, text in enumerate(names.tolist()) if known else ():
        content[number] = known.get(text, content[number])
    is_known = np.array([text in known for text in names.tolist()], bool) if known else np.zeros(len(names), bool)
    repeats = is_known[name] | (np.arange(len(left)) != first[name])
    same = rows.fingerprint[left] == content[name]
    reason[left[repeats & same]] = REASON["same_event_id"]
    reason[left[repeats & ~same]] = REASON["external_id_reused"]


def _frame(block: Block, chosen: Ints) -> pd.DataFrame:
    """Return rows of the block as columns of Behaviour; ``row`` is their position in the block."""
    rows = block.rows
    names = (
        "external_id", "fingerprint", "act", "material", "started_us", "ended_us", "quantity", "evidence", "place",
        "asset_ref", "measures",
    )  # fmt: skip
    columns = {name: getattr(rows, name)[chosen] for name in names}
    size = len(chosen)
    return pd.DataFrame(
        columns
        | {
            "row": chosen,
            "person_ref": block.person_ref[chosen],
            "partner": np.full(size, block.partner, object),
            "business_on": np.full(size, block.business_on, object),
        },
    )


def _channels(events: pd.DataFrame) -> dict[tuple[str, int], int]:
    """Return the channel of each vehicle and month that there is an enrolment for."""
    assets = [ref for ref in events["asset_ref"].unique().tolist() if ref]
    rows = VehicleChannel.objects.filter(asset_ref__in=assets) if assets else VehicleChannel.objects.none()
    return {
        (ref, month_number(first)): channel for ref, first, channel in rows.values_list("asset_ref", "month", "channel")
    }


def _own_acts() -> frozenset[tuple[str, str]]:
    return frozenset(OwnAct.objects.values_list("partner", "act"))
