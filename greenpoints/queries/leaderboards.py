"""Who saved most, without telling who anybody is: names change every month, and small groups are not shown."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from greenpoints.models import Behaviour, Circle, Goal

LEAST_MEMBERS = 5  # GB/T 35273 section 6.2: cells of fewer than five people are not published
PLACES_SHOWN = 20
_SAVED = """
    SELECT member.circle_id, member.person_ref, coalesce(sum(act.posted_mg), 0)
    FROM greenpoints_circlemember AS member
    LEFT JOIN greenpoints_behaviour AS act ON act.person_ref = member.person_ref
        AND act.business_on >= %s AND act.business_on >= member.joined_on
        AND act.business_on < %s AND (member.left_on IS NULL OR act.business_on < member.left_on)
    WHERE member.joined_on < %s AND (member.left_on IS NULL OR member.left_on > %s) {one}
    GROUP BY member.circle_id, member.person_ref
"""


@dataclass(frozen=True, slots=True)
class CircleTotal:
    """A circle in a month: ``mg_each`` is the mean of its members, rounded down."""

    code: str
    kind: str
    name: str
    region: str
    members: int
    posted_mg: int
    mg_each: int


@dataclass(frozen=True, slots=True)
class Place:
    """One member in a month, under this month's alias; equal sums share a place."""

    place: int
    alias: str
    posted_mg: int
    own: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """A circle's members in a month; ``places`` is None where there are fewer than five."""

    circle: CircleTotal
    places: list[Place] | None


def circles(month: date, *, after: date) -> list[CircleTotal]:
    """Return the circles with at least five members in the month (first day to before ``after``), best mean first."""
    sums = _sums(None, month, after=after)
    told = [_total(row, sums.get(row.pk, {})) for row in Circle.objects.order_by("code")]
    shown = [row for row in told if row.members >= LEAST_MEMBERS]
    return sorted(shown, key=lambda row: (-row.mg_each, row.code))


def ranking(circle: str, month: date, *, after: date, reader: str) -> Ranking | None:
    """Return the places of a circle as ``reader`` sees them; None where the circle does not exist."""
    row = Circle.objects.filter(code=circle).first()
    if row is None:
        return None
    sums = _sums(row, month, after=after).get(row.pk, {})
    total = _total(row, sums)
    if total.members < LEAST_MEMBERS:
        return Ranking(total, None)
    ordered = sorted(sums.items(), key=lambda item: (-item[1], alias(item[0], month=month, circle=circle)))
    places = [
        Place(1 + sum(mg > own for mg in sums.values()), alias(ref, month=month, circle=circle), own, ref == reader)
        for ref, own in ordered
    ]
    shown = places[:PLACES_SHOWN] + [place for place in places[PLACES_SHOWN:] if place.own]
    return Ranking(total, shown)


def alias(person: str, *, month: date, circle: str) -> str:
    """Return the name of a person in a circle for a month: nobody can carry it over to the next or to another."""
    text = f"{month.year}-{month.month:02}/{circle}/{person}"
    digest = hmac.new(settings.FIELD_INDEX_KEY.encode(), f"alias/{text}".encode(), hashlib.sha256).hexdigest()
    return digest[:6].upper()


def circles_of(person: str) -> list[Circle]:
    """Return the circles that the person is in."""
    return list(Circle.objects.filter(members__person_ref=person, members__left_on=None).order_by("code"))


def open_circles() -> list[Circle]:
    """Return every circle that may be joined."""
    return list(Circle.objects.order_by("region", "code"))


def goal(person: str) -> int | None:
    """Return what the person wants to save in a month, in grams; None where no goal was chosen."""
    return Goal.objects.filter(person_ref=person).values_list("monthly_g", flat=True).first()


def saved_mg(person: str, *, first: date, after: date) -> int:
    """Return what the person saved from the first day to before ``after``."""
    days = Behaviour.objects.filter(person_ref=person, business_on__gte=first, business_on__lt=after)
    return int(days.aggregate(mg=Coalesce(Sum("posted_mg"), 0))["mg"])


def _sums(circle: Circle | None, month: date, *, after: date) -> dict[int, dict[str, int]]:
    """Return, by circle, what each member of the month saved while a member; of one circle or of all."""
    day = connection.ops.adapt_datefield_value
    values = [day(month), day(after), day(after), day(month)]
    with connection.cursor() as cursor:
        if circle is None:
            cursor.execute(_SAVED.format(one=""), values)
        else:
            cursor.execute(_SAVED.format(one="AND member.circle_id = %s"), [*values, circle.pk])
        rows = cursor.fetchall()
    sums: dict[int, dict[str, int]] = {}
    for circle_id, ref, mg in rows:
        sums.setdefault(circle_id, {})[ref] = int(mg)
    return sums


def _total(circle: Circle, sums: dict[str, int]) -> CircleTotal:
    english = (get_language() or "").startswith("en")
    total = sum(sums.values())
    return CircleTotal(
        circle.code,
        circle.kind,
        circle.name_en if english else circle.name_zh,
        circle.region,
        len(sums),
        total,
        total // len(sums) if sums else 0,
    )
