"""The events of a frozen batch: those that qualify are taken once and for all, the others are counted by reason."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from django.db import connection
from django.utils.translation import gettext_lazy as _

from greenpoints import bulk_rows
from greenpoints.certification import collisions
from greenpoints.certification.collisions import ETS_BOUNDARY, RULES, Event
from greenpoints.models import Basis, PoolBatch, PooledEvent
from greenpoints.quantification import bases
from greenpoints.quantification.acts import ACTS
from greenpoints.quantification.parameters import UNCONFIRMED
from greenpoints.queries import risk as risk_queries
from greenpoints.reasons import ACCEPTED
from greenpoints.registry import claims
from greenpoints.registry.claims import Papers, Wanted
from identity import queries as identity_queries

BLOCK_ROWS = 20_000
TRADED_CLASSES = frozenset({"A", "B"})
REASONS = {
    "evidence_class": _("凭证等级不是 A 或 B"),
    "unconfirmed_figure": _("计算参数尚未确认"),
    "no_asset": _("未指明表计、车辆或设备"),
    "not_attested": _("缺少权属证明"),
    "inside_ets": _("位于碳市场履约边界内"),
    "claimed": _("已被主张"),
    "risk": _("风险复核未结"),
    "pooled": _("已进入其他批次"),
}
_FIELDS = (
    "id", "person_ref", "act", "partner", "external_id", "asset_ref", "started_us", "ended_us", "business_on",
    "evidence", "basis_id", "factor",
)  # fmt: skip
_ENTRUSTED = """
    SELECT {fields} FROM greenpoints_behaviour AS b
    JOIN greenpoints_entrustment AS e ON e.person_ref = b.person_ref AND e.method_id = %s AND e.vintage = %s
        AND e.entrusted_at <= %s AND (e.revoked_at IS NULL OR e.revoked_at > %s)
    WHERE b.id > %s AND b.business_on >= %s AND b.business_on < %s AND b.posted_mg > 0
        AND b.act IN ({acts}) AND b.status IN ({accepted})
        AND NOT EXISTS (SELECT 1 FROM greenpoints_reversal AS reversal WHERE reversal.behaviour_id = b.id)
    ORDER BY b.id LIMIT %s
"""
_CONTRIBUTIONS = """
    INSERT INTO greenpoints_contribution (batch_id, person_ref, events, eligible_mg, pooled_mg, issued_mg)
    SELECT pooled.batch_id, behaviour.person_ref, count(*), sum(behaviour.posted_mg), NULL, 0
    FROM greenpoints_pooledevent AS pooled JOIN greenpoints_behaviour AS behaviour ON behaviour.id = pooled.behaviour_id
    WHERE pooled.batch_id = %s GROUP BY pooled.batch_id, behaviour.person_ref
"""
Row = tuple


def gather(batch: PoolBatch) -> Counter[str]:
    """Take every event that qualifies and write the contributions, in the caller's transaction; count the others.

    Memory is bounded by the block. The contributions are one statement, whatever the size of the batch.
    """
    left_out: Counter[str] = Counter()
    papers = Papers(valid_from=date(batch.vintage, 1, 1), valid_to=date(batch.vintage + 1, 1, 1))
    for block in _blocks(batch):
        kept = []
        for row in block:
            reason = _reason(row, papers)
            if reason:
                left_out[reason] += 1
            else:
                kept.append(row)
        _take(batch, kept, left_out)
    with connection.cursor() as cursor:
        cursor.execute(_CONTRIBUTIONS, [batch.pk])
    return left_out


def _blocks(batch: PoolBatch) -> Iterator[list[Row]]:
    """Yield the entrusted events of the county's residents that carry grams, block by block."""
    acts = sorted(batch.method.method_acts.values_list("act", flat=True))
    query = _ENTRUSTED.format(
        fields=", ".join(f"b.{name}" for name in _FIELDS),
        acts=", ".join(["%s"] * len(acts)),
        accepted=", ".join(["%s"] * len(ACCEPTED)),
    )
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                query,
                [
                    batch.method_id, batch.vintage, batch.frozen_at, batch.frozen_at, after,
                    date(batch.vintage, 1, 1), date(batch.vintage + 1, 1, 1), *acts, *ACCEPTED, BLOCK_ROWS,
                ],
            )  # fmt: skip
            rows = cursor.fetchall()
        if not rows:
            return
        after = rows[-1][0]
        residents = identity_queries.residents_within(batch.county, sorted({row[1] for row in rows}))
        yield [row for row in rows if row[1] in residents]


