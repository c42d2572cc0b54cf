"""The catalogue: what coins buy, how much of it there is, and the vouchers that residents hold."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class OfferStatus(models.TextChoices):
    """Whether an offer can be had."""

    PROPOSED = "proposed", _("待上架")
    OPEN = "open", _("可兑换")
    CLOSED = "closed", _("已下架")


class Offer(models.Model):
    """Something at a merchant for a number of coins. ``stock`` counts from the beginning; None where it never ends.

    ``reserved``: vouchers that are out; ``used``: those that were handed in.
    """

    code = models.CharField(max_length=40, unique=True)
    merchant = models.CharField(max_length=64)
    title_zh = models.CharField(max_length=100)
    title_en = models.CharField(max_length=100)
    coins = models.BigIntegerField()
    stock = models.PositiveIntegerField(null=True)
    reserved = models.PositiveIntegerField(default=0)
    used = models.PositiveIntegerField(default=0)
    each_at_most = models.PositiveIntegerField()
    voucher_days = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField()
    status = models.CharField(max_length=16, choices=OfferStatus, default=OfferStatus.PROPOSED)
    proposed_by = models.CharField(max_length=150)
    approved_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(coins__gt=0, reserved__gte=0, used__gte=0, each_at_most__gt=0, voucher_days__range=(1, 366))
                & (Q(stock__isnull=True) | Q(stock__gte=F("reserved") + F("used"))),
                name="greenpoints_offer_stock",
            ),
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="greenpoints_offer_days"),
            models.CheckConstraint(
                condition=~Q(status=OfferStatus.OPEN) | ~Q(approved_by="") & ~Q(approved_by=F("proposed_by")),
                name="greenpoints_offer_two_people",
            ),
        ]


class Voucher(models.Model):
    """A resident's claim to an offer: a number that is used once. What becomes of it is told by its redemption."""

    number = models.BigIntegerField(unique=True)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="vouchers")
    redemption = models.OneToOneField("greenpoints.Redemption", on_delete=models.PROTECT, related_name="voucher")
    person_ref = models.CharField(max_length=32)
    request = models.CharField(max_length=64)
    expires_on = models.DateField()
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person_ref", "request"], name="greenpoints_voucher_request"),
            models.CheckConstraint(condition=Q(number__range=(0, 2**40 - 1)), name="greenpoints_voucher_number"),
        ]
