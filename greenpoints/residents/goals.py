"""What a resident wants to save in a month."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from greenpoints.models import Goal

MOST_G = 1_000_000


class GoalRefused(RuleViolation):
    """A goal is a whole number of grams, from 1 g to 1 t a month."""

    code = "goal_refused"
    message = _("目标须为每月 1 克至 1 吨之间的整数。")
    status = 422


def choose(person: str, *, monthly_g: int, at: datetime) -> None:
    """Set the goal of a person; the last one counts. Raises GoalRefused."""
    if not 1 <= monthly_g <= MOST_G:
        raise GoalRefused(monthly_g=monthly_g)
    Goal.objects.update_or_create(person_ref=person, defaults={"monthly_g": monthly_g, "set_at": at})


def drop(person: str) -> None:
    """Forget the goal of a person. Again: nothing."""
    Goal.objects.filter(person_ref=person).delete()
