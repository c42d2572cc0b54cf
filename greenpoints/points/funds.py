"""Sponsors' funds: who pays for the coins, and with how much."""

import re
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookkeeping import chart, postings
from bookkeeping.chart import Nature
from bookkeeping.postings import Leg
from core.errors import RuleViolation
from greenpoints.models import Fund

MAX_SPONSOR_LENGTH = 40  # so that references of the book stay within 120 letters
_CODE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._\-]{{0,{MAX_SPONSOR_LENGTH - 1}}}").fullmatch


class SponsorCodeInvalid(RuleViolation):
    """The sponsor's code has letters that are not allowed, or is too long."""

    code = "sponsor_code_invalid"
    message = _("资助方代码只能由字母、数字、点、横线和下划线组成，最长 40 个字符。")
    status = 422


def endow(*, sponsor: str, coins: int, fen: int, reference: str, valid_from: date, at: datetime) -> None:
    """Give a sponsor's fund ``coins`` to issue and ``fen`` to pay for them; the same reference again changes nothing.

    ``reference`` names the business fact, e.g. the order of the city's finance bureau. The money itself lies in the
    supervised bank account; the book mirrors it.
    """
    if not _CODE(sponsor):
        raise SponsorCodeInvalid(sponsor=sponsor[:80])
    with transaction.atomic():
        chart.open_accounts([f"coin:issued/{sponsor}", f"fen:granted/{sponsor}"], nature=Nature.SOURCE)
        chart.open_accounts(
            [f"coin:fund/{sponsor}", f"fen:fund/{sponsor}", f"fen:reserved/{sponsor}"], nature=Nature.HOLDER
        )
        postings.post(
            reference=f"endowment/{sponsor}/{reference}",
            legs=[
                Leg(f"coin:issued/{sponsor}", f"coin:fund/{sponsor}", coins),
                Leg(f"fen:granted/{sponsor}", f"fen:fund/{sponsor}", fen),
            ],
            occurred_at=at,
        )
        Fund.objects.get_or_create(sponsor=sponsor, defaults={"valid_from": valid_from})


def sponsors_on(day: date) -> list[str]:
    """Return who pays for the coins of ``day``: the funds in force, the latest first; where one is empty, the next."""
    in_force = Fund.objects.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)
    return list(in_force.order_by("-valid_from", "sponsor").values_list("sponsor", flat=True))
