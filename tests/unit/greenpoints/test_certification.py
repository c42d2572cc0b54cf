"""Serial numbers, issuance, samples, working days and keys of claims: worked examples with their answers."""

from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenpoints.certification import collisions, issuance, rules, samples, serials, working_days
from greenpoints.certification.collisions import Event
from greenpoints.certification.serials import Serial

FIVE_PERCENT = Fraction(5, 100)


def test_l2_from_entrusted_grams_to_yuan():
    done = issuance.issuance(1_087_412_600_000, deduction=FIVE_PERCENT, buffer=FIVE_PERCENT)
    assert (done.units_kg, done.buffer_kg, done.tradable_kg) == (1_033_041, 51_653, 981_388)
    assert (done.issued_mg, done.deducted_mg) == (1_033_041_000_000, 54_371_600_000)
    assert issuance.value_fen(done.tradable_kg, fen_per_t=4_350) == 4_269_038  # 42,690.38 CNY at 43.5 CNY/t


@pytest.mark.parametrize(
    ("mg", "units", "buffer"),
    [
        pytest.param(0, 0, 0, id="nothing"),
        pytest.param(1_052_631, 0, 0, id="a gram short of a kilogram"),
        pytest.param(1_052_632, 1, 1, id="one kilogram is all buffer"),
        pytest.param(21_052_632, 20, 1, id="a whole buffer is not rounded up"),
        pytest.param(22_105_264, 21, 2, id="a broken one is"),
    ],
)
def test_units_are_rounded_down_and_the_buffer_up(mg, units, buffer):
    done = issuance.issuance(mg, deduction=FIVE_PERCENT, buffer=FIVE_PERCENT)
    assert (done.units_kg, done.buffer_kg) == (units, buffer)


@given(st.integers(0, 10**16), st.integers(0, 10_000), st.integers(0, 10_000))
def test_no_gram_is_made_or_lost(mg, deduction, buffer):
    done = issuance.issuance(mg, deduction=Fraction(deduction, 10_000), buffer=Fraction(buffer, 10_000))
    assert done.issued_mg + done.deducted_mg == mg
    assert done.issued_mg * 10_000 <= mg * (10_000 - deduction) < (done.issued_mg + 10**6) * 10_000
    assert 0 <= done.tradable_kg <= done.units_kg


def test_a_share_beyond_the_whole_is_refused():
    with pytest.raises(ValueError, match="shares"):
        issuance.issuance(1, deduction=Fraction(11, 10), buffer=FIVE_PERCENT)


@given(st.lists(st.integers(1, 10**13), min_size=1, max_size=50))
def test_issued_grams_go_back_to_residents_exactly(pooled):
    done = issuance.issuance(sum(pooled), deduction=FIVE_PERCENT, buffer=FIVE_PERCENT)
    parts = issuance.shares(done.issued_mg, pooled_mg=np.array(pooled))
    assert sum(parts.tolist()) == done.issued_mg
    assert all(0 <= part <= whole for part, whole in zip(parts.tolist(), pooled, strict=True))


def test_issued_grams_by_the_largest_remainder():
    assert issuance.shares(10, pooled_mg=np.array([3, 3, 5])).tolist() == [3, 3, 4]


@pytest.mark.parametrize(("price", "fund", "operation"), [(4_269_038, 2_988_327, 1_280_711), (1, 1, 0), (0, 0, 0)])
def test_revenue_goes_to_the_fund_and_the_operation(price, fund, operation):
    assert issuance.revenue_shares(price, fund_share=Fraction(7, 10)) == (fund, operation)


def test_a_serial_is_written_and_read():
    serial = Serial("TRANSIT", 2026, 1, 1_033_041)
    assert str(serial) == "CN-JX-FZ-LBR-TRANSIT-2026-0000000001-0001033041"
    assert serials.parse(str(serial)) == serial
    assert serial.count == 1_033_041


@pytest.mark.parametrize(
    "text",
    [
        "", "CN-JX-FZ-LBR-TRANSIT-2026-1-2", "CN-JX-FZ-LBR-TRANSIT-2026-0000000002-0000000001",
        "CN-JX-FZ-LBR-TRANSIT-2026-0000000000-0000000001", "CN-JX-FZ-LBR-transit-2026-0000000001-0000000002",
        "CN-JX-FZ-LBR-TRANSIT-2026-0000000001-0000000002\n",
    ],
)  # fmt: skip
def test_what_is_no_serial(text):
    assert serials.parse(text) is None


