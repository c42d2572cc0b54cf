"""What is said beforehand, by the command: late batches, operators, vehicles."""

from datetime import date, timedelta

import pytest
from behaviour_lines import AT, DAY, as_bytes, ride
from django.core.management import CommandError, call_command

from bookkeeping import queries as book
from greenpoints.intake import batches
from greenpoints.models import Batch, Behaviour, OwnAct


def receive(rows, *, received_at=AT, code="b1"):
    return batches.receive(
        partner="bike-co", batch=code, business_on=DAY, content=as_bytes(rows), received_at=received_at
    )


def test_a_batch_that_comes_after_a_week_waits_for_an_operator(scene):
    on_time = receive([ride("e1", 8)], received_at=AT + timedelta(days=6))
    assert batches.credit(on_time.id, as_of=AT).status == "credited"
    late = receive([ride("e2", 12)], received_at=AT + timedelta(days=8), code="late")
    assert (late.status, batches.credit(late.id, as_of=AT).status) == ("late", "late")
    call_command("greenpoints", "approve", "late", "--partner", "bike-co", "--by", "ann")
    assert Batch.objects.get(code="late").status == "credited"
    assert book.balance(f"co2e:resident/{scene[0]}").posted == 256_000
    with pytest.raises(CommandError, match="batch_not_late"):
        call_command("greenpoints", "approve", "late", "--partner", "bike-co", "--by", "ann")


def test_m09_an_electric_car_counts_once_it_is_enrolled_and_on_one_channel_a_month(scene):
    trip = ride("t", 8, act="M09", quantity=10_000, evidence={"type": "telematics"}, asset_ref="vin-1")
    batches.credit(receive([trip]).id, as_of=AT)
    assert Behaviour.objects.get().reason == "vehicle_not_enrolled"
    enrol = ("greenpoints", "vehicle", "vin-1", "--month", str(date(2026, 11, 20)), "--channel")
    for _again in range(2):
        call_command(*enrol, "driving")
    with pytest.raises(CommandError, match="vehicle_on_other_channel"):
        call_command(*enrol, "charging")
    later = trip | {
        "external_id": "u",
        "started_at": "2026-11-20T12:00:00+08:00",
        "ended_at": "2026-11-20T12:15:00+08:00",
    }
    batches.credit(receive([later], code="b2").id, as_of=AT)
    assert dict(Behaviour.objects.values_list("external_id", "counted_quantity")) == {"t": 10_000, "u": 10_000}


def test_an_operator_is_declared_once(scene):
    for _again in range(2):
        call_command("greenpoints", "operator", "M02", "--partner", "bike-co", "--by", "ann")
    assert list(OwnAct.objects.values_list("partner", "act")) == [("bike-co", "M02")]
    with pytest.raises(CommandError, match="act_unknown"):
        call_command("greenpoints", "operator", "X99", "--partner", "bike-co", "--by", "ann")
