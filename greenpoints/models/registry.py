"""From entrusted grams to registry units: methods, entrustments, batches, blocks of serial numbers, orders, claims.

Blocks are a tree: what is split, merged or transferred stays as it was, and the blocks that came out of it name it. The
living ones and the final ones are its leaves, and no two leaves of one series share a number.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from greenpoints.certification.issuance import MG_PER_KG
from greenpoints.certification.serials import LARGEST
from greenpoints.models.batches import Behaviour

BASIS_POINTS = 10_000
USER_LENGTH = 150
HOLDER_LENGTH = 40


class MethodStatus(models.TextChoices):
    """How far the filing of a method has come."""

    FILED = "filed", _("已申报")
    REVIEWED = "reviewed", _("已通过专家评审")
    IN_NOTICE = "in_notice", _("公示中")
    APPROVED = "approved", _("已备案")
    REFUSED = "refused", _("未予备案")
    WITHDRAWN = "withdrawn", _("已停用")


class Method(models.Model):
    """A method 方法学 and its filing: design document, expert review, public notice, approval by a second person."""

    code = models.CharField(max_length=12, unique=True)
    title_zh = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120)
    status = models.CharField(max_length=12, choices=MethodStatus, default=MethodStatus.FILED)
    document_ref = models.CharField(max_length=120)
    document_digest = models.CharField(max_length=64)
    filed_by = models.CharField(max_length=USER_LENGTH)
    filed_at = models.DateTimeField()
    review_ref = models.CharField(max_length=120, blank=True)
    reviewed_by = models.CharField(max_length=USER_LENGTH, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    notice_from = models.DateField(null=True)
    notice_until = models.DateField(null=True)  # exclusive: the first day on which it can be approved
    decided_by = models.CharField(max_length=USER_LENGTH, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_note = models.CharField(max_length=200, blank=True)
    trade_permit = models.CharField(max_length=120, blank=True)  # the authority's paper that lets its units be sold

    class Meta:
        constraints = [
            models.CheckConstraint(name="greenpoints_method_status", condition=Q(status__in=MethodStatus.values)),
            models.CheckConstraint(
                name="greenpoints_method_two_persons", condition=Q(decided_by="") | ~Q(decided_by=F("filed_by"))
            ),
            models.CheckConstraint(
                name="greenpoints_method_notice",
                condition=Q(notice_until=None) | Q(notice_until__gt=F("notice_from")),
            ),
            models.CheckConstraint(
                name="greenpoints_method_approved",
                condition=~Q(status=MethodStatus.APPROVED)
                | (~Q(decided_by="") & ~Q(reviewed_by="") & Q(notice_until__isnull=False)),
            ),
        ]


class MethodAct(models.Model):
    """An act that a method quantifies. While a filing is alive no other may cover the same act."""

    method = models.ForeignKey(Method, on_delete=models.PROTECT, related_name="method_acts")
    act = models.CharField(max_length=64)
    alive = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["method", "act"], name="greenpoints_method_act"),
            models.UniqueConstraint(fields=["act"], condition=Q(alive=True), name="greenpoints_method_act_alive"),
        ]


class Entrustment(models.Model):
    """A resident entrusts the pool 委托 with the grams of one method and vintage year; free to end until the freeze."""

    person_ref = models.CharField(max_length=32)
    method = models.ForeignKey(Method, on_delete=models.PROTECT, related_name="entrustments")
    vintage = models.PositiveIntegerField()
    terms = models.CharField(max_length=120)  # the sharing of benefits as it was shown
    entrusted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person_ref", "method", "vintage"],
                condition=Q(revoked_at=None),
                name="greenpoints_entrustment_alive",
            )
        ]
        indexes = [models.Index(fields=["method", "vintage"], name="greenpoints_entrustment_pool")]


class PoolStatus(models.TextChoices):
    """How far a batch of grams has come."""

    FROZEN = "frozen", _("已冻结待核证")
    ISSUED = "issued", _("已签发")
    CANCELLED = "cancelled", _("已撤销")


class PoolBatch(models.Model):
    """The entrusted grams of one method, vintage year and county, frozen for verification, then issued as units."""

    code = models.CharField(max_length=40, unique=True)
    method = models.ForeignKey(Method, on_delete=models.PROTECT, related_name="pools")
    vintage = models.PositiveIntegerField()
    county = models.CharField(max_length=6)
    status = models.CharField(max_length=12, choices=PoolStatus, default=PoolStatus.FROZEN)
    frozen_by = models.CharField(max_length=USER_LENGTH)
    frozen_at = models.DateTimeField()
    complete = models.BooleanField(default=False)  # every contribution stands in the book
    events = models.PositiveIntegerField(default=0)
    residents = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=dict)  # reason -> events that were looked at and did not qualify
    entrusted_mg = models.BigIntegerField(default=0)
    refuted_mg = models.BigIntegerField(default=0)
    deduction_bp = models.PositiveIntegerField(default=0)
    buffer_bp = models.PositiveIntegerField(default=0)
    units_kg = models.BigIntegerField(default=0)
    buffer_kg = models.BigIntegerField(default=0)
    sample_seed = models.CharField(max_length=120, blank=True)
    proof = models.TextField(blank=True)
    proof_digest = models.CharField(max_length=64, blank=True)
    decided_by = models.CharField(max_length=USER_LENGTH, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["method", "vintage", "county"],
                condition=~Q(status=PoolStatus.CANCELLED),
                name="greenpoints_pool_once",
            ),
            models.CheckConstraint(name="greenpoints_pool_status", condition=Q(status__in=PoolStatus.values)),
            models.CheckConstraint(
                name="greenpoints_pool_two_persons",
                condition=~Q(status=PoolStatus.ISSUED) | (~Q(decided_by="") & ~Q(decided_by=F("frozen_by"))),
            ),
            models.CheckConstraint(
                name="greenpoints_pool_amounts",
                condition=Q(
                    entrusted_mg__gte=0,
                    refuted_mg__gte=0,
                    refuted_mg__lte=F("entrusted_mg"),
                    deduction_bp__lte=BASIS_POINTS,
                    buffer_kg__gte=0,
                    buffer_kg__lte=F("units_kg"),
                ),
            ),
            # Invariant I10 of the registry: issued kg <= floor(verified mg x (1 - deduction) / 10^6), in exact whole
            # numbers that stay within 64 bits: the verified mg are taken in parts of 10^4 and the rest.
            models.CheckConstraint(
                name="greenpoints_pool_issued_within",
                condition=Q(
                    units_kg__lte=(
                        (F("entrusted_mg") - F("refuted_mg")) / BASIS_POINTS * (BASIS_POINTS - F("deduction_bp"))
                        + (
                            (F("entrusted_mg") - F("refuted_mg"))
                            - (F("entrusted_mg") - F("refuted_mg")) / BASIS_POINTS * BASIS_POINTS
                        )
                        * (BASIS_POINTS - F("deduction_bp"))
                        / BASIS_POINTS
                    )
                    / MG_PER_KG
                ),
            ),
        ]


class Contribution(models.Model):
    """What one resident's grams are in a batch: eligible by their events, pooled in the book, issued as units."""

    batch = models.ForeignKey(PoolBatch, on_delete=models.PROTECT, related_name="contributions")
    person_ref = models.CharField(max_length=32)
    events = models.PositiveIntegerField()
    eligible_mg = models.BigIntegerField()
    pooled_mg = models.BigIntegerField(null=True)  # null until it was moved in the book
    issued_mg = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "person_ref"], name="greenpoints_contribution_once"),
            models.CheckConstraint(
                name="greenpoints_contribution_amounts",
                condition=Q(
                    eligible_mg__gt=0, pooled_mg__gte=0, pooled_mg__lte=F("eligible_mg"), issued_mg__gte=0,
                    issued_mg__lte=F("pooled_mg"),
                ),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["person_ref"], name="greenpoints_contribution_of")]


