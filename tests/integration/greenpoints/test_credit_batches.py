"""From a received batch to the book: exact, once, whatever the split, the order, or the crash."""

import pytest
from behaviour_lines import AT, DAY, as_bytes, ride
from books import books_after
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookkeeping import chart, postings
from bookkeeping import queries as book
from core import jobs
from greenpoints import queries
from greenpoints.intake import answers, batches
from greenpoints.invariants import one_posting_for_each_accepted_event
from greenpoints.models import Batch, Behaviour, Carry, Correction, Issue
from greenpoints.points import funds, ledger
from identity.queries import OrganisationMissing


def broken():
    return [found for found in one_posting_for_each_accepted_event() if hasattr(found, "what")]


def test_a_ride_becomes_grams_and_coins(deliver, scene):
    view = deliver([ride("e1", 8), ride("e2", 10, metres=1000)])
    assert (view.status, view.rows, view.accepted, view.posted_mg) == ("credited", 2, 2, 168_000)
    assert book.balance(f"co2e:resident/{scene[0]}").posted == 168_000
    assert book.balance(f"coin:resident/{scene[0]}").posted == 1
    assert Carry.objects.get(person_ref=scene[0]).carried_mg == 68_000
    assert (book.balance("fen:reserved/city").posted, book.balance("fen:fund/city").posted) == (5, 4995)
    (leg,) = book.posting("act/bike-co/e1")
    assert (leg.source, leg.quantity) == ("co2e:act/M02", 128_000)
    assert broken() == []
    trace = Behaviour.objects.get(external_id="e1")
    assert trace.factor == "M02 40 g/km 361000 wuhan-carbon-inclusion-2023 V x A 1.0"


def test_every_row_ends_in_one_status_with_a_reason(deliver, scene):
    rows = [
        ride("e1", 8), ride("e1", 8), ride("e2", 9, who="nobody"), ride("e3", 10, metres=60_000),
        ride("e4", 11, act="X99"), ride("e5", 12, unit="mile"), ride("e6", 13, metres=6_000),
        ride("e7", 14, metres=6_000),
    ]  # fmt: skip
    deliver(rows)
    report = queries.batch("b1", partner="bike-co")
    assert report.by_status == {"credited": 2, "duplicate": 1, "partial": 1, "rejected": 4}
    assert report.by_reason == {
        "same_event_id": 1, "unknown_subject": 1, "over_limit": 1, "unknown_act": 1, "wrong_unit": 1,
        "partly_over_limit": 1,
    }  # fmt: skip
    assert queries.refusals("b1", partner="bike-co")["unknown_act"] == 1
    lines = queries.rejections("b1", partner="bike-co")
    assert (lines[0].row, lines[0].external_id, lines[0].zh) == (2, "e1", "同一事件已收到")
    with pytest.raises(queries.BatchMissing):
        queries.batch("b1", partner="another")


def test_unconfirmed_factors_and_photos_post_no_grams(deliver, scene):
    carton = {"act": "W02", "unit": "g", "material": "carton", "evidence": {"type": "scale"}, "quantity": 3000}
    plate = {"act": "C05", "unit": "item", "evidence": {"type": "photo"}, "quantity": 1}
    deliver([ride("e1", 8) | carton, ride("e2", 9) | plate])
    first, second = Behaviour.objects.order_by("external_id")
    assert (first.status, first.reason, first.gross_mg, first.net_mg, first.posted_mg) == (
        "zero", "unconfirmed_factor", 1_500_000, 1_350_000, 0,
    )  # fmt: skip
    assert (second.status, second.reason, second.posted_mg, second.flat_coins) == ("zero", "no_grams", 0, 1)
    assert book.balance(f"coin:resident/{scene[0]}").posted == 1


def test_the_same_batch_again_and_its_code_for_something_else(deliver):
    first = deliver([ride("e1", 8)])
    assert deliver([ride("e1", 8)]) == first
    with pytest.raises(batches.BatchContentDiffers):
        deliver([ride("e2", 8)])
    assert Batch.objects.count() == 1


def test_the_same_events_in_another_batch(deliver, scene):
    deliver([ride("e1", 8), ride("e2", 10)])
    deliver([ride("e2", 10), ride("e1", 8), ride("e1", 9)], "b2")
    assert queries.batch("b2", partner="bike-co").by_reason == {"same_event_id": 2, "external_id_reused": 1}
    assert book.balance(f"co2e:resident/{scene[0]}").posted == 256_000
    assert book.balance(f"coin:resident/{scene[0]}").posted == 2


