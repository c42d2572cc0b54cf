"""What must hold between the rows of 绿宝 and the book; asked by ``manage.py verify``."""

import hashlib
from collections.abc import Iterator

from django.db import connection

from core.invariants import Broken, Checked, invariant
from greenpoints.models import PoolBatch, PoolStatus
from greenpoints.quantification.acts import RIDE_PRIORITY

# One pass each way over both tables, the book only read: a query per event would take hours.
_COUNT = "SELECT count(*) FROM greenpoints_behaviour WHERE posted_mg > 0 OR revision > 0"
# What should be in the book: the first answer of each event, and the difference that each change of it made.
_DUE = """
    SELECT event.id AS id, 'act/' || event.partner || '/' || event.external_id AS reference, event.act AS act,
           event.person_ref AS person_ref, coalesce(first.posted_mg_before, event.posted_mg) AS mg
    FROM greenpoints_behaviour AS event
    LEFT JOIN greenpoints_correction AS first ON first.behaviour_id = event.id AND first.revision = 1
    WHERE event.posted_mg > 0 OR event.revision > 0
    UNION ALL
    SELECT event.id, 'act/' || event.partner || '/' || event.external_id || '/' || change.revision, event.act,
           event.person_ref, change.posted_mg - change.posted_mg_before
    FROM greenpoints_correction AS change JOIN greenpoints_behaviour AS event ON event.id = change.behaviour_id
"""
_WITHOUT_POSTING = f"""
    SELECT due.id, due.reference, due.mg FROM ({_DUE}) AS due
    LEFT JOIN bookkeeping_leg AS leg ON leg.reference = due.reference AND leg.leg = 0 AND leg.quantity = abs(due.mg)
        AND (due.mg > 0
             AND leg.source_id = (SELECT id FROM bookkeeping_account WHERE code = 'co2e:act/' || due.act)
             AND leg.target_id = (SELECT id FROM bookkeeping_account WHERE code = 'co2e:resident/' || due.person_ref)
             OR due.mg < 0
             AND leg.target_id = (SELECT id FROM bookkeeping_account WHERE code = 'co2e:act/' || due.act)
             AND leg.source_id IN (SELECT id FROM bookkeeping_account
                                   WHERE code IN ('co2e:resident/' || due.person_ref, 'co2e:clawback')))
    WHERE due.mg <> 0 AND leg.id IS NULL
    ORDER BY due.id LIMIT 100
"""  # noqa: S608
# EXCEPT sorts each side once; a join on the composed name would compare every pair.
_WITHOUT_EVENT = f"""
    SELECT reference FROM bookkeeping_leg WHERE substr(reference, 1, 4) = 'act/'
    EXCEPT SELECT reference FROM ({_DUE}) AS due WHERE mg <> 0
    ORDER BY 1 LIMIT 100
"""  # noqa: S608
_BROKEN_CHAIN = """
    SELECT event.id, event.revision, event.posted_mg, count(change.id), max(change.revision),
           sum(change.posted_mg - change.posted_mg_before),
           max(CASE WHEN change.revision = 1 THEN change.posted_mg_before END)
    FROM greenpoints_behaviour AS event LEFT JOIN greenpoints_correction AS change ON change.behaviour_id = event.id
    WHERE event.revision > 0 GROUP BY event.id, event.revision, event.posted_mg
    HAVING count(change.id) <> event.revision OR max(change.revision) <> event.revision
        OR sum(change.posted_mg - change.posted_mg_before)
           + max(CASE WHEN change.revision = 1 THEN change.posted_mg_before END) <> event.posted_mg
    ORDER BY event.id LIMIT 100
"""
# The latest end so far of a resident's rides, beside the next ride in time.
_OVERLAPPING_RIDES = """
    SELECT person_ref, external_id FROM (
        SELECT person_ref, external_id, started_us,
               max(ended_us) OVER (PARTITION BY person_ref ORDER BY started_us, id
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_us
        FROM greenpoints_behaviour
        WHERE counted_quantity > 0 AND act IN (%s)
    ) AS ride WHERE started_us <= before_us ORDER BY person_ref LIMIT 100
"""


