"""The rows of a run: what stands already, deciding every row, writing the answers down."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenpoints import bulk_rows
from greenpoints.models import Behaviour
from greenpoints.quantification import parameters, quantify
from greenpoints.quantification.acts import ACTS
from greenpoints.quantification.parameters import Parameters
from greenpoints.quantification.quantify import Factors, Ints, Reduction
from greenpoints.reasons import ACCEPTED, REASONS
from greenpoints.screening import checks
from greenpoints.screening.checks import Standing
from greenpoints.screening.rows import Rows

_ACCEPTED_SQL = ", ".join(f"'{status}'" for status in ACCEPTED)
_STANDING = (
    "SELECT person_ref, act, material, place, started_us, ended_us, counted_quantity FROM greenpoints_behaviour"  # noqa: S608
    f" WHERE business_on = %s AND counted_quantity > 0 AND status IN ({_ACCEPTED_SQL}) AND person_ref {{among}}"
)
_KNOWN_IDS = (
    "SELECT external_id, fingerprint FROM greenpoints_behaviour"  # noqa: S608
    f" WHERE partner = %s AND status IN ({_ACCEPTED_SQL}) AND external_id {{among}}"
)
COLUMNS = tuple(field.column for field in Behaviour._meta.fields if field.column and not field.primary_key)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The readable rows of one run, of which each belongs to a batch; ``batch_id`` has shape (n,)."""

    partner: str
    business_on: date
    received_at: datetime
    batch_id: Ints
    rows: Rows
    person_ref: NDArray[Any]  # shape (n,), "" where no resident is bound


@dataclass(frozen=True, slots=True)
class Decided:
    """The answer to every row, shape (n,)."""

    status: NDArray[Any]
    reason: NDArray[Any]
    quantity: Ints
    reduction: Reduction
    flat_coins: Ints
    factor: NDArray[Any]


def decide(delivery: Delivery) -> Decided:
    """Screen and quantify the rows against what was accepted before; reads the book of rows, writes nothing."""
    in_force = parameters.in_force(delivery.business_on)
    people, person = np.unique(delivery.person_ref.astype(str), return_inverse=True)
    person = np.where(delivery.person_ref == "", -1, person)
    screened = checks.screen(
        delivery.rows,
        person=person,
        standing=_standing(delivery, people.tolist()),
        limits=in_force.limits,
        business_on=delivery.business_on,
        received_at=delivery.received_at,
    )
    return _quantified(delivery.rows, screened, in_force)


def save(delivery: Delivery, decided: Decided, *, bad: Sequence[tuple[int, int, str, str]]) -> None:
    """Write every row with its answer; ``bad``: (batch id, line, external id, reason) of the unreadable lines."""
    bulk_rows.insert("greenpoints_behaviour", COLUMNS, [*_tuples(delivery, decided), *_bad_tuples(delivery, bad)])


def _standing(delivery: Delivery, people: list[str]) -> Standing:
    found = bulk_rows.select_among(_STANDING, people, delivery.business_on)
    known = bulk_rows.select_among(_KNOWN_IDS, delivery.rows.external_id.tolist(), delivery.partner)
    if not found:
        return dataclasses.replace(checks.nothing_stands(), known_ids=dict(known))
    number = {ref: n for n, ref in enumerate(people)}
    refs, acts, materials, places, started, ended, quantities = zip(*found, strict=True)
    return Standing(
        person=np.array([number[ref] for ref in refs], np.int64),
        act=np.array(acts, object),
        material=np.array(materials, object),
        place=np.array(places, object),
        started_us=np.array(started, np.int64),
        ended_us=np.array(ended, np.int64),
        quantity=np.array(quantities, np.int64),
        known_ids=dict(known),
    )


