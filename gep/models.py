"""The tables of the app: parcels, accounts over them, and one line for each parcel and indicator."""

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from core.fields import GeometryField


class Parcel(models.Model):
    """A piece of land (图斑) of one land use; the parcels of a county cover it without gap or overlap."""

    code = models.CharField(max_length=40, unique=True)
    county = models.CharField(max_length=6, db_index=True)
    town_code = models.CharField(max_length=9, blank=True)
    town = models.CharField(max_length=60, blank=True)
    village_code = models.CharField(max_length=12, blank=True)
    village = models.CharField(max_length=60, blank=True)
    land_use = models.CharField(max_length=8, blank=True)
    ecosystem = models.CharField(max_length=4, blank=True)
    area_m2 = models.FloatField()
    geometry = GeometryField(kind="MULTIPOLYGON", srid=4490)
    synthetic = models.BooleanField()
    provenance = models.TextField(blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("图斑")
        indexes = [models.Index(fields=["county", "town_code", "village_code"])]
        constraints = [CheckConstraint(condition=Q(area_m2__gt=0), name="gep_parcel_area_positive")]

    def __str__(self) -> str:
        return self.code


class AccountStatus(models.TextChoices):
    """Where an account stands."""

    REQUESTED = "requested", _("待核算")
    COMPILED = "compiled", _("已核算")
    REFUSED = "refused", _("无法核算")
    PUBLISHED = "published", _("已正式发布")


class Account(models.Model):
    """One account of one region and year: its method, its inputs, and whether its figures are confirmed."""

    code = models.CharField(max_length=60, unique=True)
    region = models.CharField(max_length=6)
    year = models.PositiveSmallIntegerField()
    price_year = models.PositiveSmallIntegerField()
    profile = models.CharField(max_length=40)
    status = models.CharField(max_length=12, choices=AccountStatus, default=AccountStatus.REQUESTED)
    input_digest = models.CharField(max_length=64, unique=True)
    inputs = models.JSONField(default=dict)
    provenance = models.JSONField(default=dict)
    unconfirmed_figures = models.BooleanField(default=True)
    synthetic = models.BooleanField(default=False)
    refusal = models.TextField(blank=True)
    requested_at = models.DateTimeField()
    compiled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("核算账户")
        ordering = ["-year", "-id"]

    def __str__(self) -> str:
        return self.code


class AccountLine(models.Model):
    """What one parcel yields of one indicator: the quantity with its unit, and its value in whole fen."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lines")
    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="lines")
    indicator = models.CharField(max_length=32)
    quantity = models.FloatField()
    unit = models.CharField(max_length=8)
    value_fen = models.BigIntegerField()
    coverage_share = models.FloatField()

    class Meta:
        verbose_name = _("核算结果")
        constraints = [
            UniqueConstraint(fields=["account", "parcel", "indicator"], name="gep_line_once"),
            CheckConstraint(condition=Q(coverage_share__gte=0), name="gep_line_coverage_share"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}/{self.parcel_id}/{self.indicator}"


class AccountTotal(models.Model):
    """The sum of an indicator over a village, town, county or the whole region; equals the sum of its lines."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="totals")
    level = models.CharField(max_length=8)
    area = models.CharField(max_length=12)
    indicator = models.CharField(max_length=32)
    quantity = models.FloatField()
    unit = models.CharField(max_length=8)
    value_fen = models.BigIntegerField()
    parcels = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("核算汇总")
        ordering = [F("level"), F("area"), F("indicator")]
        constraints = [UniqueConstraint(fields=["account", "level", "area", "indicator"], name="gep_total_once")]

    def __str__(self) -> str:
        return f"{self.account_id}/{self.area}/{self.indicator}"