@pytest.mark.parametrize(
    ("content", "refusal"),
    [(b"", batches.BatchEmpty), (b"\n \n", batches.BatchEmpty)],
)
def test_an_empty_batch_is_refused(scene, content, refusal):
    with pytest.raises(refusal):
        batches.receive(partner="bike-co", batch="b1", business_on=DAY, content=content, received_at=AT)


@pytest.mark.parametrize("code", ["", "x" * 41, "a/b", "批次", "-a"])
def test_a_batch_code_that_cannot_be_used(scene, code):
    with pytest.raises(batches.BatchCodeInvalid):
        batches.receive(partner="bike-co", batch=code, business_on=DAY, content=b"{}", received_at=AT)


def test_issue_stops_where_the_fund_ends_and_catches_up_later(deliver, scene):
    funds.endow(sponsor="poor", coins=1, fen=5, reference="2026", valid_from=DAY, at=AT)
    funds.Fund.objects.filter(sponsor="city").delete()
    deliver([ride("e1", 8), ride("e2", 8, who="tok-1")])
    assert sorted(Issue.objects.values_list("status", flat=True)) == ["fund_exhausted", "issued"]
    waiting = Carry.objects.get(carried_coins=1)
    assert waiting.carried_mg == 28_000
    funds.endow(sponsor="poor", coins=10, fen=50, reference="2027", valid_from=DAY, at=AT)
    late = f"tok-{scene.index(waiting.person_ref)}"
    deliver([ride("e3", 12, who=late, metres=1000)], "b2")
    assert book.balance(f"coin:resident/{waiting.person_ref}").posted == 1
    assert Carry.objects.get(person_ref=waiting.person_ref).carried_coins == 0


class Crash(Exception):
    pass


STEPS = {"post": (answers.grams, "received"), "issue": (ledger, "screened")}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_between_steps_changes_nothing_in_the_end(deliver, scene, monkeypatch, step, after):
    kept = deliver([ride("e1", 8), ride("e2", 8, who="tok-1")], credit=False)
    module, left_at = STEPS[step]
    real = getattr(module, step)

    def crash(*args, **named):
        if after:
            real(*args, **named)
        raise Crash

    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(module, step, crash)
        batches.credit(kept.id, as_of=AT)
    assert Batch.objects.get(pk=kept.id).status == left_at
    for _again in range(2):
        assert batches.credit(kept.id, as_of=AT).status == "credited"
    assert book.balance(f"coin:resident/{scene[0]}").posted == 1
    assert book.balance(f"co2e:resident/{scene[0]}").posted == 128_000
    assert Carry.objects.get(person_ref=scene[0]).carried_mg == 28_000
    assert broken() == []


def test_a_saved_job_credits_the_batch(deliver, scene):
    deliver([ride("e1", 8)], credit=False)
    jobs.discover()
    jobs.run_due(as_of=AT)
    assert Batch.objects.get().status == "credited"
    assert book.balance(f"coin:resident/{scene[0]}").posted == 1


def test_a_piece_that_another_worker_answered_meanwhile_is_left_alone(deliver, scene, monkeypatch):
    kept = deliver([ride("e1", 8), ride("e2", 10)], credit=False)
    real_parse = batches.row_texts.parse

    def parse(*args, **named):
        rows = real_parse(*args, **named)
        monkeypatch.setattr(batches.row_texts, "parse", real_parse)
        assert batches.credit(kept.id, as_of=AT).status == "credited"
        return rows

    monkeypatch.setattr(batches.row_texts, "parse", parse)
    assert batches.credit(kept.id, as_of=AT).status == "credited"
    assert book.balance(f"co2e:resident/{scene[0]}").posted == 256_000
    assert broken() == []


def test_a_batch_of_many_pieces_is_the_same_as_of_one(deliver, scene, monkeypatch):
    day = [ride(f"e{n}", 6 + n % 14, who=f"tok-{n % 3}", metres=1000 + 17 * n) for n in range(40)]
    whole = books_after([[("bike-co", day)]])
    monkeypatch.setattr(batches.pieces_of, "__kwdefaults__", {"size": 600})
    assert books_after([[("bike-co", day)]]) == whole
    deliver(day, "in-pieces")
    batch = Batch.objects.get()
    assert (batch.pieces, batch.screened_pieces, batch.rows) == (20, 20, 40)
    assert sorted(Behaviour.objects.values_list("row", flat=True)) == list(range(1, 41))


@pytest.mark.parametrize(("sender", "refusal"), [("tea-house", batches.NotAPartner), ("nobody", OrganisationMissing)])
def test_only_a_partner_delivers(scene, sender, refusal):
    with pytest.raises(refusal):
        batches.receive(partner=sender, batch="b1", business_on=DAY, content=b"{}", received_at=AT)
    assert Batch.objects.count() == 0


