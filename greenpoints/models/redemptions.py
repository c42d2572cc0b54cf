"""Coins that become goods at merchants, and what comes back."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from greenpoints.models.offers import Offer


class RedemptionStatus(models.TextChoices):
    """The two steps of paying with coins."""

    HELD = "held", _("已冻结")
    CONFIRMED = "confirmed", _("已兑换")
    RELEASED = "released", _("已退回")


class Redemption(models.Model):
    """Coins of a holder at a merchant: held, then confirmed or released; confirmed ones may be refunded, in parts.

    ``holder`` is whose coins are spent (``resident/REF``, or another account with lots); ``person_ref`` who spends.
    """

    order = models.CharField(max_length=64)
    merchant = models.CharField(max_length=64)
    person_ref = models.CharField(max_length=32)
    holder = models.CharField(max_length=48)
    offer = models.ForeignKey(Offer, null=True, on_delete=models.PROTECT, related_name="redemptions")
    coins = models.BigIntegerField()
    confirmed_coins = models.BigIntegerField(default=0)
    confirmed_fen = models.BigIntegerField(default=0)
    refunded_coins = models.BigIntegerField(default=0)
    refunded_fen = models.BigIntegerField(default=0)
    status = models.CharField(max_length=16, choices=RedemptionStatus, default=RedemptionStatus.HELD)
    held_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "order"], name="greenpoints_redemption_order"),
            models.CheckConstraint(
                condition=Q(coins__gt=0, confirmed_coins__gte=0, confirmed_coins__lte=F("coins"))
                & Q(refunded_coins__gte=0, refunded_coins__lte=F("confirmed_coins"))
                & Q(refunded_fen__gte=0, refunded_fen__lte=F("confirmed_fen")),
                name="greenpoints_redemption_coins",
            ),
        ]
        indexes = [
            models.Index(fields=["person_ref"], name="greenpoints_redemption_person"),
            models.Index(fields=["merchant", "resolved_at"], name="greenpoints_redemption_day"),
            models.Index(fields=["expires_at"], condition=Q(status="held"), name="greenpoints_redemption_late"),
        ]


class Refund(models.Model):
    """Coins of a confirmed order that went back to their lots: one row per refund line of the merchant."""

    redemption = models.ForeignKey(Redemption, on_delete=models.PROTECT, related_name="refunds")
    line = models.CharField(max_length=20)
    coins = models.BigIntegerField()
    fen = models.BigIntegerField()
    refunded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["redemption", "line"], name="greenpoints_refund_once"),
            models.CheckConstraint(condition=Q(coins__gt=0, fen__gte=0), name="greenpoints_refund_coins"),
        ]
