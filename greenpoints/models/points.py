"""Coins: what is carried, what was issued, who pays."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from greenpoints.models.batches import Batch

MOST_CARRIED = 1_000_000_000  # coins of one resident, owed or due: far beyond anything that acts can bring


class Carry(models.Model):
    """What a resident has earned that is not a coin yet: milligrams, and coins that no fund could pay.

    Below zero are coins that were paid before a later record took their reason away: the next ones go towards them.
    """

    person_ref = models.CharField(max_length=32, primary_key=True)
    carried_mg = models.BigIntegerField(default=0)
    carried_coins = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(carried_mg__gte=0), name="greenpoints_carry_least"),
            models.CheckConstraint(
                condition=Q(carried_coins__gte=-MOST_CARRIED, carried_coins__lte=MOST_CARRIED),
                name="greenpoints_carry_within",
            ),
        ]


class IssueStatus(models.TextChoices):
    """Whether the coins of a day were paid."""

    ISSUED = "issued", _("已发放")
    FUND_EXHAUSTED = "fund_exhausted", _("资金已用尽，留待补发")
    NO_FUND = "no_fund", _("当日没有资助资金，留待补发")


class Issue(models.Model):
    """The coins of one resident from one run, and the fen reserved for them."""

    run = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="issues")
    person_ref = models.CharField(max_length=32)
    business_on = models.DateField()
    sponsor = models.CharField(max_length=64, blank=True)
    coins = models.BigIntegerField()
    cost_fen = models.BigIntegerField()
    status = models.CharField(max_length=16, choices=IssueStatus)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "person_ref"], name="greenpoints_issue_once"),
            models.CheckConstraint(condition=Q(coins__gt=0, cost_fen__gte=0), name="greenpoints_issue_amounts"),
        ]
        indexes = [models.Index(fields=["person_ref", "business_on"], name="greenpoints_issue_day")]


class Fund(models.Model):
    """A sponsor who pays for coins from a day on; the accounts of the book hold what is left."""

    sponsor = models.CharField(max_length=64, unique=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