@invariant(
    code="I5",
    zh="每个被接受的合作方事件恰有一笔记账，每次更正再有一笔，每笔行为记账恰有一个事件",
    en="Every accepted partner event has exactly one posting, each change one more, and every act posting one event",
)
def one_posting_for_each_accepted_event() -> Iterator[Broken | Checked]:
    """Yield each accepted event without its posting, and each act posting without its event."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        yield Checked(cursor.fetchone()[0])
        cursor.execute(_WITHOUT_POSTING)
        for pk, reference, mg in cursor.fetchall():
            yield Broken(f"behaviour {pk}", f"there is no posting {reference} of {mg} mg")
        cursor.execute(_WITHOUT_EVENT)
        for (reference,) in cursor.fetchall():
            yield Broken(reference, "the posting names no accepted event")
        cursor.execute(_BROKEN_CHAIN)
        for pk, revision, posted_mg, *_told in cursor.fetchall():
            yield Broken(f"behaviour {pk}", f"its {revision} changes do not lead to {posted_mg} mg")


@invariant(
    code="I7b",
    zh="同一居民计入的出行在时间上互不重叠",
    en="No two rides that count overlap for one resident",
)
def rides_do_not_overlap() -> Iterator[Broken | Checked]:
    """Yield each ride that counts although another one of the resident had not ended."""
    acts = ", ".join(f"'{act}'" for act in RIDE_PRIORITY)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM greenpoints_behaviour WHERE counted_quantity > 0 AND act IN ({acts})")  # noqa: S608
        yield Checked(cursor.fetchone()[0])
        cursor.execute(_OVERLAPPING_RIDES % acts)
        for person_ref, external_id in cursor.fetchall():
            yield Broken(f"resident {person_ref}", f"ride {external_id} overlaps another one that counts")


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


# Of the register of units. A leaf is a block that was not split, merged or handed over.
_LEAVES = "status NOT IN ('split', 'merged', 'transferred')"
_SHARED_NUMBERS = f"""
    SELECT id, start FROM (
        SELECT id, start, max("end") OVER (PARTITION BY series_id ORDER BY start, id
                                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM greenpoints_unitblock WHERE {_LEAVES}) AS leaf
    WHERE before >= start LIMIT 100
"""  # noqa: S608
_LOST_NUMBERS = f"""
    SELECT series.id, series.last_number, coalesce(sum(block.quantity_kg), 0)
    FROM greenpoints_unitseries AS series
    LEFT JOIN greenpoints_unitblock AS block ON block.series_id = series.id AND block.{_LEAVES}
    GROUP BY series.id, series.last_number HAVING series.last_number <> coalesce(sum(block.quantity_kg), 0)
"""  # noqa: S608
_CHILDREN_DIFFER = """
    SELECT parent.id, parent.quantity_kg, coalesce(sum(child.quantity_kg), 0) FROM greenpoints_unitblock AS parent
    LEFT JOIN greenpoints_unitblock AS child ON child.parent_id = parent.id
    WHERE parent.status IN ('split', 'transferred') GROUP BY parent.id, parent.quantity_kg
    HAVING parent.quantity_kg <> coalesce(sum(child.quantity_kg), 0)
    UNION ALL
    SELECT whole.id, whole.quantity_kg, sum(part.quantity_kg) FROM greenpoints_unitblock AS whole
    JOIN greenpoints_unitblock AS part ON part.merged_into_id = whole.id
    GROUP BY whole.id, whole.quantity_kg HAVING whole.quantity_kg <> sum(part.quantity_kg)
"""
_HOLDINGS = f"""
    SELECT CASE block.status WHEN 'buffer' THEN 'unit:buffer/' WHEN 'retired' THEN 'unit:retired/'
               WHEN 'cancelled' THEN 'unit:cancelled/' WHEN 'expired' THEN 'unit:expired/'
               WHEN 'exported' THEN 'unit:exported/' ELSE 'unit:held/' || block.holder || '/' END
           || method.code || '-' || series.vintage AS code, sum(block.quantity_kg) AS kg
    FROM greenpoints_unitblock AS block JOIN greenpoints_unitseries AS series ON series.id = block.series_id
    JOIN greenpoints_method AS method ON method.id = series.method_id WHERE block.{_LEAVES} GROUP BY 1
"""  # noqa: S608
_HOLDINGS_DIFFER = f"""
    SELECT account.code, account.balance, coalesce(held.kg, 0) FROM bookkeeping_account AS account
    LEFT JOIN ({_HOLDINGS}) AS held ON held.code = account.code
    WHERE account.code LIKE 'unit:%' AND account.code NOT LIKE 'unit:minted/%'
        AND account.balance <> coalesce(held.kg, 0)
    UNION ALL
    SELECT held.code, 0, held.kg FROM ({_HOLDINGS}) AS held
    WHERE NOT EXISTS (SELECT 1 FROM bookkeeping_account AS account WHERE account.code = held.code)
"""  # noqa: S608
_ISSUED_DIFFERS = """
    SELECT batch.code, batch.units_kg, batch.entrusted_mg, coalesce(part.pooled, 0), coalesce(part.issued, 0)
    FROM greenpoints_poolbatch AS batch
    LEFT JOIN (SELECT batch_id, sum(pooled_mg) AS pooled, sum(issued_mg) AS issued FROM greenpoints_contribution
               GROUP BY batch_id) AS part ON part.batch_id = batch.id
    WHERE batch.status = 'issued' AND (coalesce(part.pooled, 0) <> batch.entrusted_mg
        OR coalesce(part.issued, 0) <> batch.units_kg * 1000000)
"""
_UNCLAIMED = """
    SELECT 'act/' || behaviour.partner || '/' || behaviour.external_id FROM greenpoints_pooledevent AS pooled
    JOIN greenpoints_behaviour AS behaviour ON behaviour.id = pooled.behaviour_id
    EXCEPT SELECT cause FROM greenpoints_claim WHERE batch_id IS NOT NULL
    ORDER BY 1 LIMIT 100
"""


@invariant(
    code="R1",
    zh="核证单位编号互不重叠、没有遗失，拆分合并前后数量一致",
    en="Serial numbers are disjoint and none is lost; what a block was split into or merged from adds up to it",
)
def serial_numbers_are_disjoint_and_complete() -> Iterator[Broken | Checked]:
    """Check I9 of the registry over every block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM greenpoints_unitblock")
        yield Checked(cursor.fetchone()[0])
        cursor.execute(_SHARED_NUMBERS)
        for pk, number in cursor.fetchall():
            yield Broken(f"block {pk}", f"number {number} is in another block too")
        cursor.execute(_LOST_NUMBERS)
        for pk, given, found in cursor.fetchall():
            yield Broken(f"series {pk}", f"{given} numbers were given out, the blocks hold {found}")
        cursor.execute(_CHILDREN_DIFFER)
        for pk, own, parts in cursor.fetchall():
            yield Broken(f"block {pk}", f"it has {own} units, its parts {parts}")


@invariant(
    code="R2",
    zh="签发的单位不超过扣减后的委托减排量，且逐人加总一致",
    en="No batch issued more than its grams after deduction, and the residents' shares add up to it",
)
def no_batch_issued_more_than_its_grams() -> Iterator[Broken | Checked]:
    """Check I10 of the registry: batch against contributions, exactly, and the proof file against its digest."""
    for batch in PoolBatch.objects.filter(status=PoolStatus.ISSUED).order_by("pk").iterator(chunk_size=200):
        yield Checked(1)
        most = (batch.entrusted_mg - batch.refuted_mg) * (10_000 - batch.deduction_bp) // 10_000 // 1_000_000
        if batch.units_kg > most:
            yield Broken(batch.code, f"{batch.units_kg} kg were issued, {most} at most could be")
        if hashlib.sha256(batch.proof.encode()).hexdigest() != batch.proof_digest:
            yield Broken(batch.code, "the proof file is not the one that its blocks descend from")
    with connection.cursor() as cursor:
        cursor.execute(_ISSUED_DIFFERS)
        for code, units_kg, entrusted, pooled, issued in cursor.fetchall():
            yield Broken(
                code, f"{entrusted} mg and {units_kg} kg, but the residents' parts are {pooled} and {issued} mg"
            )


@invariant(
    code="R3",
    zh="登记簿中各持有人的单位与账簿余额一致",
    en="What the register says that a holder has is what the book says",
)
def the_register_and_the_book_agree() -> Iterator[Broken | Checked]:
    """Check every account of units against the blocks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bookkeeping_account WHERE code LIKE 'unit:%'")
        yield Checked(cursor.fetchone()[0])
        cursor.execute(_HOLDINGS_DIFFER)
        for code, in_book, in_register in cursor.fetchall():
            yield Broken(code, f"the book says {in_book} kg, the register {in_register}")


@invariant(
    code="R4",
    zh="进入批次的每条记录都有本平台的唯一权属主张",
    en="Every event in a batch has its claim, which nobody else can make",
)
def every_pooled_event_is_claimed() -> Iterator[Broken | Checked]:
    """Check that no event became units without its claims."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM greenpoints_claim")
        yield Checked(cursor.fetchone()[0])
        cursor.execute(_UNCLAIMED)
        for (cause,) in cursor.fetchall():
            yield Broken(cause, "the event is in a batch and claims nothing")


