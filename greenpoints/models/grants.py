"""Coins that a sponsor gives outside the acts: proposed by one person, paid on the word of another."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class GrantStatus(models.TextChoices):
    """How far a grant has come."""

    PROPOSED = "proposed", _("待复核")
    PAID = "paid", _("已发放")
    REFUSED = "refused", _("已驳回")


class Grant(models.Model):
    """Coins for one resident out of a sponsor's fund, with the reason; two people stand behind it."""

    code = models.CharField(max_length=40, unique=True)
    person_ref = models.CharField(max_length=32)
    sponsor = models.CharField(max_length=64)
    coins = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    status = models.CharField(max_length=16, choices=GrantStatus, default=GrantStatus.PROPOSED)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(coins__gt=0), name="greenpoints_grant_coins"),
            models.CheckConstraint(
                condition=Q(status=GrantStatus.PROPOSED, decided_by="")
                | ~Q(decided_by="") & ~Q(decided_by=F("proposed_by")),
                name="greenpoints_grant_two_people",
            ),
        ]
