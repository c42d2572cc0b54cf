"""The table of double counting, row by row: who claimed first keeps it, and what is not shown is denied."""

from datetime import date

import pytest
from behaviour_lines import AT, DAY, ride
from registry_story import FROZEN, ISSUED, entrust, frozen, issued, on_file, warranted

from core.invariants import Broken
from greenpoints import invariants
from greenpoints.certification import collisions
from greenpoints.models import Behaviour, Claim, PooledEvent, UnitOrder
from greenpoints.registry import claims, units
from identity import real_names

NOON_US = 1_795_147_200_000_000  # 2026-11-20T04:00Z


def add(person, act, n, *, asset="", hours=1, partner="bike-co", evidence=None, start_us=NOON_US):
    """Write down an accepted behaviour with its grams, and post them; intake has tests of its own."""
    from bookkeeping import chart, postings
    from bookkeeping.postings import Leg
    from greenpoints.models import Batch
    from greenpoints.quantification.acts import ACTS

    batch, _made = Batch.objects.get_or_create(
        partner=partner,
        code="direct",
        defaults={"business_on": DAY, "digest": "", "received_at": AT, "status": "credited"},
    )
    Behaviour.objects.create(
        batch=batch, row=n, partner=partner, external_id=f"{act}-{n}", act=act, person_ref=person, business_on=DAY,
        started_us=start_us, ended_us=start_us + hours * collisions.HOUR_US, quantity=1, counted_quantity=1,
        asset_ref=asset, evidence=evidence or next(iter(ACTS[act].evidence)), status="credited", gross_mg=2_000_000,
        net_mg=2_000_000, posted_mg=2_000_000, factor=f"{act} 1 g/x 361000 seen V x A 1.0",
    )  # fmt: skip
    chart.open_accounts([f"co2e:act/{act}"], nature="source", striped=True)
    chart.open_accounts([f"co2e:resident/{person}"], nature="holder")
    postings.post(
        reference=f"act/{partner}/{act}-{n}", occurred_at=AT,
        legs=[Leg(f"co2e:act/{act}", f"co2e:resident/{person}", 2_000_000)],
    )  # fmt: skip


def attest(kind, subject, until=date(2027, 1, 1)):
    claims.attest(
        kind=kind, subject=subject, valid_from=date(2026, 1, 1), valid_to=until, document_ref="D", by="maker", at=AT
    )


@pytest.fixture
def home(scene):
    """Return a resident who entrusted the grams of a method over every tradable act."""
    on_file("ALL", acts=sorted(collisions.TRADABLE))
    real_names.confirm(scene[0], token="card-0", age_group="adult", at=AT)
    entrust(scene[0], method="ALL")
    return scene[0]


def pooled():
    """Freeze the year and return the taken events and why the others were left out."""
    batch = frozen("ALL")
    return sorted(batch.pooled_events.values_list("behaviour__external_id", flat=True)), batch.left_out


def test_every_act_that_the_catalogue_calls_tradable_has_a_rule():
    from greenpoints.quantification.acts import ACTS

    assert {code for code, act in ACTS.items() if act.tradable} == collisions.TRADABLE


def test_a_ride_needs_the_partners_warranty(home):
    add(home, "M05", 1)
    assert pooled() == ([], {"not_attested": 1})


def test_a_ride_that_another_programme_has_is_not_ours(home):
    warranted()
    for n in (1, 2):
        add(home, "M05", n)
    key = collisions.hashed("ride", "bike-co/M05-1", salt=claims.salt())
    claims.make(kind="ride", key=key, period="", claimant="alipay", cause="exchange/2026-12", at=AT)
    assert pooled() == (["M05-2"], {"claimed": 1})
    with pytest.raises(claims.AlreadyClaimed) as refused:  # and the other way round
        other = collisions.hashed("ride", "bike-co/M05-2", salt=claims.salt())
        claims.make(kind="ride", key=other, period="", claimant="alipay", cause="exchange/2027-01", at=AT)
    assert refused.value.detail["claimant"] == "lvbao"


def test_power_of_a_roof_is_denied_unless_somebody_looked_for_certificates(home):
    add(home, "H06", 1, asset="meter-1")
    attest("household_meter", "meter-1")
    assert pooled() == ([], {"not_attested": 1})


def test_power_of_a_roof_with_a_look_up_counts_and_its_hours_are_taken(home):
    add(home, "H06", 1, asset="meter-1", hours=2)
    add(home, "H06", 2, asset="meter-1", start_us=NOON_US + collisions.HOUR_US)  # overlaps the second hour
    for kind in ("household_meter", "no_certificate"):
        attest(kind, "meter-1")
    assert pooled() == (["H06-1"], {"claimed": 1})
    assert sorted(Claim.objects.values_list("period", flat=True)) == ["2026-11-20T04Z", "2026-11-20T05Z"]


def test_one_hour_with_a_certificate_takes_the_whole_record(home):
    add(home, "H06", 1, asset="meter-1", hours=3)
    for kind in ("household_meter", "no_certificate"):
        attest(kind, "meter-1")
    key = collisions.hashed("meter_hour", "meter-1", salt=claims.salt())
    claims.make(kind="meter_hour", key=key, period="2026-11-20T05Z", claimant="green-certificate", cause="GC-1", at=AT)
    assert pooled() == ([], {"claimed": 1})
    assert Claim.objects.count() == 1  # ours on the other two hours were given up


