"""From entrusted grams to retired units: filing, entrustment, freeze, audit, issue, orders."""

import json

import pytest
from behaviour_lines import AT, ride
from django.db import IntegrityError, connection, transaction
from registry_story import (
    ENTRUSTED,
    FILED,
    FROZEN,
    ISSUED,
    NOTICE_OVER,
    audited,
    entrust,
    filed,
    frozen,
    issued,
    on_file,
    warranted,
)  # fmt: skip

from bookkeeping import queries as book
from core import invariants
from greenpoints.models import (
    BlockStatus,
    Claim,
    Contribution,
    Entrustment,
    PoolBatch,
    PooledEvent,
    UnitBlock,
    UnitOrder,
)
from greenpoints.registry import blocks, entrustments, methods, pools, proofs, sales, units
from identity import organisations, real_names


def verified(person, n):
    real_names.confirm(person, token=f"card-{n}", age_group="adult", at=AT)


def all_hold():
    """Return what does not hold; that a job waits (I16) is the fixture's doing, which credits by hand."""
    return {v.invariant.code: v.broken for v in invariants.verify() if not v.holds and v.invariant.code != "I16"}


@pytest.fixture
def town(scene):
    """Return the residents; the method is on file, the partner gave its warranty, everybody's name is confirmed."""
    on_file()
    warranted()
    for n, person in enumerate(scene):
        verified(person, n)
    return scene


@pytest.fixture
def rich(town, deliver):
    """Return the residents after a ride of 10 km by each of them: 400 g each, 4 kg in all."""
    hour = {"ended_at": "2026-11-20T09:00:00+08:00"}
    deliver([ride(f"e{n}", 8, who=f"tok-{n}", metres=10_000, **hour) for n in range(10)])
    for person in town:
        entrust(person)
    return town


# Filing


def test_a_method_goes_from_filing_to_approval(db):
    filed()
    assert methods.review("TRANSIT", review_ref="R1", by="maker", at=FILED).status == "reviewed"
    told = methods.publish_notice("TRANSIT", by="maker", at=FILED)
    assert (told.notice_from.isoformat(), told.notice_until.isoformat()) == ("2026-11-02", "2026-11-12")
    with pytest.raises(methods.NoticeStillRunning) as early:
        methods.approve("TRANSIT", by="checker", at=FROZEN.replace(year=2026, month=11, day=11))
    assert early.value.detail["until"] == "2026-11-12"
    with pytest.raises(methods.SecondPersonNeeded):
        methods.approve("TRANSIT", by="maker", at=NOTICE_OVER)
    assert methods.approve("TRANSIT", by="checker", at=NOTICE_OVER).status == "approved"
    with pytest.raises(methods.MethodStepNotReachable):
        methods.review("TRANSIT", review_ref="R2", by="maker", at=FILED)


def test_an_act_belongs_to_one_living_method(db):
    filed()
    with pytest.raises(methods.MethodCodeTaken):
        filed()
    with pytest.raises(methods.ActCovered) as refused:
        filed("RIDES", acts=("M05", "M07"))
    assert refused.value.detail["covered"] == {"M05": "TRANSIT"}
    methods.refuse("TRANSIT", by="checker", at=FILED, note="数据来源不足")
    assert filed("RIDES", acts=("M05", "M07")).status == "filed"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"code": "transit"}, "code"), ({"acts": ["C05"]}, "acts"), ({"acts": []}, "acts"),
        ({"title_zh": " "}, "title_zh"), ({"document_digest": "x"}, "document_digest"),
    ],
)  # fmt: skip
def test_what_is_no_method(db, wrong, reason):
    told = {
        "code": "TRANSIT", "title_zh": "公共出行", "title_en": "Transit", "acts": ["M05"], "document_ref": "D",
        "document_digest": "0" * 64, "by": "maker", "at": FILED,
    }  # fmt: skip
    with pytest.raises(methods.MethodRefused) as refused:
        methods.file(**(told | wrong))
    assert refused.value.detail["reason"] == reason


def test_a_notice_into_a_year_without_a_calendar(db):
    filed()
    methods.review("TRANSIT", review_ref="R1", by="maker", at=FILED)
    with pytest.raises(methods.HolidaysUnknown) as refused:
        methods.publish_notice("TRANSIT", by="maker", at=FROZEN.replace(year=2026, month=12, day=29))
    assert refused.value.detail["year"] == 2027


