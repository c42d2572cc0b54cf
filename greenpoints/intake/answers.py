"""Answers written down: the rows of a block, the events whose answer is another one now, their grams in the book."""

from typing import Any

import numpy as np
import pandas as pd
from django.db.models import F
from numpy.typing import NDArray

from greenpoints import bulk_rows
from greenpoints.factors import kept_bases
from greenpoints.intake import grams
from greenpoints.intake.amounts import Amounts
from greenpoints.intake.deciding import Block, Decided
from greenpoints.intake.grams import Movements
from greenpoints.models import Batch, Behaviour
from greenpoints.points.ledger import act_reference
from greenpoints.reasons import ACCEPTED, REASONS
from greenpoints.screening.exclusion import crosses_midnight
from greenpoints.screening.rows import Rows

TABLE = "greenpoints_behaviour"
COLUMNS = tuple(field.column for field in Behaviour._meta.fields if field.column and not field.primary_key)
_OF_ROWS = (
    "external_id", "fingerprint", "act", "material", "started_us", "ended_us", "quantity", "unit", "evidence",
    "evidence_ref", "place", "device", "measures", "asset_ref", "counterpart_ref",
)  # fmt: skip
_OF_ANSWERS = ("gross_mg", "net_mg", "posted_mg", "flat_coins")
_CHANGED = ("counted_quantity", "posted_mg", "flat_coins")


def save(batch: Batch, block: Block, decided: Decided) -> None:
    """Write the block's rows and what they changed, post their grams, and add them to the batch's sums."""
    bulk_rows.insert_columns(TABLE, _columns(batch, block, decided.answers))
    _save_bad(batch, block.rows, block)
    _save_changes(batch, decided)
    grams.post(_movements(block, decided))
    _add_up(batch, block, decided)


def _columns(batch: Batch, block: Block, answers: Amounts) -> dict[str, NDArray[Any]]:
    rows, size = block.rows, len(block.rows)
    columns = {name: getattr(rows, name) for name in _OF_ROWS} | {name: getattr(answers, name) for name in _OF_ANSWERS}
    columns |= {
        "batch_id": np.full(size, batch.pk),
        "row": rows.line,
        "partner": np.full(size, block.partner, object),
        "person_ref": block.person_ref,
        "business_on": np.full(size, block.business_on, object),
        "crosses_midnight": crosses_midnight(rows.started_us, rows.ended_us),
        "counted_quantity": answers.quantity,
        "status": answers.status,
        "reason": answers.reason_text,
        "revision": np.zeros(size, np.int64),
        **_bases(answers),
    }
    return {name: columns[name] for name in COLUMNS}


def _bases(answers: Amounts) -> dict[str, NDArray[Any]]:
    """Return what the grams of each answer rest on: its version as text, and its row among the bases kept."""
    if not len(answers.which):
        return {"factor": np.zeros(0, object), "basis_id": np.zeros(0, object)}
    keys = kept_bases.keep(basis for basis in answers.bases if basis)
    versions = np.array([basis.version if basis else "" for basis in answers.bases], object)
    numbers = np.array([keys[basis.digest] if basis else None for basis in answers.bases], object)
    return {"factor": versions[answers.which], "basis_id": numbers[answers.which]}


def _save_bad(batch: Batch, rows: Rows, block: Block) -> None:
    """Write the lines that could not be read, each with its reason."""
    empty = {field.column: field.get_default() for field in Behaviour._meta.concrete_fields}
    empty |= {"batch_id": batch.pk, "partner": block.partner, "business_on": block.business_on}
    found = []
    for line, external_id, reason in rows.bad:
        row = empty | {"row": line, "external_id": external_id, "reason": reason, "status": REASONS[reason].status}
        found.append(tuple(row[name] for name in COLUMNS))
    if found:
        bulk_rows.insert(TABLE, COLUMNS, found)


def _save_changes(batch: Batch, decided: Decided) -> None:
    before, now = decided.changed, decided.changes
    if not len(before):
        return
    key = before["id"].to_numpy(np.int64)
    revision = before["revision"].to_numpy(np.int64) + 1
    bulk_rows.update_columns(
        TABLE,
        key=key,
        columns={
            "status": now.status,
            "reason": now.reason_text,
            "counted_quantity": now.quantity,
            **{name: getattr(now, name) for name in _OF_ANSWERS},
            **_bases(now),
            "revision": revision,
        },
    )
    new = {"counted_quantity": now.quantity, "posted_mg": now.posted_mg, "flat_coins": now.flat_coins}
    bulk_rows.insert_columns(
        "greenpoints_correction",
        {
            "behaviour_id": key,
            "run_id": np.full(len(key), batch.pk),
            "revision": revision,
            "reason_before": before["reason"].to_numpy(object),
            "reason": now.reason_text,
            **{f"{name}_before": before[name].to_numpy(np.int64) for name in _CHANGED},
            **new,
        },
    )


def _movements(block: Block, decided: Decided) -> Movements:
    rows, before, now = block.rows, decided.changed, decided.changes
    chosen = np.flatnonzero(decided.answers.posted_mg)
    names = [act_reference(block.partner, name) for name in rows.external_id[chosen].tolist()]
    again = zip(before["partner"], before["external_id"], before["revision"], strict=True)
    names += [act_reference(partner, name, int(revision) + 1) for partner, name, revision in again]
    return Movements(
        references=np.array(names, object),
        act=np.concatenate([rows.act[chosen], before["act"].to_numpy(object)]),
        person_ref=np.concatenate([block.person_ref[chosen], before["person_ref"].to_numpy(object)]),
        mg=np.concatenate([decided.answers.posted_mg[chosen], now.posted_mg - before["posted_mg"].to_numpy(np.int64)]),
        ended_us=np.concatenate([rows.ended_us[chosen], before["ended_us"].to_numpy(np.int64)]),
    )


def _add_up(batch: Batch, block: Block, decided: Decided) -> None:
    """Keep the sums of the batch, and of those whose events were decided again."""
    answers, before, now = decided.answers, decided.changed, decided.changes
    Batch.objects.filter(pk=batch.pk).update(
        rows=F("rows") + len(block.rows) + len(block.rows.bad),
        accepted=F("accepted") + int(np.isin(answers.status, ACCEPTED).sum()),
        posted_mg=F("posted_mg") + int(answers.posted_mg.sum()),
    )
    if not len(before):
        return
    was_accepted = np.array([REASONS[code].status in ACCEPTED for code in before["reason"]], np.int64)
    changes = pd.DataFrame(
        {
            "batch": before["batch_id"].to_numpy(np.int64),
            "accepted": np.isin(now.status, ACCEPTED).astype(np.int64) - was_accepted,
            "mg": now.posted_mg - before["posted_mg"].to_numpy(np.int64),
        }
    )
    for pk, accepted, mg in changes.groupby("batch").sum().itertuples():
        Batch.objects.filter(pk=pk).update(accepted=F("accepted") + int(accepted), posted_mg=F("posted_mg") + int(mg))
