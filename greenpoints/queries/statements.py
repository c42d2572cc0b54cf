"""A resident's statement of a month or a year: coins and reductions, from opening to closing, entry by entry."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Sum
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bookkeeping import movements, transparency
from bookkeeping.movements import Movement
from core.errors import RuleViolation
from greenpoints.models import Behaviour
from greenpoints.quantification.acts import ACTS
from greenpoints.reasons import ACCEPTED
from greenpoints.screening.checks import LOCAL

FIRST_YEAR = 2017  # the scheme began in August of that year
_PERIOD = re.compile(r"(?P<year>20[0-9]{2})(-(?P<month>0[1-9]|1[0-2]))?")
# Why coins or grams moved, read from the other side's heading and the direction.
_PURPOSES: Mapping[tuple[str, bool], str] = {
    ("fund", True): "earned",
    ("act", True): "saved",
    ("merchant", False): "redeemed",
    ("merchant", True): "refunded",
    ("breakage", False): "expired",
    ("family", False): "shared",
    ("family", True): "returned",
    ("donated", False): "donated",
    ("entrusted", False): "entrusted",
    ("entrusted", True): "withdrawn",
    ("fund", False): "taken_back",
    ("act", False): "taken_back",
}
PURPOSES = {
    "earned": _("低碳行为所得"), "saved": _("减排入账"), "redeemed": _("兑换"), "refunded": _("退回"),
    "expired": _("到期失效"), "shared": _("家庭共用"), "returned": _("家庭退回"), "donated": _("捐赠"),
    "entrusted": _("委托"), "withdrawn": _("撤回委托"), "taken_back": _("冲回"), "other": _("其他"),
}  # fmt: skip


class PeriodRefused(RuleViolation):
    """The period is neither a month such as 2026-09 nor a year such as 2026, or it has not begun."""

    code = "period_refused"
    message = _("请填写月份（如 2026-09）或年份（如 2026），且不晚于今天。")
    status = 422


@dataclass(frozen=True, slots=True)
class Period:
    """A month or a year of civil days in Fuzhou, from ``first`` to before ``after``."""

    code: str
    first: date
    after: date

    @property
    def start(self) -> datetime:
        """Return its first instant."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=LOCAL)

    @property
    def end(self) -> datetime:
        """Return the first instant after it."""
        return datetime(self.after.year, self.after.month, self.after.day, tzinfo=LOCAL)


@dataclass(frozen=True, slots=True)
class ActTotal:
    """One act in the period: how often it was accepted, what it counted, the grams it posted."""

    act: str
    label: str
    times: int
    counted: int
    unit: str
    posted_mg: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the book: ``asset`` is coin or co2e (mg), ``quantity`` signed, ``balance`` what there was after."""

    at: datetime
    asset: str
    purpose: str
    quantity: int
    balance: int
    reference: str
    leg_id: int


@dataclass(frozen=True, slots=True)
class PersonalStatement:
    """Coins and milligrams of CO2e of a person: opening + the entries = closing, for each asset.

    ``sums``: by asset and purpose; ``complete``: the period is over.
    """

    person: str
    period: Period
    opening: dict[str, int]
    closing: dict[str, int]
    sums: dict[str, dict[str, int]]
    acts: list[ActTotal]
    entries: list[Entry]
    complete: bool


def period(code: str, *, today: date) -> Period:
    """Return the month or the year that ``code`` names. Raises PeriodRefused."""
    found = _PERIOD.fullmatch(code)
    if found is None:
        raise PeriodRefused(period=code[:20])
    year, month = int(found["year"]), int(found["month"] or 1)
    first = date(year, month, 1)
    if year < FIRST_YEAR or first > today:
        raise PeriodRefused(period=code)
    after = date(year + 1, 1, 1) if found["month"] is None else date(year + month // 12, month % 12 + 1, 1)
    return Period(code, first, after)


def statement(person: str, *, of: Period, today: date) -> PersonalStatement:
    """Return the statement; all zeros for somebody who has no account."""
    accounts = _accounts(person)
    moved = movements.between(list(accounts), start=of.start, end=of.end)
    running = dict(moved.opening)
    entries: list[Entry] = []
    sums: dict[str, dict[str, int]] = {asset: {} for asset in accounts.values()}
    for row in moved.rows:
        running[row.account] += row.quantity
        asset, purpose = accounts[row.account], purpose_of(row)
        sums[asset][purpose] = sums[asset].get(purpose, 0) + row.quantity
        entries.append(
            Entry(row.occurred_at, asset, purpose, row.quantity, running[row.account], row.reference, row.leg_id)
        )
    return PersonalStatement(
        person=person,
        period=of,
        opening={asset: moved.opening[code] for code, asset in accounts.items()},
        closing={asset: moved.closing[code] for code, asset in accounts.items()},
        sums=sums,
        acts=_acts(person, of=of),
        entries=entries,
        complete=of.after <= today,
    )


def proof(person: str, *, of: Period) -> dict[str, Any]:
    """Return the statement as the offline verifier takes it: every entry with its path to the newest signed head.

    Entries that no head covers yet are left out, and so is the time after them: the accounts close with the last
    entry that is covered. Raises NotSealedYet where nothing was sealed.
    """
    moved = movements.between(list(_accounts(person)), start=of.start, end=of.end)
    told = transparency.inclusion_of_legs(row.leg_id for row in moved.rows)
    closing = dict(moved.opening)
    for leaf in told["leaves"]:
        leg = leaf["leg"]
        for side, sign in (("source", -1), ("target", 1)):
            if leg[side] in closing:
                closing[leg[side]] += sign * leg["quantity"]
    accounts = {code: {"opening": moved.opening[code], "closing": closing[code]} for code in closing}
    missing = len(moved.rows) - len(told["leaves"])
    return told | {"statement": {"period": of.code, "accounts": accounts, "not_sealed_yet": missing}}


def purpose_of(row: Movement) -> str:
    """Return why the account moved, as a key of PURPOSES."""
    heading = row.counterpart.partition("/")[0].partition(":")[2]
    return _PURPOSES.get((heading, row.quantity > 0), "other")


def _accounts(person: str) -> dict[str, str]:
    return {f"{asset}:resident/{person}": asset for asset in ("coin", "co2e")}


def _acts(person: str, *, of: Period) -> list[ActTotal]:
    english = (get_language() or "").startswith("en")
    rows = (
        Behaviour.objects.filter(
            person_ref=person, business_on__gte=of.first, business_on__lt=of.after, status__in=ACCEPTED
        )
        .values_list("act", "unit")
        .annotate(times=Count("id"), counted=Sum("counted_quantity"), mg=Sum("posted_mg"))
        .order_by("-mg", "act")
    )
    return [
        ActTotal(
            act, (ACTS[act].en if english else ACTS[act].zh) if act in ACTS else act, times, counted, unit, int(mg)
        )
        for act, unit, times, counted, mg in rows
    ]
