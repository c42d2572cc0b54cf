"""What merchants are paid: one statement per period, disputes about it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class StatementStatus(models.TextChoices):
    """How far a merchant's statement has come."""

    CLOSED = "closed", _("已出账")
    DISPUTED = "disputed", _("有异议")
    PAID = "paid", _("已付款")


class MerchantStatement(models.Model):
    """The confirmed orders and refunds of a merchant from ``first_on`` to ``last_on``, both included.

    ``carried_fen`` is what the statement before left: below zero the merchant owed it, above zero it was still to be
    paid. ``due_fen = carried_fen + confirmed_fen - refunded_fen``; ``paid_fen`` is never more.
    """

    merchant = models.CharField(max_length=64)
    first_on = models.DateField()
    last_on = models.DateField()
    orders = models.PositiveIntegerField()
    confirmed_coins = models.BigIntegerField()
    confirmed_fen = models.BigIntegerField()
    refunds = models.PositiveIntegerField()
    refunded_coins = models.BigIntegerField()
    refunded_fen = models.BigIntegerField()
    carried_fen = models.BigIntegerField()
    due_fen = models.BigIntegerField()
    paid_fen = models.BigIntegerField(default=0)
    bank_reference = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=16, choices=StatementStatus, default=StatementStatus.CLOSED)
    closed_at = models.DateTimeField()
    paid_by = models.CharField(max_length=150, blank=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "first_on"], name="greenpoints_statement_first"),
            models.UniqueConstraint(fields=["merchant", "last_on"], name="greenpoints_statement_last"),
            models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="greenpoints_statement_days"),
            models.CheckConstraint(
                condition=Q(confirmed_coins__gte=0, refunded_coins__gte=0), name="greenpoints_statement_coins"
            ),
            models.CheckConstraint(
                condition=Q(due_fen=F("carried_fen") + F("confirmed_fen") - F("refunded_fen"), paid_fen__gte=0)
                & (Q(paid_fen=0) | Q(paid_fen__lte=F("due_fen"))),
                name="greenpoints_statement_sums",
            ),
        ]


class DisputeStatus(models.TextChoices):
    """What became of a merchant's objection."""

    OPEN = "open", _("待答复")
    ACCEPTED = "accepted", _("成立")
    REJECTED = "rejected", _("不成立")


class Dispute(models.Model):
    """A merchant's objection to a statement; it is not paid before somebody else has answered."""

    statement = models.ForeignKey(MerchantStatement, on_delete=models.PROTECT, related_name="disputes")
    order = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=400)
    status = models.CharField(max_length=16, choices=DisputeStatus, default=DisputeStatus.OPEN)
    raised_by = models.CharField(max_length=150)
    raised_at = models.DateTimeField()
    answer = models.CharField(max_length=400, blank=True)
    answered_by = models.CharField(max_length=150, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["statement", "order"], condition=Q(status="open"), name="greenpoints_dispute_open_once"
            ),
            models.CheckConstraint(
                condition=Q(status="open", answered_by="")
                | ~Q(answered_by="") & ~Q(answered_by=F("raised_by")) & ~Q(answer=""),
                name="greenpoints_dispute_answered",
            ),
        ]
