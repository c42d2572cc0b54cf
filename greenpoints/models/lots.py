"""Coins by the day they expire: lots, what was taken from them, notices before they end."""

from django.db import models
from django.db.models import F, Q


class Lot(models.Model):
    """The coins of a holder that expire on one day, paid by one sponsor at one cost: a bucket, not a row per posting.

    ``holder`` is the path of the account in the book, e.g. ``resident/REF``; ``coins`` are all that is left, those
    set aside (``held_coins``) among them; ``expires_on`` is the last civil day on which they can be used.
    """

    holder = models.CharField(max_length=48)
    expires_on = models.DateField()
    sponsor = models.CharField(max_length=64)
    unit_cost_fen = models.BigIntegerField()
    coins = models.BigIntegerField(default=0)
    held_coins = models.BigIntegerField(default=0)
    expired_coins = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["holder", "expires_on", "sponsor", "unit_cost_fen"], name="greenpoints_lot_bucket"
            ),
            models.CheckConstraint(
                condition=Q(held_coins__gte=0, coins__gte=F("held_coins"), expired_coins__gte=0, unit_cost_fen__gte=0),
                name="greenpoints_lot_coins",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_on"], condition=Q(coins__gt=F("held_coins")), name="greenpoints_lot_expiring"
            ),
        ]


class LotUse(models.Model):
    """Coins that one spending took from one lot: set aside, then spent in full or part; some may have come back."""

    reference = models.CharField(max_length=150)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="uses")
    coins = models.BigIntegerField()
    spent_coins = models.BigIntegerField(null=True)  # None while they are only set aside
    refunded_coins = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "lot"], name="greenpoints_lotuse_once"),
            models.CheckConstraint(
                condition=Q(coins__gt=0, refunded_coins__gte=0)
                & (
                    Q(spent_coins__isnull=True, refunded_coins=0)
                    | Q(spent_coins__gte=F("refunded_coins"), spent_coins__lte=F("coins"))
                ),
                name="greenpoints_lotuse_coins",
            ),
        ]


class ExpiryNotice(models.Model):
    """A holder was told, ``days_before`` at the latest, that coins are about to expire; each once."""

    holder = models.CharField(max_length=48)
    expires_on = models.DateField()
    days_before = models.PositiveSmallIntegerField()
    coins = models.BigIntegerField()
    noticed_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["holder", "expires_on", "days_before"], name="greenpoints_notice_once"),
            models.CheckConstraint(condition=Q(coins__gt=0), name="greenpoints_notice_coins"),
        ]
