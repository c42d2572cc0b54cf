"""What the figures of a row rest on."""

from django.db import models


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
