"""Coins that become goods at merchants."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class RedemptionStatus(models.TextChoices):
    """The two steps of paying with coins."""

    HELD = "held", _("已冻结")
    CONFIRMED = "confirmed", _("已兑换")
    RELEASED = "released", _("已退回")


class Redemption(models.Model):
    """Coins of a resident at a merchant: held, then confirmed or released."""

    order = models.CharField(max_length=64)
    merchant = models.CharField(max_length=64)
    person_ref = models.CharField(max_length=32)
    sponsor = models.CharField(max_length=64)
    coins = models.BigIntegerField()
    confirmed_coins = models.BigIntegerField(default=0)
    unit_cost_fen = models.BigIntegerField()
    status = models.CharField(max_length=16, choices=RedemptionStatus, default=RedemptionStatus.HELD)
    held_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "order"], name="greenpoints_redemption_order"),
            models.CheckConstraint(
                condition=Q(
                    coins__gt=0, confirmed_coins__gte=0, confirmed_coins__lte=models.F("coins"), unit_cost_fen__gte=0
                ),
                name="greenpoints_redemption_coins",
            ),
        ]
        indexes = [models.Index(fields=["person_ref"], name="greenpoints_redemption_person")]