def _quantified(rows: Rows, screened: checks.Screened, in_force: Parameters) -> Decided:
    """Work the reductions out; a row that counts and yields no grams says why."""
    kinds = np.array([_kind(*row) for row in zip(rows.act, rows.material, rows.evidence, strict=True)], object)
    distinct, where = np.unique(kinds.astype(str), return_inverse=True)
    table = [_factor_row(str(kind), in_force) for kind in distinct]
    columns = [np.array(column)[where] for column in zip(*table, strict=True)] if table else [np.zeros(0, int)] * 7
    factors = Factors(columns[0], columns[1], columns[2], columns[3], approved=columns[4].astype(bool))
    reduction = quantify.reductions(screened.quantity, factors=factors)
    reason = screened.reason.copy()
    plain = (reason == "") & (reduction.posted_mg == 0)
    reason[plain & (reduction.net_mg > 0)] = "unconfirmed_factor"
    reason[plain & (reduction.net_mg == 0)] = "no_grams"
    status = np.array([REASONS[code].status for code in reason.tolist()], dtype=object)
    return Decided(
        status=status,
        reason=reason,
        quantity=screened.quantity,
        reduction=reduction,
        flat_coins=screened.quantity * columns[5],
        factor=columns[6].astype(object),
    )


def _kind(act: str, material: str, evidence: str) -> str:
    """Return what a factor depends on as one text; empty where the catalogue has no such act."""
    known = ACTS.get(act)
    if known is None or evidence not in known.evidence or material not in ("", *known.materials):
        return ""
    return f"{act} {known.factor_key(material)} {known.evidence[evidence]}"


def _factor_row(kind: str, in_force: Parameters) -> tuple[int, int, int, int, bool, int, str]:
    if not kind:
        return 0, 1, 0, 1, False, 0, ""
    act, key, letter = kind.split(" ")
    factor, discount = in_force.factors.get(key, parameters.NOTHING), in_force.discounts[letter]
    return (
        factor.mg_per_unit.numerator, factor.mg_per_unit.denominator, discount.numerator, discount.denominator,
        factor.approved, in_force.flat_coins.get(act, 0), f"{factor.version} x {letter} {float(discount)}",
    )  # fmt: skip


def _tuples(delivery: Delivery, decided: Decided) -> list[tuple]:
    rows, reduction = delivery.rows, decided.reduction
    columns = {
        "batch_id": delivery.batch_id, "row": rows.line, "partner": [delivery.partner] * len(rows),
        "external_id": rows.external_id, "fingerprint": rows.fingerprint, "act": rows.act, "material": rows.material,
        "person_ref": delivery.person_ref, "business_on": [delivery.business_on] * len(rows),
        "started_us": rows.started_us, "ended_us": rows.ended_us, "quantity": rows.quantity,
        "counted_quantity": decided.quantity, "unit": rows.unit, "evidence": rows.evidence,
        "evidence_ref": rows.evidence_ref, "place": rows.place, "device": rows.device, "status": decided.status,
        "measures": [""] * len(rows), "asset_ref": [""] * len(rows), "counterpart_ref": [""] * len(rows),
        "basis_id": [None] * len(rows),
        "reason": decided.reason, "gross_mg": reduction.gross_mg, "net_mg": reduction.net_mg,
        "posted_mg": reduction.posted_mg, "flat_coins": decided.flat_coins, "factor": decided.factor,
    }  # fmt: skip
    return list(zip(*(_list(columns[name]) for name in COLUMNS), strict=True))


def _list(column: Any) -> list:
    return column if isinstance(column, list) else column.tolist()


def _bad_tuples(delivery: Delivery, bad: Sequence[tuple[int, int, str, str]]) -> list[tuple]:
    empty = {
        field.column: field.get_default() if field.has_default() else "" for field in Behaviour._meta.concrete_fields
    }
    empty |= {"partner": delivery.partner, "business_on": delivery.business_on}
    found = []
    for batch_id, line, external_id, reason in bad:
        row = empty | {"batch_id": batch_id, "row": line, "external_id": external_id, "reason": reason}
        row["status"] = REASONS[reason].status
        found.append(tuple(row[name] for name in COLUMNS))
    return found
