"""The figures of a run: one row for each parcel, and the sums over villages, towns, counties and the region."""

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from gep.models.parcels import Parcel
from gep.models.runs import Run


class ParcelAccount(models.Model):
    """What one parcel yields in one run.

    ``figures`` holds lists of one length, in the order of the run's indicators: ``quantity``, ``value_fen`` and
    ``coverage``, null where the parcel has no figure. ``total_fen`` is the sum of its values, which
    ``manage.py verify`` adds up again.
    """

    # The indexes below begin with the run; one of its own would only slow the loading of a million rows.
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="parcel_accounts", db_index=False)
    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="accounts")
    county = models.CharField(max_length=6)
    ecosystem = models.CharField(max_length=4, blank=True)
    area_m2 = models.FloatField()
    coverage_share = models.FloatField()
    total_fen = models.BigIntegerField()
    fen_per_m2 = models.FloatField()
    grade = models.CharField(max_length=1, blank=True)
    block = models.PositiveIntegerField(default=0)
    figures = models.JSONField()

    class Meta:
        verbose_name = _("图斑核算结果")
        constraints = [
            UniqueConstraint(fields=["run", "parcel"], name="gep_parcel_account_once"),
            CheckConstraint(condition=Q(coverage_share__gte=0), name="gep_parcel_account_coverage"),
        ]
        indexes = [
            models.Index(fields=["run", "total_fen"], name="gep_account_by_value"),
            models.Index(fields=["run", "fen_per_m2"], name="gep_account_by_density"),
            models.Index(fields=["run", "county", "total_fen"], name="gep_account_by_county"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.parcel_id}"


class AccountTotal(models.Model):
    """The sum of an indicator over a village, town, county or the whole region; equals the sum of its parcels."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="totals")
    level = models.CharField(max_length=8)
    area = models.CharField(max_length=12)
    indicator = models.CharField(max_length=40)
    quantity = models.FloatField()
    unit = models.CharField(max_length=8)
    value_fen = models.BigIntegerField()
    parcels = models.PositiveIntegerField()
    grade = models.CharField(max_length=1, blank=True)
    low95_fen = models.BigIntegerField(null=True)
    high95_fen = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("核算汇总")
        ordering = [F("level"), F("area"), F("indicator")]
        constraints = [UniqueConstraint(fields=["run", "level", "area", "indicator"], name="gep_total_once")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.area}/{self.indicator}"