def test_a_look_up_that_ended_before_the_day_shows_nothing(home):
    add(home, "H06", 1, asset="meter-1")
    attest("household_meter", "meter-1")
    attest("no_certificate", "meter-1", until=DAY)
    assert pooled() == ([], {"not_attested": 1})


def test_a_charge_counts_where_the_operator_waived_its_own_claim(home):
    add(home, "M10", 1, asset="car-1")
    add(home, "M10", 2, asset="car-1", partner="pile-co")
    attest("operator_waiver", "pile-co")
    assert pooled() == (["M10-2"], {"not_attested": 1})


def test_a_parcels_service_has_one_claimant_a_year(db):
    told = {"kind": "parcel", "key": "361002-001/carbon", "period": "2026", "at": AT}
    for _again in range(2):
        claims.make(**told, claimant="gep", cause="account/2026")
    with pytest.raises(claims.AlreadyClaimed) as refused:
        claims.make(**told, claimant="ccer", cause="project/7")
    assert refused.value.detail["claimant"] == "gep"
    claims.make(**(told | {"period": "2027"}), claimant="ccer", cause="project/7")


def test_a_tree_gives_its_planter_no_tradable_gram(db):
    assert "N01" not in collisions.TRADABLE


def test_the_meter_of_a_firm_is_not_a_households(home):
    add(home, "H01", 1, asset="meter-firm")
    add(home, "H01", 2, asset="meter-home")
    attest("household_meter", "meter-home")
    assert pooled() == (["H01-2"], {"not_attested": 1})


def test_a_saving_without_its_meter_is_left_out(home):
    add(home, "H01", 1)
    assert pooled() == ([], {"no_asset": 1})


def test_what_lies_within_the_boundary_of_the_carbon_market_is_left_out(home):
    add(home, "M09", 1, asset="plant-car")
    attest("ets_boundary", "plant-car")
    assert pooled() == ([], {"inside_ets": 1})


def test_a_park_counts_retired_units_once(home, deliver):
    warranted()
    for n in range(3):
        add(home, "M05", n)
    batch = issued("ALL")
    assert (batch.units_kg, batch.buffer_kg) == (5, 1)
    told = {
        "serial_or_series": "ALL-2026",
        "holder": "lvbao-pool",
        "beneficiary": "东乡经开区",
        "by": "o",
        "at": ISSUED,
    }
    units.retire(order="park-1", quantity_kg=4, purpose="park_offset", **told)
    from greenpoints.registry.blocks import UnitsShort

    with pytest.raises(UnitsShort):
        units.retire(order="park-2", quantity_kg=1, purpose="park_offset", **told)
    serials = UnitOrder.objects.get().serials
    with pytest.raises(UnitsShort):
        units.retire(order="park-3", **(told | {"serial_or_series": serials[0]}), purpose="event")


def test_photos_are_not_tradable_whatever_the_act(home):
    warranted()
    add(home, "M05", 1, evidence="photo")
    assert pooled() == ([], {"evidence_class": 1})


def test_an_unconfirmed_figure_keeps_an_event_out(home):
    warranted()
    add(home, "M05", 1)
    Behaviour.objects.update(factor="M05 1 g/x 361000 guess U x A 1.0")
    assert pooled() == ([], {"unconfirmed_figure": 1})


def test_a_person_under_review_waits(home):
    from greenpoints.models import RiskCase

    warranted()
    add(home, "M05", 1)
    RiskCase.objects.create(
        key="k", subject_kind="person", subject=home, reason="velocity", facts={}, business_on=DAY, raised_at=AT
    )
    assert pooled() == ([], {"risk": 1})


def test_an_event_is_taken_once_though_its_resident_moves(home, scene):
    from identity import people

    warranted()
    add(home, "M05", 1)
    issued("ALL")
    people.correct(home, name="某人", phone="", region="361003", at=AT)
    batch = frozen("ALL", county="361003")
    assert (batch.events, batch.left_out) == (0, {"pooled": 1})
    assert PooledEvent.objects.count() == 1


def test_the_nightly_scan_finds_an_event_without_its_claim(home):
    warranted()
    add(home, "M05", 1)
    frozen("ALL")
    assert not [f for f in invariants.every_pooled_event_is_claimed() if isinstance(f, Broken)]
    Claim.objects.all().delete()
    (found,) = [f for f in invariants.every_pooled_event_is_claimed() if isinstance(f, Broken)]
    assert found.row == "act/bike-co/M05-1"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [({"kind": "x"}, "kind"), ({"subject": ""}, "subject"), ({"document_ref": ""}, "document_ref"),
     ({"valid_to": date(2026, 1, 1)}, "valid_to")],
)  # fmt: skip
def test_what_is_no_attestation(db, wrong, reason):
    told = {
        "kind": "no_certificate", "subject": "m", "valid_from": date(2026, 1, 1), "valid_to": date(2027, 1, 1),
        "document_ref": "D", "by": "o", "at": FROZEN,
    }  # fmt: skip
    with pytest.raises(claims.ClaimRefused) as refused:
        claims.attest(**(told | wrong))
    assert refused.value.detail["reason"] == reason


def test_a_ride_of_the_intake_is_left_out_without_a_warranty(home, deliver):
    deliver([ride("e1", 8)])
    assert pooled() == ([], {"not_attested": 1})
