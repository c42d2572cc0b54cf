"""The proof file of a batch: all figures behind its units, and a tree over the residents' contributions.

Anybody can work the units out again from it; a resident can show their contribution with a path of hashes; nobody can
read from it who contributed.
"""

import hashlib
import json
from typing import Any

from django.utils.translation import gettext_lazy as _

from bookkeeping import merkle
from core.errors import RuleViolation
from greenpoints.certification.rules import Rules
from greenpoints.models import PoolBatch, PoolStatus, Verdict

FORMAT = "fuzhou-unit-batch/1"
FORMULA = (
    "units_kg = floor((entrusted_mg - refuted_mg) * (1 - deduction) / 1000000); buffer_kg = ceil(units_kg * buffer)"
)


class ContributionMissing(RuleViolation):
    """The resident has no part in the batch, or it is not issued."""

    code = "contribution_missing"
    message = _("该居民在此批次中没有已签发的减排量。")
    status = 404


def of_batch(batch: PoolBatch, *, rules: Rules, first_number: int) -> str:
    """Return the proof file of a batch that is being issued, as canonical JSON."""
    leaves = [leaf for _ref, leaf in _leaves(batch)]
    sample = batch.pooled_events.filter(sampled=True)
    told: dict[str, Any] = {
        "format": FORMAT,
        "batch": batch.code,
        "method": {
            "code": batch.method.code,
            "document": batch.method.document_ref,
            "document_sha256": batch.method.document_digest,
            "notice": [str(batch.method.notice_from), str(batch.method.notice_until)],
        },
        "vintage": batch.vintage,
        "county": batch.county,
        "frozen_at": batch.frozen_at.isoformat(),
        "events": batch.events,
        "events_sha256": _events_digest(batch),
        "left_out": batch.left_out,
        "residents": batch.residents,
        "contributions_root": merkle.root(merkle.nodes_of(leaves), len(leaves)).hex(),
        "contributions": len(leaves),
        "entrusted_mg": batch.entrusted_mg,
        "refuted_mg": batch.refuted_mg,
        "sample": {
            "seed": batch.sample_seed,
            "events": sample.count(),
            "refuted": sample.filter(verdict=Verdict.REFUTED).count(),
        },
        "deduction": str(rules.deduction),
        "buffer": str(rules.buffer),
        "unconfirmed_figures": list(rules.unconfirmed),
        "formula": FORMULA,
        "units_kg": batch.units_kg,
        "buffer_kg": batch.buffer_kg,
        "first_number": first_number,
        "posting": f"units/issue/{batch.code}",
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(proof: str) -> str:
    """Return the hex SHA-256 of a proof file, from which the hashes of its blocks descend."""
    return hashlib.sha256(proof.encode()).hexdigest()


def of_contribution(batch: PoolBatch, person: str) -> dict[str, Any]:
    """Return what shows that a resident's grams are in the batch: the leaf's text, its place, its path, the root."""
    leaves = _leaves(batch) if batch.status == PoolStatus.ISSUED else []
    places = {ref: place for place, (ref, _leaf) in enumerate(leaves)}
    if person not in places:
        raise ContributionMissing(batch=batch.code)
    part = batch.contributions.get(person_ref=person)
    tree = merkle.nodes_of([leaf for _ref, leaf in leaves])
    path = merkle.inclusion_path(tree, index=places[person], size=len(leaves))
    return {
        "format": FORMAT,
        "batch": batch.code,
        "leaf": _text(batch.code, person, int(part.pooled_mg or 0)),
        "index": places[person],
        "size": len(leaves),
        "path": [step.hex() for step in path],
        "root": merkle.root(tree, len(leaves)).hex(),
    }


def _leaves(batch: PoolBatch) -> list[tuple[str, bytes]]:
    parts = batch.contributions.filter(pooled_mg__gt=0).order_by("person_ref").values_list("person_ref", "pooled_mg")
    return [(ref, merkle.leaf_hash(_text(batch.code, ref, int(mg or 0)).encode())) for ref, mg in parts.iterator()]


def _text(code: str, person: str, pooled_mg: int) -> str:
    return f"{code}\n{person}\n{pooled_mg}\n"


def _events_digest(batch: PoolBatch) -> str:
    """Return the hex SHA-256 over the events of the batch, a line each: partner, its number, milligrams."""
    hashed = hashlib.sha256()
    rows = batch.pooled_events.order_by("pk").values_list(
        "behaviour__partner", "behaviour__external_id", "behaviour__posted_mg"
    )
    for partner, external_id, mg in rows.iterator(chunk_size=20_000):
        hashed.update(f"{partner}\t{external_id}\t{mg}\n".encode())
    return hashed.hexdigest()