OF_REGISTRY = (
    serial_numbers_are_disjoint_and_complete,
    no_batch_issued_more_than_its_grams,
    the_register_and_the_book_agree,
    every_pooled_event_is_claimed,
)


_STOCK = """
    SELECT offer.code, offer.reserved, offer.used,
           coalesce(sum(CASE WHEN r.status = 'held' THEN 1 ELSE 0 END), 0),
           coalesce(sum(CASE WHEN r.status = 'confirmed' THEN 1 ELSE 0 END), 0)
    FROM greenpoints_offer AS offer LEFT JOIN greenpoints_redemption AS r ON r.offer_id = offer.id
    GROUP BY offer.id, offer.code, offer.reserved, offer.used
    HAVING offer.reserved <> coalesce(sum(CASE WHEN r.status = 'held' THEN 1 ELSE 0 END), 0)
        OR offer.used <> coalesce(sum(CASE WHEN r.status = 'confirmed' THEN 1 ELSE 0 END), 0)
    ORDER BY offer.code LIMIT 100
"""
_MERCHANT_SUMS = """
    SELECT merchant, sum(coins), sum(fen) FROM (
        SELECT merchant, confirmed_coins - refunded_coins AS coins, confirmed_fen - refunded_fen AS fen
        FROM greenpoints_redemption
        UNION ALL SELECT merchant, 0, -paid_fen FROM greenpoints_merchantstatement
    ) AS line GROUP BY merchant ORDER BY merchant
"""
_MERCHANT_ACCOUNTS = """
    SELECT code, balance FROM bookkeeping_account
    WHERE code LIKE 'coin:merchant/%' OR code LIKE 'coin:settled/%' OR code LIKE 'fen:payable/%'
        OR code LIKE 'fen:clawback/%'
"""


