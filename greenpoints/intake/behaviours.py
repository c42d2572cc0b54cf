"""The rows of a run: what stands already, deciding every row, writing the answers down."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenpoints import bulk_rows
from greenpoints.factors import changes, kept_bases
from greenpoints.models import Behaviour
from greenpoints.quantification import bases, parameters, quantify
from greenpoints.quantification.bases import Basis
from greenpoints.quantification.parameters import Parameters
from greenpoints.quantification.quantify import Ints, Reduction
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
    bases: Sequence[Basis | None]
    which: Ints  # the position of each row's basis


def decide(delivery: Delivery) -> Decided:
    """Screen and quantify the rows against what was accepted before; reads the book of rows, writes nothing."""
    in_force = parameters.in_force(delivery.business_on, decided=changes.decided())
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
    kinds = np.array([" ".join(row) for row in zip(rows.act, rows.material, rows.evidence, strict=True)], object)
    distinct, which = np.unique(kinds.astype(str), return_inverse=True)
    chosen = [_basis(str(kind), in_force) for kind in distinct]
    reduction = quantify.reductions(chosen, which, quantity=screened.quantity, measures=np.full(len(rows), "", object))
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
        bases=chosen,
        which=which,
    )


def _basis(kind: str, in_force: Parameters) -> Basis | None:
    """Return what a kind of row is calculated with; None where the catalogue has no such kind."""
    act, material, evidence = kind.split(" ")
    return in_force.basis(act, material=material, evidence=evidence) if bases.known(act, material, evidence) else None


def _tuples(delivery: Delivery, decided: Decided) -> list[tuple]:
    rows, reduction = delivery.rows, decided.reduction
    keys = kept_bases.keep(basis for basis in decided.bases if basis)
    versions = np.array([basis.version if basis else "" for basis in decided.bases] or [""], object)
    numbers = np.array([keys[basis.digest] if basis else None for basis in decided.bases] or [None], object)
    columns = {
        "batch_id": delivery.batch_id, "row": rows.line, "partner": [delivery.partner] * len(rows),
        "external_id": rows.external_id, "fingerprint": rows.fingerprint, "act": rows.act, "material": rows.material,
        "person_ref": delivery.person_ref, "business_on": [delivery.business_on] * len(rows),
        "started_us": rows.started_us, "ended_us": rows.ended_us, "quantity": rows.quantity,
        "counted_quantity": decided.quantity, "unit": rows.unit, "evidence": rows.evidence,
        "evidence_ref": rows.evidence_ref, "place": rows.place, "device": rows.device, "status": decided.status,
        "measures": [""] * len(rows), "asset_ref": [""] * len(rows), "counterpart_ref": [""] * len(rows),
        "basis_id": numbers[decided.which],
        "reason": decided.reason, "gross_mg": reduction.gross_mg, "net_mg": reduction.net_mg,
        "posted_mg": reduction.posted_mg, "flat_coins": reduction.flat_coins,
        "factor": versions[decided.which],
    }  # fmt: skip
    return list(zip(*(_list(columns[name]) for name in COLUMNS), strict=True))


def _list(column: Any) -> list:
    return column if isinstance(column, list) else column.tolist()


def _bad_tuples(delivery: Delivery, bad: Sequence[tuple[int, int, str, str]]) -> list[tuple]:
    empty = {field.column: field.get_default() for field in Behaviour._meta.concrete_fields}
    empty |= {"partner": delivery.partner, "business_on": delivery.business_on}
    found = []
    for batch_id, line, external_id, reason in bad:
        row = empty | {"batch_id": batch_id, "row": line, "external_id": external_id, "reason": reason}
        row["status"] = REASONS[reason].status
        found.append(tuple(row[name] for name in COLUMNS))
    return found