class Verdict(models.TextChoices):
    """What the audit of an event found."""

    OPEN = "", _("待核查")
    CONFIRMED = "confirmed", _("属实")
    REFUTED = "refuted", _("不实")


class PooledEvent(models.Model):
    """An event whose grams a batch took: it can be taken once, whatever happens to its resident or method.

    ``sampled`` events are audited before the issue.
    """

    behaviour = models.OneToOneField(Behaviour, primary_key=True, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(PoolBatch, on_delete=models.PROTECT, related_name="pooled_events")
    sampled = models.BooleanField(default=False)
    verdict = models.CharField(max_length=12, choices=Verdict, default=Verdict.OPEN, blank=True)
    verdict_by = models.CharField(max_length=USER_LENGTH, blank=True)
    verdict_note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["batch"], condition=Q(sampled=True), name="greenpoints_pooled_sampled"),
        ]


class UnitSeries(models.Model):
    """The numbers of one method and vintage year: how far they are given out. Its row is locked while blocks change."""

    method = models.ForeignKey(Method, on_delete=models.PROTECT, related_name="series")
    vintage = models.PositiveIntegerField()
    last_number = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["method", "vintage"], name="greenpoints_series_once"),
            models.CheckConstraint(
                name="greenpoints_series_numbers", condition=Q(last_number__gte=0, last_number__lte=LARGEST)
            ),
        ]

    @property
    def path(self) -> str:
        """Return how accounts name the series."""
        return f"{self.method.code}-{self.vintage}"


