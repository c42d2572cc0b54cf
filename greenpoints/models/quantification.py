"""What the figures of a row rest on."""

from django.db import models
from django.db.models import F, Q


class Basis(models.Model):
    """One way in which rows were calculated: act, material, evidence, formula, figures, discount. Never edited.

    ``content`` is canonical JSON and holds every figure with value, unit, source and tag, so that a row is worked out
    again from storage alone, whatever the tables say by then; ``digest`` is its SHA-256.
    """

    digest = models.CharField(max_length=64, unique=True)
    act = models.CharField(max_length=64)
    material = models.CharField(max_length=24, blank=True)
    evidence = models.CharField(max_length=24)
    content = models.TextField()


class FactorChange(models.Model):
    """A figure that somebody proposes to be in force from a day on, beside the one it replaces. Never edited.

    ``before`` is the figure in force on that day when it was proposed, as JSON. ``override_reason`` says why a value
    beyond what other programmes publish is right.
    """

    code = models.CharField(max_length=40, unique=True)
    table = models.CharField(max_length=40)
    key = models.CharField(max_length=64)
    value = models.CharField(max_length=32)
    unit = models.CharField(max_length=24)
    per = models.CharField(max_length=24)
    source = models.CharField(max_length=200)
    locator = models.CharField(max_length=200, blank=True)
    before = models.TextField()
    effective_on = models.DateField()
    reason = models.CharField(max_length=400)
    override_reason = models.CharField(max_length=400, blank=True)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()


class FactorDecision(models.Model):
    """What a second person decided on a proposed figure, and why. Never edited."""

    change = models.OneToOneField(FactorChange, primary_key=True, on_delete=models.PROTECT, related_name="decision")
    approved = models.BooleanField()
    note = models.CharField(max_length=400, blank=True)
    proposed_by = models.CharField(max_length=150)
    decided_by = models.CharField(max_length=150)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(decided_by="") & ~Q(decided_by=F("proposed_by")), name="greenpoints_factor_two_people"
            ),
        ]