# Entrustment


def test_entrusting_needs_a_confirmed_name_and_the_terms_that_were_shown(scene):
    on_file()
    with pytest.raises(entrustments.RealNameNeeded):
        entrust(scene[0])
    verified(scene[0], 0)
    with pytest.raises(entrustments.TermsNotShown) as stale:
        entrustments.entrust(scene[0], method="TRANSIT", vintage=2026, terms="fund 90 %", at=ENTRUSTED)
    assert stale.value.detail["in_force"] == "fund 70 %, operation 30 % U"
    for _again in range(2):
        entrust(scene[0])
    assert Entrustment.objects.count() == 1
    with pytest.raises(entrustments.MethodNotOpen):
        entrust(scene[0], vintage=2027)


def test_an_entrustment_is_revoked_until_the_freeze_and_not_after(rich):
    entrustments.revoke(rich[0], method="TRANSIT", vintage=2026, at=ENTRUSTED)
    with pytest.raises(entrustments.EntrustmentMissing):
        entrustments.revoke(rich[0], method="TRANSIT", vintage=2026, at=ENTRUSTED)
    batch = pools.freeze(method="TRANSIT", vintage=2026, county="361002", by="maker", at=FROZEN)
    with pytest.raises(entrustments.EntrustmentFrozen) as late:  # before any gram has moved
        entrustments.revoke(rich[1], method="TRANSIT", vintage=2026, at=FROZEN)
    assert late.value.detail["batch"] == batch.code == "TRANSIT-2026-361002-1"
    batch = pools.collect(batch.code, at=FROZEN)
    assert (batch.left_out, batch.residents, batch.entrusted_mg) == ({}, 9, 3_600_000)
    assert book.balance(f"co2e:resident/{rich[0]}").posted == 400_000
    with pytest.raises(entrustments.EntrustmentFrozen):
        entrust(rich[0], at=FROZEN)


# Freeze and issue


def test_a_year_is_frozen_once_nothing_of_it_can_arrive(rich):
    with pytest.raises(pools.VintageOpen) as early:
        pools.freeze(method="TRANSIT", vintage=2026, county="361002", by="maker", at=FROZEN.replace(day=7))
    assert early.value.detail["closes_on"] == "2027-01-08"
    with pytest.raises(pools.CountyUnknown):
        pools.freeze(method="TRANSIT", vintage=2026, county="360000", by="maker", at=FROZEN)
    frozen()
    with pytest.raises(pools.AlreadyFrozen):
        frozen()


def test_l2_grams_become_units_in_the_book(rich):
    """4,000 g: 3.8 kg after 5 %, 3 units, of which 1 is buffer; 1 kg of grams is deducted for good."""
    batch = frozen()
    assert (batch.events, batch.residents, batch.entrusted_mg, batch.left_out) == (10, 10, 4_000_000, {})
    assert book.balance("co2e:entrusted/TRANSIT-2026-361002-1").posted == 4_000_000
    with pytest.raises(pools.AuditOpen) as waiting:
        pools.issue(batch.code, by="checker", at=ISSUED)
    assert waiting.value.detail["open"] == 10
    audited(batch)
    with pytest.raises(pools.SecondPersonNeeded):
        pools.issue(batch.code, by="maker", at=ISSUED)
    done = pools.issue(batch.code, by="checker", at=ISSUED)
    assert (done.units_kg, done.buffer_kg) == (3, 1)
    balances = {code: book.balance(code).posted for code in (
        "co2e:entrusted/TRANSIT-2026-361002-1", "co2e:pool/TRANSIT-2026", "co2e:issued/TRANSIT-2026",
        "co2e:deducted/TRANSIT-2026", "unit:held/lvbao-pool/TRANSIT-2026", "unit:buffer/TRANSIT-2026",
    )}  # fmt: skip
    assert list(balances.values()) == [0, 0, 3_000_000, 1_000_000, 2, 1]
    assert [str(blocks.serial_of(block)) for block in UnitBlock.objects.order_by("start")] == [
        "CN-JX-FZ-LBR-TRANSIT-2026-0000000001-0000000002", "CN-JX-FZ-LBR-TRANSIT-2026-0000000003-0000000003",
    ]  # fmt: skip
    assert set(Contribution.objects.values_list("pooled_mg", "issued_mg")) == {(400_000, 300_000)}
    with pytest.raises(pools.PoolNotReady):
        pools.issue(batch.code, by="checker", at=ISSUED)
    assert all_hold() == {}


