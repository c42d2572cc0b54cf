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


# The lots say which coins expire when; the book says how many there are.
_LOTS_AGAINST_BOOK = """
    SELECT account.code, account.balance, account.held_out, coalesce(lot.coins, 0), coalesce(lot.held, 0)
    FROM bookkeeping_account AS account
    LEFT JOIN (SELECT 'coin:' || holder AS code, sum(coins) AS coins, sum(held_coins) AS held
               FROM greenpoints_lot GROUP BY holder) AS lot ON lot.code = account.code
    WHERE (account.code LIKE 'coin:resident/%' OR account.code LIKE 'coin:family/%'
           OR account.code LIKE 'coin:unit/%')
        AND (account.balance <> coalesce(lot.coins, 0) OR account.held_out <> coalesce(lot.held, 0))
    ORDER BY account.code LIMIT 100
"""
_LOTS_WITHOUT_ACCOUNT = """
    SELECT holder FROM greenpoints_lot
    WHERE coins > 0 AND NOT EXISTS (SELECT 1 FROM bookkeeping_account WHERE code = 'coin:' || holder)
    ORDER BY holder LIMIT 100
"""
_HELD_WITHOUT_USE = """
    SELECT lot.id, lot.holder, lot.held_coins, coalesce(sum(used.coins), 0) FROM greenpoints_lot AS lot
    LEFT JOIN greenpoints_lotuse AS used ON used.lot_id = lot.id AND used.spent_coins IS NULL
    GROUP BY lot.id, lot.holder, lot.held_coins HAVING lot.held_coins <> coalesce(sum(used.coins), 0)
    ORDER BY lot.id LIMIT 100
"""
_RESERVED = """
    SELECT account.code, account.balance, coalesce(lot.fen, 0) FROM bookkeeping_account AS account
    LEFT JOIN (SELECT 'fen:reserved/' || sponsor AS code, sum(coins * unit_cost_fen) AS fen
               FROM greenpoints_lot GROUP BY sponsor) AS lot ON lot.code = account.code
    WHERE account.code LIKE 'fen:reserved/%' AND account.balance <> coalesce(lot.fen, 0)
    ORDER BY account.code LIMIT 100
"""


@invariant(
    code="I4b",
    zh="每位持有人的碳币批次之和等于账上余额，冻结部分亦然",
    en="Each holder's lots add up to the balance in the book, and what is set aside likewise",
)
def lots_are_what_the_book_holds() -> Iterator[Broken | Checked]:
    """Yield each holder whose lots and account differ, and each lot whose set-aside coins nothing accounts for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM greenpoints_lot")
        yield Checked(cursor.fetchone()[0])
        cursor.execute(_LOTS_AGAINST_BOOK)
        for code, balance, held_out, coins, held in cursor.fetchall():
            yield Broken(code, f"the book holds {balance} ({held_out} set aside), the lots {coins} ({held})")
        cursor.execute(_LOTS_WITHOUT_ACCOUNT)
        for (holder,) in cursor.fetchall():
            yield Broken(f"lots of {holder}", "there is no such account")
        cursor.execute(_HELD_WITHOUT_USE)
        for pk, holder, held, used in cursor.fetchall():
            yield Broken(f"lot {pk} of {holder}", f"{held} coins are set aside, {used} of them for something")


@invariant(
    code="I4c",
    zh="每个资助方预留的资金等于其未用碳币的成本",
    en="What each sponsor has set aside is the cost of its coins that are out",
)
def reserves_are_the_cost_of_coins() -> Iterator[Broken | Checked]:
    """Yield each sponsor whose reserve is not the cost of its coins in lots."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bookkeeping_account WHERE code LIKE 'fen:reserved/%'")
        yield Checked(cursor.fetchone()[0])
        cursor.execute(_RESERVED)
        for code, balance, fen in cursor.fetchall():
            yield Broken(code, f"{balance} fen are set aside, the coins cost {fen}")
