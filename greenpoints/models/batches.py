"""Deliveries of partners and their rows."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from greenpoints import reasons
from greenpoints.models.quantification import Basis


class BatchStatus(models.TextChoices):
    """How far a batch has come; each step may be run again."""

    LATE = "late", _("逾期，待批准")
    RECEIVED = "received", _("已接收")
    SCREENED = "screened", _("已筛查")
    CREDITED = "credited", _("已入账")


class Batch(models.Model):
    """One signed delivery of a partner for one civil day, screened piece by piece.

    ``rows``, ``accepted``, ``posted_mg``: of the pieces screened so far, as answered now.
    """

    partner = models.CharField(max_length=64)
    code = models.CharField(max_length=64)
    business_on = models.DateField()
    digest = models.CharField(max_length=64)
    status = models.CharField(max_length=16, choices=BatchStatus, default=BatchStatus.RECEIVED)
    pieces = models.PositiveIntegerField(default=0)
    screened_pieces = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    posted_mg = models.BigIntegerField(default=0)
    received_at = models.DateTimeField()
    credited_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "code"], name="greenpoints_batch_code"),
            models.CheckConstraint(condition=Q(posted_mg__gte=0), name="greenpoints_batch_posted"),
        ]
        indexes = [models.Index(fields=["status", "partner", "business_on"], name="greenpoints_batch_waiting")]


class BatchPiece(models.Model):
    """A part of a batch's bytes, whole lines in their order, kept apart so that lists of batches stay light."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="contents")
    number = models.PositiveIntegerField()
    first_line = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="greenpoints_piece_number")]


class BehaviourStatus(models.TextChoices):
    """What became of a row."""

    CREDITED = reasons.CREDITED, _("已计入")
    PARTIAL = reasons.PARTIAL, _("部分计入")
    ZERO = reasons.ZERO, _("计零")
    CAPPED = reasons.CAPPED, _("超过上限")
    EXCLUDED = reasons.EXCLUDED, _("互斥排除")
    DUPLICATE = reasons.DUPLICATE, _("重复")
    REJECTED = reasons.REJECTED, _("拒收")


class Behaviour(models.Model):
    """One submitted row and its answer, with all that is needed to work the figures out again."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="behaviours")
    row = models.PositiveIntegerField()
    partner = models.CharField(max_length=64)
    external_id = models.CharField(max_length=64, blank=True)
    fingerprint = models.BigIntegerField(default=0)
    act = models.CharField(max_length=64, blank=True)
    material = models.CharField(max_length=24, blank=True)
    person_ref = models.CharField(max_length=32, blank=True)
    business_on = models.DateField()
    started_us = models.BigIntegerField(default=0)  # microseconds since 1970 UTC, as the calculations hold them
    ended_us = models.BigIntegerField(default=0)
    crosses_midnight = models.BooleanField(default=False)
    quantity = models.BigIntegerField(default=0)
    counted_quantity = models.BigIntegerField(default=0)
    unit = models.CharField(max_length=24, blank=True)
    evidence = models.CharField(max_length=24, blank=True)
    evidence_ref = models.CharField(max_length=64, blank=True)
    place = models.CharField(max_length=6, blank=True)
    device = models.CharField(max_length=64, blank=True)
    measures = models.TextField(blank=True)  # canonical JSON, name -> whole number; empty where the record has none
    asset_ref = models.CharField(max_length=64, blank=True)
    counterpart_ref = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=16, choices=BehaviourStatus)
    reason = models.CharField(max_length=32, blank=True)
    gross_mg = models.BigIntegerField(default=0)
    net_mg = models.BigIntegerField(default=0)
    posted_mg = models.BigIntegerField(default=0)
    flat_coins = models.BigIntegerField(default=0)
    factor = models.CharField(max_length=120, blank=True)
    revision = models.PositiveSmallIntegerField(default=0)  # how often the answer changed
    basis = models.ForeignKey(Basis, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "external_id"],
                condition=~Q(status=reasons.REJECTED) & ~Q(reason=reasons.REPEATED),
                name="greenpoints_behaviour_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    gross_mg__gte=0, net_mg__gte=0, posted_mg__gte=0, flat_coins__gte=0, counted_quantity__gte=0
                ),
                name="greenpoints_behaviour_amounts",
            ),
        ]
        indexes = [
            models.Index(fields=["person_ref", "business_on"], name="greenpoints_behaviour_day"),
            models.Index(fields=["business_on"], condition=Q(crosses_midnight=True), name="greenpoints_behaviour_late"),
            models.Index(fields=["asset_ref"], condition=~Q(asset_ref=""), name="greenpoints_behaviour_asset"),
        ]


class Correction(models.Model):
    """One change of the answer to an event, by what came later. Never edited; its grams are a posting of their own."""

    behaviour = models.ForeignKey(Behaviour, on_delete=models.PROTECT, related_name="corrections")
    run = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="corrections")  # the batch that brought it
    revision = models.PositiveSmallIntegerField()
    reason_before = models.CharField(max_length=32, blank=True)
    reason = models.CharField(max_length=32, blank=True)
    counted_quantity_before = models.BigIntegerField()
    counted_quantity = models.BigIntegerField()
    posted_mg_before = models.BigIntegerField()
    posted_mg = models.BigIntegerField()
    flat_coins_before = models.BigIntegerField()
    flat_coins = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["behaviour", "revision"], name="greenpoints_correction_once"),
            models.CheckConstraint(
                condition=Q(counted_quantity_before__gte=0, counted_quantity__gte=0, posted_mg_before__gte=0)
                & Q(posted_mg__gte=0, flat_coins_before__gte=0, flat_coins__gte=0),
                name="greenpoints_correction_amounts",
            ),
        ]


class VehicleChannel(models.Model):
    """What a vehicle counts by in a calendar month: the kilometres it drove or the energy it charged, never both."""

    class Channel(models.IntegerChoices):
        """The two channels of G1."""

        DRIVING = 1, _("按行驶里程")
        CHARGING = 2, _("按充电量")

    asset_ref = models.CharField(max_length=64)
    month = models.DateField()  # its first day
    channel = models.PositiveSmallIntegerField(choices=Channel)
    enrolled_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset_ref", "month"], name="greenpoints_vehicle_channel"),
            models.CheckConstraint(condition=Q(channel__in=[1, 2]), name="greenpoints_vehicle_channel_known"),
        ]


class OwnAct(models.Model):
    """The partner operates what it reports (its own bikes, its own fares): its record goes before a platform's."""

    partner = models.CharField(max_length=64)
    act = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "act"], name="greenpoints_own_act")]
