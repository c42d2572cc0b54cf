"""Acts taken back after they were credited, and what residents owe for coins they had spent by then."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from greenpoints.models.batches import Behaviour


class ReversalCause(models.TextChoices):
    """Why an act is taken back."""

    REFUNDED = "refunded", _("票据或订单已退")
    FRAUD = "fraud", _("虚假行为")
    MISTAKE = "mistake", _("数据方更正")


class Reversal(models.Model):
    """One act taken back: the grams, the coins that came back, those still owed, those written off beyond the limit."""

    behaviour = models.OneToOneField(Behaviour, on_delete=models.PROTECT, related_name="reversal")
    person_ref = models.CharField(max_length=32)
    cause = models.CharField(max_length=16, choices=ReversalCause)
    reversed_mg = models.BigIntegerField()
    returned_coins = models.BigIntegerField()
    owed_coins = models.BigIntegerField()
    lost_coins = models.BigIntegerField()
    by = models.CharField(max_length=150)
    reversed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reversed_mg__gte=0, returned_coins__gte=0, owed_coins__gte=0, lost_coins__gte=0),
                name="greenpoints_reversal_amounts",
            ),
        ]
        indexes = [models.Index(fields=["person_ref"], name="greenpoints_reversal_person")]


class Debt(models.Model):
    """Coins that a resident owes a sponsor; nothing can be spent until later coins have paid them."""

    person_ref = models.CharField(max_length=32)
    sponsor = models.CharField(max_length=64)
    coins = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person_ref", "sponsor"], name="greenpoints_debt_once"),
            models.CheckConstraint(condition=Q(coins__gte=0), name="greenpoints_debt_coins"),
        ]