def test_verify_names_a_row_without_its_posting(deliver):
    deliver([ride("e1", 8)])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE greenpoints_behaviour SET external_id = 'other' WHERE external_id = 'e1'")
    assert [found.row.split(" ")[0] for found in broken()] == ["behaviour", "act/bike-co/e1"]


def test_a_ride_tapped_in_and_out_that_comes_later_takes_the_place_of_the_tap(deliver, scene):
    tap = ride("tap", 8, act="M06", unit="trip", quantity=1, evidence={"type": "fare_record"})
    through = ride("ride", 8, act="M05", quantity=7400, evidence={"type": "fare_record"})
    deliver([tap], "taps")
    assert book.balance(f"co2e:resident/{scene[0]}").posted == 80_000
    deliver([through], "rides")
    assert dict(Behaviour.objects.values_list("external_id", "reason")) == {"tap": "overlapping_ride", "ride": ""}
    assert book.balance(f"co2e:resident/{scene[0]}").posted == 199_060
    (back,) = book.posting("act/bike-co/tap/1")
    assert (back.source, back.target, back.quantity) == (f"co2e:resident/{scene[0]}", "co2e:act/M06", 80_000)
    change = Correction.objects.get()
    assert (change.run.code, change.reason_before, change.reason) == ("rides", "", "overlapping_ride")
    assert queries.batch("taps", partner="bike-co").posted_mg == 0
    assert Carry.objects.get(person_ref=scene[0]).carried_mg == 99_060
    assert broken() == []


def test_coins_paid_too_early_are_made_up_by_the_next_ones(deliver, scene):
    sorted_waste = ride("w1", 8, act="W01", unit="day", quantity=1, evidence={"type": "station_scan"})
    weighed = ride("w2", 9, act="W02", unit="g", quantity=800, evidence={"type": "scale"}, material="carton")
    deliver([sorted_waste], "b1")
    deliver([weighed], "b2")
    assert Behaviour.objects.get(external_id="w1").reason == "weighed_instead"
    assert book.balance(f"coin:resident/{scene[0]}").posted == 1
    assert Carry.objects.get(person_ref=scene[0]).carried_coins == -1
    deliver([ride("e1", 12, metres=5000)], "b3")
    assert book.balance(f"coin:resident/{scene[0]}").posted + Carry.objects.get().carried_coins == 2
    assert Carry.objects.get().carried_coins == 0


def test_grams_that_were_passed_on_come_back_from_the_programme(deliver, scene):
    tap = ride("tap", 8, act="M06", unit="trip", quantity=1, evidence={"type": "fare_record"})
    deliver([tap], "taps")
    chart.open_accounts(["co2e:pool/test"], nature="holder")
    postings.post(
        reference="pooled", legs=[postings.Leg(f"co2e:resident/{scene[0]}", "co2e:pool/test", 80_000)], occurred_at=AT
    )
    deliver([ride("ride", 8, act="M05", quantity=2000, evidence={"type": "fare_record"})], "rides")
    assert book.balance("co2e:clawback").posted == -80_000 + 53_800 - 53_800
    assert book.balance(f"co2e:resident/{scene[0]}").posted == 53_800
    assert broken() == []


def test_parts_that_come_later_give_the_same_books_below_the_limits(deliver, scene):
    day = [ride(f"e{n}", 7 + n, metres=2_345) for n in range(4)]
    for n, row in enumerate(day):
        deliver([row], f"part-{n}")
    assert book.balance(f"co2e:resident/{scene[0]}").posted == 375_200
    assert book.balance(f"coin:resident/{scene[0]}").posted == 3
    assert Carry.objects.get(person_ref=scene[0]).carried_mg == 75_200


def test_statements_do_not_grow_with_the_rows(deliver):
    def statements(code, rows):
        with CaptureQueriesContext(connection) as captured:
            deliver(rows, code)
        return len(captured)

    few = [ride(f"a{n}", 6 + n % 14, who=f"tok-{n % 10}", metres=2500) for n in range(10)]
    many = [ride(f"b{n}", 6 + n % 14, who=f"tok-{n % 10}", metres=2500) for n in range(90)]
    for_few = statements("few", few)
    # Refused optimistic writes and changed answers cost some statements more; one a row would cost eighty.
    assert statements("many", many) <= for_few + 24


def test_content_is_kept_as_signed(deliver):
    kept = deliver([ride("e1", 8)], credit=False)
    assert [bytes(piece.content) for piece in Batch.objects.get(pk=kept.id).contents.all()] == [
        as_bytes([ride("e1", 8)])
    ]