def _reason(row: Row, papers: Papers) -> str:
    """Return why an event cannot become units whatever others claim; empty where it can."""
    _id, _person, act, partner, _external_id, asset_ref, _from, _to, business_on, evidence, basis_id, factor = row
    on = business_on if isinstance(business_on, date) else date.fromisoformat(business_on)
    rule = RULES[act]
    if ACTS[act].evidence.get(evidence) not in TRADED_CLASSES:
        return "evidence_class"
    if not (figures_confirmed(basis_id) if basis_id else _version_confirmed(factor)):
        return "unconfirmed_figure"
    if rule.of_asset and not asset_ref:
        return "no_asset"
    if asset_ref and papers.hold(ETS_BOUNDARY, asset_ref, on=on):
        return "inside_ets"
    attested = all(papers.hold(kind, asset_ref, on=on) for kind in rule.needs)
    if not attested or not all(papers.hold(kind, partner, on=on) for kind in rule.needs_of_partner):
        return "not_attested"
    return ""


@lru_cache(maxsize=4096)
def figures_confirmed(basis_id: int) -> bool:
    """Return whether no figure behind a calculation is tagged U; a basis never changes, so the answer is kept.

    The evidence discount does not count: it is a choice that only ever lowers the grams.
    """
    basis = bases.read(Basis.objects.get(pk=basis_id).content)
    return all(figure.tag != UNCONFIRMED for figure in basis.figures.values())


def _version_confirmed(factor: str) -> bool:
    """Return the same of a row that has no basis, from the version of its factor: ``... source TAG x class ...``."""
    return bool(factor) and factor.partition(" x ")[0].split()[-1] != UNCONFIRMED


def _take(batch: PoolBatch, rows: list[Row], left_out: Counter[str]) -> None:
    known = risk_queries.under_review({row[1] for row in rows}, partners={row[3] for row in rows})
    taken = set(PooledEvent.objects.filter(behaviour__in=[row[0] for row in rows]).values_list("pk", flat=True))
    free = []
    for row in rows:
        if row[0] in taken:
            left_out["pooled"] += 1
        elif row[1] in known.people or row[3] in known.partners:
            left_out["risk"] += 1
        else:
            free.append(row)
    salt = claims.salt()
    wanted = [
        Wanted(kind, key, period, cause=f"act/{row[3]}/{row[4]}")
        for row in free
        for kind, key, period in collisions.claims(_event(row), salt=salt)
    ]
    lost = claims.make_many(wanted, batch_id=batch.pk, at=batch.frozen_at)
    left_out.update({"claimed": sum(f"act/{row[3]}/{row[4]}" in lost for row in free)} if lost else {})
    bulk_rows.insert(
        "greenpoints_pooledevent",
        ("behaviour_id", "batch_id", "sampled", "verdict", "verdict_by", "verdict_note"),
        [(row[0], batch.pk, False, "", "", "") for row in free if f"act/{row[3]}/{row[4]}" not in lost],
    )


def _event(row: Row) -> Event:
    return Event(
        act=row[2],
        partner=row[3],
        external_id=row[4],
        asset_ref=row[5],
        started_us=row[6],
        ended_us=row[7],
        business_on=str(row[8]),
    )