def test_serials_go_on_where_the_last_batch_of_the_series_ended(rich):
    issued()
    from greenpoints.models import UnitSeries

    assert UnitSeries.objects.get().last_number == 3


def test_no_serial_is_published_before_the_issue(rich):
    frozen()
    assert not UnitBlock.objects.exists()


def test_collecting_again_changes_nothing(rich):
    batch = frozen()
    for _again in range(2):
        pools.collect(batch.code, at=FROZEN)
    assert book.balance("co2e:entrusted/TRANSIT-2026-361002-1").posted == 4_000_000


def test_grams_that_were_given_away_before_cannot_be_pooled(rich):
    from bookkeeping import chart, postings
    from bookkeeping.postings import Leg

    chart.open_accounts(["co2e:donated/marathon"], nature="holder")
    postings.post(
        reference="donation/1", legs=[Leg(f"co2e:resident/{rich[0]}", "co2e:donated/marathon", 150_000)], occurred_at=AT
    )
    assert frozen().entrusted_mg == 3_850_000
    assert Contribution.objects.get(person_ref=rich[0]).pooled_mg == 250_000


def test_an_act_that_was_taken_back_is_not_pooled(rich):
    from greenpoints.points import reversals

    reversals.reverse_act(partner="bike-co", external_id="e0", cause="mistake", by="o", at=AT)
    batch = frozen()
    assert (batch.events, batch.entrusted_mg) == (9, 3_600_000)


def test_a_crash_between_blocks_loses_and_doubles_nothing(rich, monkeypatch):
    monkeypatch.setattr(pools, "BLOCK_PEOPLE", 4)
    real, calls = pools._post_block, []

    def crash(*args, **named):
        calls.append(1)
        real(*args, **named)
        if len(calls) == 2:
            raise OSError("killed")

    batch = pools.freeze(method="TRANSIT", vintage=2026, county="361002", by="maker", at=FROZEN)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="killed"):
        patch.setattr(pools, "_post_block", crash)
        pools.collect(batch.code, at=FROZEN)
    assert book.balance("co2e:entrusted/TRANSIT-2026-361002-1").posted == 1_600_000
    assert pools.collect(batch.code, at=FROZEN).entrusted_mg == 4_000_000


def test_a_cancelled_batch_gives_everything_back_and_can_be_made_again(rich):
    batch = frozen()
    audited(batch, refuted={"e1"})
    with pytest.raises(pools.AuditFailed) as failed:  # 1 of 10 is more than 2 %
        pools.issue(batch.code, by="checker", at=ISSUED)
    assert failed.value.detail["refuted"] == 1
    pools.cancel(batch.code, by="checker", at=ISSUED, note="抽查不实")
    assert book.balance(f"co2e:resident/{rich[0]}").posted == 400_000
    assert (PooledEvent.objects.count(), Claim.objects.count()) == (0, 0)
    assert frozen().code == "TRANSIT-2026-361002-2"
    assert all_hold() == {}


def test_a_refuted_event_within_tolerance_is_taken_off(rich, monkeypatch):
    from dataclasses import replace
    from fractions import Fraction

    from greenpoints.certification import rules

    real = rules.in_force
    monkeypatch.setattr(rules, "in_force", lambda day: replace(real(day), audit_tolerance=Fraction(1, 10)))
    batch = frozen()
    audited(batch, refuted={"e1"})
    done = pools.issue(batch.code, by="checker", at=ISSUED)
    assert (done.refuted_mg, done.units_kg) == (400_000, 3)  # 3,600 g x 0.95 = 3.42 kg
    assert book.balance("co2e:deducted/TRANSIT-2026").posted == 1_000_000


