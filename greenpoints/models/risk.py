"""Suspicions and what became of them, and partners whose deliveries are stopped."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class RiskSubject(models.TextChoices):
    """What a suspicion is about."""

    PERSON = "person", _("居民")
    PARTNER = "partner", _("数据合作方")
    MERCHANT = "merchant", _("商户")


class RiskStatus(models.TextChoices):
    """How far a review has come."""

    OPEN = "open", _("待复核")
    APPEALED = "appealed", _("已申诉")
    CLEARED = "cleared", _("已排除")
    UPHELD = "upheld", _("已认定")


UNSETTLED = (RiskStatus.OPEN, RiskStatus.APPEALED)


class RiskCase(models.Model):
    """One suspicion: a detector's reason code, whom it is about, the facts that it saw, and what people decided.

    ``key`` names the finding (detector, subject, day), so that it is raised once. While it is not cleared, the
    subject's grams cannot become units.
    """

    key = models.CharField(max_length=160, unique=True)
    subject_kind = models.CharField(max_length=12, choices=RiskSubject)
    subject = models.CharField(max_length=64)
    reason = models.CharField(max_length=32)
    facts = models.JSONField()
    business_on = models.DateField()
    status = models.CharField(max_length=12, choices=RiskStatus, default=RiskStatus.OPEN)
    holds = models.BooleanField(default=False)  # an officer keeps the resident's coins from being spent meanwhile
    raised_at = models.DateTimeField()
    appeal = models.CharField(max_length=500, blank=True)
    appealed_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    first_decided_by = models.CharField(max_length=150, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="greenpoints_risk_status", condition=Q(status__in=RiskStatus.values)),
            models.CheckConstraint(name="greenpoints_risk_subject", condition=Q(subject_kind__in=RiskSubject.values)),
            # An appeal is decided by somebody else than the first decision.
            models.CheckConstraint(
                name="greenpoints_risk_two_persons",
                condition=Q(first_decided_by="") | ~Q(first_decided_by=F("decided_by")),
            ),
        ]
        indexes = [
            models.Index(fields=["subject_kind", "subject"], name="greenpoints_risk_of"),
            models.Index(fields=["raised_at"], condition=Q(status__in=UNSETTLED), name="greenpoints_risk_queue"),
        ]


class PartnerStop(models.Model):
    """Deliveries of a partner are refused from ``stopped_at`` until somebody lets them go on."""

    partner = models.CharField(max_length=64)
    reason = models.CharField(max_length=200)
    stopped_by = models.CharField(max_length=150)
    stopped_at = models.DateTimeField()
    resumed_by = models.CharField(max_length=150, blank=True)
    resumed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner"], condition=Q(resumed_at=None), name="greenpoints_partner_stopped_once"
            )
        ]