class BlockStatus(models.TextChoices):
    """What a block of serial numbers is."""

    HELD = "held", _("持有")
    BUFFER = "buffer", _("缓冲")
    LOCKED = "locked", _("锁定")
    PENDING_EXPORT = "pending_export", _("待转出")
    EXPORTED = "exported", _("已转出")
    RETIRED = "retired", _("已注销使用")
    CANCELLED = "cancelled", _("已取消")
    EXPIRED = "expired", _("已失效")
    SPLIT = "split", _("已拆分")
    MERGED = "merged", _("已合并")
    TRANSFERRED = "transferred", _("已转让")


INNER = (BlockStatus.SPLIT, BlockStatus.MERGED, BlockStatus.TRANSFERRED)
FINAL = (BlockStatus.EXPORTED, BlockStatus.RETIRED, BlockStatus.CANCELLED, BlockStatus.EXPIRED)
NEXT_BLOCK_STATUSES: dict[str, set[str]] = {
    BlockStatus.HELD: {
        BlockStatus.LOCKED, BlockStatus.PENDING_EXPORT, BlockStatus.RETIRED, BlockStatus.CANCELLED,
        BlockStatus.EXPIRED, *INNER,
    },
    BlockStatus.BUFFER: {BlockStatus.CANCELLED, BlockStatus.SPLIT},
    BlockStatus.LOCKED: {BlockStatus.HELD},
    BlockStatus.PENDING_EXPORT: {BlockStatus.HELD, BlockStatus.EXPORTED},
}  # fmt: skip


class UnitBlock(models.Model):
    """Serial numbers ``start`` to ``end`` of a series in one hand; ``hash`` covers where they came from."""

    series = models.ForeignKey(UnitSeries, on_delete=models.PROTECT, related_name="blocks")
    batch = models.ForeignKey(PoolBatch, on_delete=models.PROTECT, related_name="blocks")
    start = models.BigIntegerField()
    end = models.BigIntegerField()
    quantity_kg = models.BigIntegerField()
    holder = models.CharField(max_length=HOLDER_LENGTH)
    status = models.CharField(max_length=16, choices=BlockStatus)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged_from")
    hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="greenpoints_block_status", condition=Q(status__in=BlockStatus.values)),
            models.CheckConstraint(
                name="greenpoints_block_range",
                condition=Q(start__gte=1, end__gte=F("start"), end__lte=LARGEST)
                & Q(quantity_kg=F("end") - F("start") + 1),
            ),
            models.CheckConstraint(
                name="greenpoints_block_merged",
                condition=Q(merged_into=None) | Q(status=BlockStatus.MERGED),
            ),
        ]
        indexes = [
            models.Index(fields=["series", "start"], name="greenpoints_block_number"),
            models.Index(fields=["holder", "status"], name="greenpoints_block_holder"),
        ]


class OrderKind(models.TextChoices):
    """What an order does with units."""

    TRANSFER = "transfer", _("转让")
    SALE = "sale", _("出售")
    RETIREMENT = "retirement", _("注销使用")
    CANCELLATION = "cancellation", _("取消")
    EXPORT = "export", _("转出")