def test_a_thousand_split_at_25():
    first, rest = Serial("TRANSIT", 2026, 1, 1000).cut(25)
    assert [(part.start, part.end, part.count) for part in (first, rest)] == [(1, 25, 25), (26, 1000, 975)]


@pytest.mark.parametrize("kg", [0, 1000, 1001, -1])
def test_a_split_leaves_no_part_empty(kg):
    with pytest.raises(ValueError, match="cut off"):
        Serial("TRANSIT", 2026, 1, 1000).cut(kg)


def test_a_lineage_hash_hangs_on_serial_holder_and_origin():
    serial = Serial("TRANSIT", 2026, 1, 25)
    first = serials.lineage_hash(serial, holder="lvbao", origin="00")
    # printf 'CN-JX-FZ-LBR-TRANSIT-2026-0000000001-0000000025\nlvbao\n00\n' | sha256sum
    assert first == "47b362d6d03b554a41c79dca82e6e4a13180894ab80db031fa697ed2649dba6c"
    others = [("lvbao", "01"), ("park", "00")]
    assert first not in {serials.lineage_hash(serial, holder=holder, origin=origin) for holder, origin in others}


@pytest.mark.parametrize(
    ("events", "size"), [(0, 0), (60, 60), (100, 100), (10_000, 100), (10_001, 101), (1_000_000, 10_000)]
)
def test_one_in_a_hundred_is_audited_but_a_hundred_at_least(events, size):
    assert samples.size(events, share=Fraction(1, 100), least=100) == size


def test_a_sample_is_the_same_for_good_and_another_seed_another():
    chosen = samples.chosen(1_000, size=5, seed="TRANSIT-2026-361002/1")
    assert chosen.tolist() == [237, 264, 636, 981, 992]  # counted once more in plain Python integers
    assert samples.chosen(1_000, size=5, seed="other").tolist() != chosen.tolist()
    assert samples.chosen(7, size=7, seed="x").tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_a_sample_favours_no_part_of_the_batch():
    counts = np.bincount(samples.chosen(100_000, size=10_000, seed="even") // 10_000, minlength=10)
    assert counts.min() > 900 and counts.max() < 1_100  # ten standard deviations are 300


@pytest.mark.parametrize(
    ("begun", "days", "until"),
    [
        pytest.param(date(2026, 11, 2), 7, date(2026, 11, 12), id="a Monday: Tuesday to the Wednesday after"),
        pytest.param(date(2026, 9, 18), 7, date(2026, 9, 30), id="a Sunday is worked, the festival of the moon is not"),
        pytest.param(date(2026, 9, 30), 1, date(2026, 10, 9), id="over the golden week"),
        pytest.param(date(2026, 11, 2), 0, date(2026, 11, 3), id="none"),
    ],
)
def test_working_days(begun, days, until):
    assert working_days.after(begun, days) == until


def test_a_year_whose_holidays_are_not_announced():
    with pytest.raises(working_days.CalendarMissing, match="2027"):
        working_days.after(date(2026, 12, 29), 7)


def test_rules_of_a_day():
    found = rules.in_force(date(2026, 11, 20))
    assert (found.deduction, found.buffer, found.notice_days, found.audit_least) == (
        FIVE_PERCENT, FIVE_PERCENT, 7, 100,
    )  # fmt: skip
    assert "fund_share" in found.unconfirmed and "notice_days" not in found.unconfirmed


def event(**other):
    told = {
        "act": "M02", "partner": "bike-co", "external_id": "e1", "asset_ref": "", "business_on": "2026-11-20",
        "started_us": 1_795_000_000_000_000, "ended_us": 1_795_000_900_000_000,
    }  # fmt: skip
    return Event(**(told | other))


def test_a_ride_is_claimed_by_the_operators_own_number():
    (claim,) = collisions.claims(event(), salt=b"s")
    assert claim == ("ride", collisions.hashed("ride", "bike-co/e1", salt=b"s"), "")
    assert "bike-co" not in claim[1]
    assert list(collisions.claims(event(), salt=b"other")) != [claim]


def test_power_of_a_roof_is_claimed_hour_by_hour():
    noon = 1_795_147_200_000_000  # 2026-11-20T04:00Z
    found = collisions.claims(
        event(act="H06", asset_ref="meter-1", started_us=noon, ended_us=noon + 3 * collisions.HOUR_US), salt=b"s"
    )
    assert [period for _kind, _key, period in found] == ["2026-11-20T04Z", "2026-11-20T05Z", "2026-11-20T06Z"]


def test_a_meter_that_is_not_named_claims_nothing():
    assert list(collisions.claims(event(act="H01"), salt=b"s")) == []
