"""Circles of residents who compare what they save: joined and left by one's own choice."""

import re
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import events, regions
from core.errors import RuleViolation
from greenpoints.models import Circle, CircleKind, CircleMember
from identity import queries as identity_queries

MOST_CIRCLES = 3
CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,38}")


class CircleMissing(RuleViolation):
    """No circle has this code."""

    code = "circle_missing"
    message = _("没有这个圈子。")
    status = 404


class CircleRefused(RuleViolation):
    """A circle needs a code, a kind, both names and a region of Fuzhou; ``reason`` says what is wrong."""

    code = "circle_refused"
    message = _("圈子的代码、类别、名称或所在地不符合要求。")
    status = 422


class MayNotJoin(RuleViolation):
    """A child is in no ranking, and nobody is in more than three; ``reason`` says which."""

    code = "circle_may_not_join"
    message = _("未满14周岁不参加排行，每人最多加入三个圈子。")


def open_circle(code: str, *, kind: str, name_zh: str, name_en: str, region: str, at: datetime) -> None:
    """Open a circle; the same again changes nothing. Raises CircleRefused."""
    if not CODE.fullmatch(code):
        raise CircleRefused(reason="code", value=code[:40])
    if kind not in CircleKind.values:
        raise CircleRefused(reason="kind", value=kind)
    if not name_zh or not name_en:
        raise CircleRefused(reason="name")
    if region not in regions.table() or not regions.is_within(region, wider=regions.FUZHOU):
        raise CircleRefused(reason="region", value=region)
    told = {"kind": kind, "name_zh": name_zh, "name_en": name_en, "region": region}
    with transaction.atomic():
        row, made = Circle.objects.get_or_create(code=code, defaults=told | {"opened_at": at})
        if not made and any(getattr(row, name) != value for name, value in told.items()):
            raise CircleRefused(reason="code_taken", value=code)
        if made:
            events.record("greenpoints.circle_opened", subject=f"circle/{code}", occurred_at=at, detail={"kind": kind})


def join(person: str, circle: str, *, on: date) -> None:
    """Put a person into a circle from a day on; what they saved before stays out. Again: nothing.

    Raises CircleMissing, PersonMissing, MayNotJoin.
    """
    with transaction.atomic():
        row = _circle(circle)
        if identity_queries.person(person).age_group == "child":
            raise MayNotJoin(reason="child")
        inside = CircleMember.objects.select_for_update().filter(person_ref=person, left_on=None)
        if inside.filter(circle=row).exists():
            return
        if inside.count() >= MOST_CIRCLES:
            raise MayNotJoin(reason="too_many", most=MOST_CIRCLES)
        CircleMember.objects.create(circle=row, person_ref=person, joined_on=on)


def leave(person: str, circle: str, *, on: date) -> None:
    """Take a person out of a circle; what they saved in it stays in its past sums. Again: nothing."""
    CircleMember.objects.filter(person_ref=person, circle=_circle(circle), left_on=None).update(left_on=on)


def _circle(code: str) -> Circle:
    row = Circle.objects.filter(code=code).first()
    if row is None:
        raise CircleMissing(circle=code[:40])
    return row