def test_a_proof_file_tells_how_the_units_came_about(rich):
    batch = issued()
    told = json.loads(batch.proof)
    assert (told["entrusted_mg"], told["units_kg"], told["buffer_kg"], told["deduction"]) == (4_000_000, 3, 1, "1/20")
    assert told["sample"]["events"] == 10 and told["contributions"] == 10
    assert all(person not in batch.proof for person in rich)
    assert proofs.digest(batch.proof) == batch.proof_digest
    shown = proofs.of_contribution(batch, rich[3])
    from bookkeeping import merkle

    path = [bytes.fromhex(step) for step in shown["path"]]
    leaf = merkle.leaf_hash(shown["leaf"].encode())
    assert merkle.includes(
        leaf=leaf, index=shown["index"], size=10, path=path, root=bytes.fromhex(told["contributions_root"])
    )
    with pytest.raises(proofs.ContributionMissing):
        proofs.of_contribution(batch, "nobody")


# Blocks and orders


@pytest.fixture
def thousand(rich):
    """Return a batch whose free units are 1 to 1000 of a series."""
    return made_of(1_053)


def made_of(units_kg):
    """Issue so many units, a twentieth of them buffer, without the year of rides that would take."""
    from bookkeeping import chart, postings
    from bookkeeping.postings import Leg

    batch = frozen()
    chart.open_accounts(["co2e:act/M02"], nature="source", striped=True)
    more = -(-units_kg * 10**6 * 20 // 19) - batch.entrusted_mg
    postings.post(reference="more/1", legs=[Leg("co2e:act/M02", f"co2e:entrusted/{batch.code}", more)], occurred_at=AT)
    part = Contribution.objects.filter(batch=batch).first()
    Contribution.objects.filter(pk=part.pk).update(eligible_mg=part.eligible_mg + more, pooled_mg=part.pooled_mg + more)
    PoolBatch.objects.filter(pk=batch.pk).update(entrusted_mg=batch.entrusted_mg + more)
    audited(batch)
    return pools.issue(batch.code, by="checker", at=ISSUED)


def serial(start, end):
    return f"CN-JX-FZ-LBR-TRANSIT-2026-{start:010}-{end:010}"


def retire(order="r1", what="TRANSIT-2026", kg=25, holder="lvbao-pool", **more):
    told = {"beneficiary": "抚州马拉松", "purpose": "event", "by": "officer", "at": ISSUED} | more
    return units.retire(order=order, serial_or_series=what, holder=holder, quantity_kg=kg, **told)


def test_a_thousand_split_at_25(thousand):
    assert (thousand.units_kg, thousand.buffer_kg) == (1053, 53)
    done = retire()
    assert done.serials == [serial(1, 25)]
    parent = UnitBlock.objects.get(start=1, end=1000)
    assert parent.status == "split"
    children = list(parent.children.order_by("start"))
    assert [(b.start, b.end, b.quantity_kg, b.status) for b in children] == [
        (1, 25, 25, "retired"), (26, 1000, 975, "held"),
    ]  # fmt: skip
    assert children[0].hash == blocks.lineage_hash(
        blocks.serial_of(children[0]), holder="lvbao-pool", origin=parent.hash
    )
    assert book.balance("unit:retired/TRANSIT-2026").posted == 25
    assert done.certificate == "LBR-2027-000001"
    assert all_hold() == {}


def test_an_order_is_carried_out_once(thousand):
    assert retire() == retire()
    with pytest.raises(units.UnitOrderReused):
        retire(kg=26)
    with pytest.raises(units.UnitOrderReused):
        retire(beneficiary="他人")
    assert UnitOrder.objects.count() == 1
    assert book.balance("unit:retired/TRANSIT-2026").posted == 25


def test_retired_units_never_come_back(thousand):
    retire()
    with pytest.raises(blocks.UnitsShort):
        retire("r2", what=serial(20, 30), kg=None)
    block = UnitBlock.objects.get(status="retired")
    with pytest.raises(blocks.BlockNotFree):
        blocks.change(block, BlockStatus.HELD, by="x", at=ISSUED)
    with pytest.raises(IntegrityError), transaction.atomic():
        UnitBlock.objects.filter(pk=block.pk).update(status="held")
    with pytest.raises(IntegrityError), transaction.atomic():
        UnitOrder.objects.update(beneficiary="他人")


def test_units_go_from_hand_to_hand_and_a_named_range_is_cut_out(thousand):
    organisations.register(code="park", name="园区", kind="partner", region="361000", at=AT)
    done = units.transfer(
        order="t1", serial_or_series=serial(101, 200), holder="lvbao-pool", to="park", by="officer", at=ISSUED
    )
    assert (done.serials, done.quantity_kg) == ([serial(101, 200)], 100)
    leaves = UnitBlock.objects.exclude(status__in=["split", "transferred", "merged"]).order_by("start")
    assert [(b.start, b.end, b.holder, b.status) for b in leaves] == [
        (1, 100, "lvbao-pool", "held"), (101, 200, "park", "held"), (201, 1000, "lvbao-pool", "held"),
        (1001, 1053, "buffer", "buffer"),
    ]  # fmt: skip
    assert book.balance("unit:held/park/TRANSIT-2026").posted == 100
    with pytest.raises(blocks.UnitsShort):
        retire("r1", kg=101, holder="park")
    retire("r1", kg=100, holder="park", purpose="park_offset")
    assert all_hold() == {}


def test_adjoining_blocks_become_one(thousand):
    units.lock(serial(1, 25), holder="lvbao-pool", note="质押", by="officer", at=ISSUED)
    with pytest.raises(blocks.BlocksNotAdjoining):
        units.merge(serial(1, 1000), holder="lvbao-pool", by="officer", at=ISSUED)
    units.unlock(serial(1, 25), note="解除", by="officer", at=ISSUED)
    assert units.merge(serial(1, 1000), holder="lvbao-pool", by="officer", at=ISSUED) == serial(1, 1000)
    merged = UnitBlock.objects.get(start=1, end=1000, status="held")
    assert merged.merged_from.count() == 2
    assert all_hold() == {}


def test_locked_units_do_not_move(thousand):
    units.lock(serial(1, 1000), holder="lvbao-pool", note="法院冻结", by="officer", at=ISSUED)
    with pytest.raises(blocks.UnitsShort) as short:
        retire()
    assert short.value.detail["free_kg"] == 0


def test_an_export_waits_for_the_other_registry(thousand):
    units.begin_export(order="x1", serial=serial(1, 10), holder="lvbao-pool", registry="JX-PR", by="o", at=ISSUED)
    assert UnitBlock.objects.get(start=1, end=10).status == "pending_export"
    units.end_export(order="x1", confirmed=False, by="o", at=ISSUED)
    assert UnitBlock.objects.get(start=1, end=10).status == "held"
    units.begin_export(order="x2", serial=serial(1, 10), holder="lvbao-pool", registry="JX-PR", by="o", at=ISSUED)
    for _again in range(2):
        units.end_export(order="x2", confirmed=True, by="o", at=ISSUED)
    assert UnitBlock.objects.get(start=1, end=10).status == "exported"
    assert book.balance("unit:exported/TRANSIT-2026").posted == 10
    assert all_hold() == {}


def test_the_buffer_makes_up_for_grams_that_were_reversed(thousand):
    done = units.cancel(
        order="c1", serial_or_series="TRANSIT-2026", holder="buffer", quantity_kg=3, note="事后冲正", by="o", at=ISSUED
    )
    assert done.serials == [serial(1001, 1003)]
    with pytest.raises(blocks.BlockNotFree):
        retire("r9", kg=1, holder="buffer")
    assert book.balance("unit:buffer/TRANSIT-2026").posted == 50
    assert all_hold() == {}


def test_units_expire_five_years_after_their_year(thousand):
    assert units.expire_due(at=ISSUED.replace(year=2031)) == 0
    assert units.expire_due(at=ISSUED.replace(year=2032)) == 1
    assert book.balance("unit:expired/TRANSIT-2026").posted == 1000
    assert all_hold() == {}


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"what": "TRANSIT-2025"}, blocks.SeriesMissing), ({"what": "nothing"}, units.SerialUnknown),
        ({"kg": 0}, units.UnitOrderRefused), ({"kg": None}, units.UnitOrderRefused), ({"kg": 1001}, blocks.UnitsShort),
        ({"order": "a b"}, units.UnitOrderRefused), ({"beneficiary": " "}, units.UnitOrderRefused),
        ({"purpose": "fun"}, units.UnitOrderRefused), ({"holder": "nobody"}, blocks.UnitsShort),
    ],
)  # fmt: skip
def test_orders_that_cannot_be(thousand, change, refusal):
    with pytest.raises(refusal):
        retire(**change)
    assert not UnitOrder.objects.exists()


