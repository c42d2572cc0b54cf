"""Budget lines. Their money stands in the book; an account with floor 0 cannot be overspent, whoever races.

``fen:budget/<line>`` free · ``fen:reserved/<line>`` for approved claims · ``fen:in-payment/<line>`` at the bank ·
``fen:paid/<line>`` paid. What the bank returns goes back to ``fen:budget/<line>``.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from bookkeeping import chart, postings
from bookkeeping.chart import Nature
from bookkeeping.postings import Leg
from core.errors import RuleViolation
from policy.models import BudgetLine

POTS = ("budget", "reserved", "in-payment", "paid")


class BudgetLineMissing(RuleViolation):
    """No budget line has this code."""

    code = "budget_line_missing"
    message = _("没有这个预算科目。")
    status = 404


def account(pot: str, line: str) -> str:
    """Return the account code of one pot of a line."""
    return f"fen:{pot}/{line}"


def open_line(code: str, *, name: str) -> None:
    """Open a budget line and its accounts; a second time changes nothing."""
    with transaction.atomic():
        BudgetLine.objects.get_or_create(code=code, defaults={"name": name})
        chart.open_accounts([account(pot, code) for pot in POTS], nature=Nature.HOLDER, floor=0)
        chart.open_accounts([account("appropriation", code)], nature=Nature.SOURCE, floor=None)


def appropriate(line: str, *, amount_fen: int, document: str, at: datetime) -> None:
    """Put money of a budget document on the line; the same document again changes nothing."""
    with transaction.atomic():
        found = BudgetLine.objects.select_for_update().filter(code=line)
        if not found:
            raise BudgetLineMissing(line=line)
        posted = postings.post(
            reference=f"appropriation/{line}/{document}",
            legs=[Leg(account("appropriation", line), account("budget", line), amount_fen)],
            occurred_at=at,
        )
        if not posted.replayed:
            found.update(appropriated_fen=F("appropriated_fen") + amount_fen)


def move(line: str, *, source: str, target: str, amount_fen: int, reference: str, at: datetime) -> None:
    """Move money between two pots of a line. Raises Overdrawn where the pot does not hold it."""
    postings.post(
        reference=reference,
        legs=[Leg(account(source, line), account(target, line), amount_fen)],
        occurred_at=at,
    )