class Purpose(models.TextChoices):
    """What units are retired for."""

    EVENT = "event", _("活动碳中和")
    PARK_OFFSET = "park_offset", _("园区抵消")
    ETS = "ets", _("碳市场抵销")
    VOLUNTARY = "voluntary", _("自愿抵消")


class UnitOrder(models.Model):
    """What a holder had done with units, once per ``order``; never changed. A retirement has a certificate."""

    order = models.CharField(max_length=50, unique=True)
    kind = models.CharField(max_length=16, choices=OrderKind)
    series = models.ForeignKey(UnitSeries, on_delete=models.PROTECT, related_name="orders")
    holder = models.CharField(max_length=HOLDER_LENGTH)
    counterparty = models.CharField(max_length=HOLDER_LENGTH, blank=True)
    quantity_kg = models.BigIntegerField()
    serials = models.JSONField()
    beneficiary = models.CharField(max_length=120, blank=True)
    purpose = models.CharField(max_length=16, choices=Purpose, blank=True)
    note = models.CharField(max_length=200, blank=True)
    price_fen = models.BigIntegerField(default=0)
    certificate = models.CharField(max_length=24, blank=True)
    by = models.CharField(max_length=USER_LENGTH)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="greenpoints_order_amounts", condition=Q(quantity_kg__gt=0, price_fen__gte=0)),
            models.CheckConstraint(name="greenpoints_order_kind", condition=Q(kind__in=OrderKind.values)),
            models.CheckConstraint(
                name="greenpoints_order_retirement",
                condition=~Q(kind=OrderKind.RETIREMENT) | (~Q(beneficiary="") & ~Q(purpose="") & ~Q(certificate="")),
            ),
            models.UniqueConstraint(
                fields=["certificate"], condition=~Q(certificate=""), name="greenpoints_order_certificate"
            ),
        ]


class BlockChange(models.Model):
    """A line in the life of a block; lines are added, never changed."""

    block = models.ForeignKey(UnitBlock, on_delete=models.PROTECT, related_name="changes")
    order = models.ForeignKey(UnitOrder, null=True, on_delete=models.PROTECT, related_name="changes")
    was = models.CharField(max_length=16, choices=BlockStatus, blank=True)
    became = models.CharField(max_length=16, choices=BlockStatus)
    note = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=USER_LENGTH)
    at = models.DateTimeField()


class Claim(models.Model):
    """Somebody's claim on a saving: there is one per kind, key and period, whoever makes it."""

    kind = models.CharField(max_length=24)
    key = models.CharField(max_length=64)
    period = models.CharField(max_length=24, blank=True)
    claimant = models.CharField(max_length=40)
    cause = models.CharField(max_length=120)
    batch = models.ForeignKey(PoolBatch, null=True, on_delete=models.PROTECT, related_name="claims")
    claimed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key", "period"], name="greenpoints_claim_once")]


class AttestationKind(models.TextChoices):
    """What is attested of a meter, a vehicle, a device or a partner."""

    NO_CERTIFICATE = "no_certificate", _("无绿证、CCER 或绿电交易")
    OPERATOR_WAIVER = "operator_waiver", _("运营方放弃自身主张")
    HOUSEHOLD_METER = "household_meter", _("居民用电性质")
    PARTNER_WARRANTY = "partner_warranty", _("数据方保证未在其他项目主张")
    ETS_BOUNDARY = "ets_boundary", _("位于碳市场履约边界内")


class Attestation(models.Model):
    """A paper that says something of a subject for a period; ``valid_to`` exclusive."""

    kind = models.CharField(max_length=24, choices=AttestationKind)
    subject = models.CharField(max_length=64)
    valid_from = models.DateField()
    valid_to = models.DateField()
    document_ref = models.CharField(max_length=120)
    by = models.CharField(max_length=USER_LENGTH)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="greenpoints_attestation_kind", condition=Q(kind__in=AttestationKind.values)),
            models.CheckConstraint(name="greenpoints_attestation_period", condition=Q(valid_to__gt=F("valid_from"))),
            models.UniqueConstraint(
                fields=["kind", "subject", "valid_from", "valid_to", "document_ref"],
                name="greenpoints_attestation_once",
            ),
        ]
