"""A day is looked over: its events become columns, the detectors find, cases are raised. Again: nothing new."""

from datetime import date, datetime, timedelta

import pandas as pd
from django.db.models import Count

from greenpoints.detectors import organisations, people
from greenpoints.detectors.findings import EVENT_COLUMNS, ORDER_COLUMNS, Finding, limits
from greenpoints.models import Behaviour, Redemption, RedemptionStatus
from greenpoints.reasons import ACCEPTED
from greenpoints.risk import cases
from greenpoints.screening.checks import LOCAL

_FIELDS = (
    "person_ref", "partner", "act", "device", "place", "started_us", "ended_us", "quantity", "counterpart_ref",
    "asset_ref", "evidence_ref",
)  # fmt: skip
WEEK, MONTH = timedelta(days=7), timedelta(days=28)
WALKING = "M01"


def scan(day: date, *, at: datetime) -> int:
    """Look the accepted events and the orders of a civil day over; return how many new cases were raised.

    Memory grows with the events of the day: about 250 bytes each.
    """
    found, told = limits(day), _events(day)
    findings: list[Finding] = [one for detect in people.ALL for one in detect(told, found)]
    findings += people.replayed(_steps(day), found)
    findings += organisations.partners(told, found)
    for partner, records in told.partner.value_counts().items():
        before = _daily_counts(str(partner), day)
        findings += organisations.spike(str(partner), today=int(records), before=before, limits=found)
    findings += organisations.merchants(_orders(day), found)
    return cases.raise_all(findings, business_on=day, at=at)


def _events(day: date) -> pd.DataFrame:
    rows = Behaviour.objects.filter(business_on=day, status__in=ACCEPTED).order_by("pk").values_list(*_FIELDS)
    return pd.DataFrame(rows.iterator(chunk_size=20_000), columns=list(EVENT_COLUMNS))


def _steps(day: date) -> pd.DataFrame:
    rows = Behaviour.objects.filter(
        act=WALKING, business_on__gt=day - WEEK, business_on__lte=day, status__in=ACCEPTED
    ).values_list("person_ref", "business_on", "quantity")
    return pd.DataFrame(rows.iterator(chunk_size=20_000), columns=["person", "business_on", "quantity"])


def _daily_counts(partner: str, day: date) -> list[int]:
    rows = Behaviour.objects.filter(partner=partner, business_on__lt=day, business_on__gte=day - MONTH)
    return list(rows.values("business_on").annotate(n=Count("pk")).order_by("business_on").values_list("n", flat=True))


def _orders(day: date) -> pd.DataFrame:
    begins = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
    rows = Redemption.objects.filter(held_at__gte=begins, held_at__lt=begins + timedelta(days=1))
    told = [
        (merchant, person, coins, round(held_at.timestamp() * 1_000_000), status == RedemptionStatus.RELEASED)
        for merchant, person, coins, held_at, status in rows.values_list(
            "merchant", "person_ref", "coins", "held_at", "status"
        )
    ]
    return pd.DataFrame(told, columns=list(ORDER_COLUMNS)).astype({"returned": bool})
