"""What must hold between the rows of 绿宝 and the book; asked by ``manage.py verify``."""

from collections.abc import Iterator

from django.db import connection

from core.invariants import Broken, Checked, invariant

# One pass each way over both tables, the book only read: a query per event would take hours.
_COUNT = "SELECT count(*) FROM greenpoints_behaviour WHERE posted_mg > 0"
_WITHOUT_POSTING = """
    SELECT b.id, b.partner, b.external_id, b.posted_mg
    FROM greenpoints_behaviour AS b
    JOIN greenpoints_batch AS batch ON batch.id = b.batch_id
    LEFT JOIN bookkeeping_leg AS leg
        ON leg.reference = 'act/' || b.partner || '/' || b.external_id AND leg.leg = 0 AND leg.quantity = b.posted_mg
        AND leg.source_id = (SELECT id FROM bookkeeping_account WHERE code = 'co2e:act/' || b.act)
        AND leg.target_id = (SELECT id FROM bookkeeping_account WHERE code = 'co2e:resident/' || b.person_ref)
    WHERE b.posted_mg > 0 AND batch.status = 'credited' AND leg.id IS NULL
    ORDER BY b.id LIMIT 100
"""
# EXCEPT sorts each side once; a join on the composed name would compare every pair.
_WITHOUT_EVENT = """
    SELECT reference FROM bookkeeping_leg WHERE substr(reference, 1, 4) = 'act/'
    EXCEPT SELECT 'act/' || partner || '/' || external_id FROM greenpoints_behaviour WHERE posted_mg > 0
    ORDER BY 1 LIMIT 100
"""


@invariant(
    code="I5",
    zh="每个被接受的合作方事件恰有一笔记账，每笔行为记账恰有一个事件",
    en="Every accepted partner event has exactly one posting, and every act posting one event",
)
def one_posting_for_each_accepted_event() -> Iterator[Broken | Checked]:
    """Yield each accepted event without its posting, and each act posting without its event."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        yield Checked(cursor.fetchone()[0])
        cursor.execute(_WITHOUT_POSTING)
        for pk, partner, external_id, posted_mg in cursor.fetchall():
            yield Broken(f"behaviour {pk}", f"{partner}/{external_id} has no posting of {posted_mg} mg")
        cursor.execute(_WITHOUT_EVENT)
        for (reference,) in cursor.fetchall():
            yield Broken(reference, "the posting names no accepted event")
