"""Parcels in their versions, and which became which."""

from datetime import date

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from core.fields import GeometryField, SpatialIndex

EARLIEST = date(1900, 1, 1)  # a parcel whose beginning nobody stated is valid from here


class Parcel(models.Model):
    """One version of a piece of land (图斑) of one land use; on any day the parcels of a county do not overlap.

    ``valid_to`` is exclusive, and null for what is valid still. ``area_m2`` is what the engine goes by: the surveyed
    area where there is one, else that of the outline in the metric system.
    """

    code = models.CharField(max_length=40)
    valid_from = models.DateField(default=EARLIEST)
    valid_to = models.DateField(null=True, blank=True)
    county = models.CharField(max_length=6, db_index=True)
    town_code = models.CharField(max_length=9, blank=True)
    town = models.CharField(max_length=60, blank=True)
    village_code = models.CharField(max_length=12, blank=True)
    village = models.CharField(max_length=60, blank=True)
    land_use = models.CharField(max_length=8, blank=True)
    land_use_scheme = models.CharField(max_length=20, blank=True)
    ecosystem = models.CharField(max_length=4, blank=True)
    area_m2 = models.FloatField()
    official_area_m2 = models.FloatField(null=True, blank=True)
    geometric_area_m2 = models.FloatField(null=True, blank=True)
    area_differs = models.BooleanField(default=False)  # the surveyed area is more than 0.5 % off the outline's
    geometry = GeometryField(kind="MULTIPOLYGON", srid=4490)
    synthetic = models.BooleanField()
    provenance = models.TextField(blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("图斑")
        indexes = [
            models.Index(fields=["county", "town_code", "village_code"]),
            SpatialIndex(fields=["geometry"], name="gep_parcel_geometry"),
        ]
        constraints = [
            CheckConstraint(condition=Q(area_m2__gt=0), name="gep_parcel_area_positive"),
            CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=models.F("valid_from")), name="gep_parcel_period"
            ),
            UniqueConstraint(fields=["code", "valid_from"], name="gep_parcel_one_version_a_day"),
            UniqueConstraint(fields=["code"], condition=Q(valid_to=None), name="gep_parcel_one_valid"),
        ]

    def __str__(self) -> str:
        return self.code


class LoadState(models.TextChoices):
    """Where the loading of a dataset of parcels stands."""

    WAITING = "waiting", _("待入库")
    RUNNING = "running", _("入库中")
    DONE = "done", _("已入库")
    REFUSED = "refused", _("未能入库")
    CANCELLED = "cancelled", _("已取消")


class ParcelLoad(models.Model):
    """A dataset of parcels that becomes the parcels as they are from a day on, county by county.

    ``counties`` are those of the dataset in their order; ``done`` holds what each came to, so that a load that was
    stopped goes on with the next.
    """

    dataset = models.ForeignKey("gep.Dataset", on_delete=models.PROTECT, related_name="loads")
    valid_from = models.DateField()
    state = models.CharField(max_length=10, choices=LoadState, default=LoadState.WAITING)
    generation = models.PositiveSmallIntegerField(default=1)  # counts the times it was taken up again
    counties = models.JSONField(default=list)
    done = models.JSONField(default=dict)
    refusal = models.TextField(blank=True)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("图斑入库")
        ordering = ["-id"]
        constraints = [
            UniqueConstraint(fields=["dataset", "valid_from"], name="gep_parcel_load_once"),
            CheckConstraint(condition=Q(state__in=LoadState.values), name="gep_parcel_load_state"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id}/{self.valid_from}"


class ParcelLineage(models.Model):
    """A part of a parcel that became part of another; the shares of one parent add up to 1.

    ``child`` is null for what became of no parcel of the new version.
    """

    parent = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="became")
    child = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="came_from", null=True)
    share = models.FloatField()
    area_m2 = models.FloatField()
    changed_on = models.DateField()

    class Meta:
        verbose_name = _("图斑沿革")
        constraints = [
            UniqueConstraint(fields=["parent", "child"], name="gep_lineage_once"),
            CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="gep_lineage_share"),
        ]

    def __str__(self) -> str:
        return f"{self.parent_id} -> {self.child_id}"