# What the database itself refuses


def test_i9_two_blocks_never_share_a_number(thousand):
    retire()
    block = UnitBlock.objects.get(status="held")
    for start, end in ((1000, 1001), (25, 25), (26, 26), (1, 1053)):
        with pytest.raises(IntegrityError), transaction.atomic():
            UnitBlock.objects.create(
                series=block.series, batch=block.batch, start=start, end=end, quantity_kg=end - start + 1, holder="x",
                status="held", hash="0" * 64, created_at=ISSUED,
            )  # fmt: skip


def test_i9_a_block_has_as_many_units_as_numbers(thousand):
    block = UnitBlock.objects.get(start=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        UnitBlock.objects.create(
            series=block.series, batch=block.batch, start=1, end=25, quantity_kg=26, holder="x", status="split",
            hash="0" * 64, created_at=ISSUED,
        )  # fmt: skip


def test_i10_no_batch_issues_more_than_its_grams(rich):
    batch = frozen()
    for units_kg, fits in ((3, True), (4, False)):
        row = PoolBatch.objects.filter(pk=batch.pk)
        if fits:
            row.update(units_kg=units_kg, deduction_bp=500)
        else:
            with pytest.raises(IntegrityError), transaction.atomic():
                row.update(units_kg=units_kg, deduction_bp=500)


def test_an_issued_batch_and_a_block_stay(thousand):
    for statement in (
        "UPDATE greenpoints_poolbatch SET units_kg = 1", "DELETE FROM greenpoints_unitblock",
        "UPDATE greenpoints_unitblock SET holder = 'thief'", "UPDATE greenpoints_unitblock SET start = start + 1",
        "DELETE FROM greenpoints_blockchange",
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


# Sale


def test_nothing_is_sold_while_trade_is_off(thousand, settings):
    told = {
        "order": "s1", "method": "TRANSIT", "vintage": 2026, "quantity_kg": 100, "buyer": "tea-house",
        "price_fen": 435, "payer_account": "fen:escrow/s1", "sponsor": "city", "by": "market", "at": ISSUED,
    }  # fmt: skip
    for enabled in (False, True):  # the setting alone is not enough
        settings.CARBON_TRADE_ENABLED = enabled
        with pytest.raises(sales.TradeNotEnabled):
            sales.sell(**told)


def test_a_sale_returns_its_revenue_to_the_fund(thousand, settings):
    from bookkeeping import chart, postings
    from bookkeeping.postings import Leg

    settings.CARBON_TRADE_ENABLED = True
    methods.permit_trade("TRANSIT", document_ref="赣环函 1 号", by="checker", at=ISSUED)
    chart.open_accounts(["fen:bank/custody"], nature="source")
    chart.open_accounts(["fen:escrow/s1"], nature="holder")
    postings.post(reference="in/1", legs=[Leg("fen:bank/custody", "fen:escrow/s1", 4_350)], occurred_at=AT)
    told = {
        "order": "s1", "method": "TRANSIT", "vintage": 2026, "quantity_kg": 1_000, "buyer": "tea-house",
        "price_fen": 4_350, "payer_account": "fen:escrow/s1", "sponsor": "city", "by": "market", "at": ISSUED,
    }  # fmt: skip
    before = book.balance("fen:fund/city").posted
    for _again in range(2):
        assert sales.sell(**told).serials == [serial(1, 1000)]
    assert book.balance("fen:fund/city").posted - before == 3_045
    assert (book.balance("fen:operation/lvbao").posted, book.balance("fen:escrow/s1").posted) == (1_305, 0)
    assert book.balance("unit:held/tea-house/TRANSIT-2026").posted == 1_000
    assert all_hold() == {}


def test_the_residents_statement_says_that_the_grams_were_sold(thousand, rich, settings):
    (before,) = entrustments.of_person(rich[1])
    assert (before.batch, before.batch_status, before.sold) == ("TRANSIT-2026-361002-1", "issued", False)
    test_a_sale_returns_its_revenue_to_the_fund(thousand, settings)
    (after,) = entrustments.of_person(rich[1])
    assert after.sold