@invariant(
    code="I11",
    zh="兑换品的占用与已用数等于其券数，且不超过库存",
    en="What is set aside and used of an offer is the number of its vouchers, within its stock",
)
def stock_is_what_vouchers_say() -> Iterator[Broken | Checked]:
    """Yield each offer whose stock does not tell what its redemptions do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM greenpoints_offer")
        yield Checked(cursor.fetchone()[0])
        cursor.execute(_STOCK)
        for code, reserved, used, held, confirmed in cursor.fetchall():
            yield Broken(f"offer {code}", f"{reserved} set aside and {used} used, by its orders {held} and {confirmed}")


@invariant(
    code="I4d",
    zh="商户账上的碳币与应付款等于其已确认减退款减已付",
    en="What lies with a merchant is what was confirmed, less refunds, less what was paid",
)
def merchants_hold_what_was_confirmed() -> Iterator[Broken | Checked]:
    """Yield each merchant whose accounts differ from its orders, refunds and paid statements."""
    with connection.cursor() as cursor:
        cursor.execute(_MERCHANT_ACCOUNTS)
        held: dict[tuple[str, str], int] = {}
        for code, balance in cursor.fetchall():
            asset, _colon, path = code.partition(":")
            key = (path.partition("/")[2], asset)
            held[key] = held.get(key, 0) + balance
        cursor.execute(_MERCHANT_SUMS)
        told = {(row[0], asset): int(row[n]) for row in cursor.fetchall() for n, asset in ((1, "coin"), (2, "fen"))}
        yield Checked(len(told))
        for merchant, asset in sorted(held.keys() | told.keys()):
            book, orders = held.get((merchant, asset), 0), told.get((merchant, asset), 0)
            if book != orders:
                yield Broken(f"{asset} of {merchant}", f"{book} in the book, {orders} by its orders")
