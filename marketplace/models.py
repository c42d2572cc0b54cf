"""The tables of the market. Bids and the history of rights are append-only; triggers see to it on both databases."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import GeometryField, SpatialIndex

MOST_FEN = 10**15  # ten trillion yuan: beyond any price, far below int64
PARTY_LENGTH = 60
CODE_LENGTH = 40


class RightKind(models.TextChoices):
    """What a right entitles its holder to."""

    FOREST_TENURE = "forest_tenure", _("林地经营权")
    STANDING_TIMBER = "standing_timber", _("活立木所有权")
    UNDERSTORY = "understory", _("林下经营权")
    FOREST_CARBON = "forest_carbon", _("林业碳汇（碳票）")
    CARBON_INCLUSION = "carbon_inclusion", _("碳普惠减排量")
    FOREST_COMPENSATION = "forest_compensation", _("公益林补偿收益权")
    WETLAND_QUOTA = "wetland_quota", _("湿地占补平衡指标")
    VEP_BUNDLE = "vep_bundle", _("生态产品价值权益包")


class RightStatus(models.TextChoices):
    """Where a right stands; the first two are the ones in force."""

    REGISTERED = "registered", _("已登记")
    FROZEN = "frozen", _("已冻结")
    SUSPENDED = "suspended", _("已暂停")
    CANCELLED = "cancelled", _("已注销")


NEXT_RIGHT_STATUSES: dict[str, set[str]] = {
    RightStatus.REGISTERED: {RightStatus.FROZEN, RightStatus.SUSPENDED, RightStatus.CANCELLED},
    RightStatus.FROZEN: {RightStatus.REGISTERED},
    RightStatus.SUSPENDED: {RightStatus.REGISTERED, RightStatus.CANCELLED},
    RightStatus.CANCELLED: set(),
}
IN_FORCE = (RightStatus.REGISTERED, RightStatus.FROZEN)


class ChangeKind(models.TextChoices):
    """What happened to a right."""

    REGISTERED = "registered", _("登记")
    FROZEN = "frozen", _("冻结")
    UNFROZEN = "unfrozen", _("解除冻结")
    TRANSFERRED = "transferred", _("过户")
    SUSPENDED = "suspended", _("暂停")


class EncumbranceKind(models.TextChoices):
    """Why the holder cannot dispose of a right for now."""

    LISTED = "listed", _("挂牌冻结")
    PLEDGED = "pledged", _("质押")
    COURT = "court", _("司法查封")


class Mode(models.TextChoices):
    """How a price is found."""

    FIXED_PRICE = "fixed_price", _("一口价")
    LISTING_SELECT = "listing_select", _("挂牌点选")
    NEGOTIATED = "negotiated", _("协议转让")
    BLOCK = "block", _("大宗协议")
    ENGLISH = "english", _("网络竞价")
    SEALED = "sealed", _("一次报价")
    UNIFORM_PRICE = "uniform_price", _("单向竞价（统一价）")
    PAY_AS_BID = "pay_as_bid", _("单向竞价（按报价）")
    DUTCH = "dutch", _("降价竞价")
    TENDER = "tender", _("综合评审")
    CALL_AUCTION = "call_auction", _("集合竞价")
    CONTINUOUS = "continuous", _("连续竞价")


class ListingStatus(models.TextChoices):
    """Where a listing stands."""

    PUBLISHED = "published", _("挂牌中")
    AWARDED = "awarded", _("已成交待结算")
    SETTLED = "settled", _("已结算过户")
    UNSOLD = "unsold", _("流拍")


NEXT_STATUSES: dict[str, set[str]] = {
    ListingStatus.PUBLISHED: {ListingStatus.AWARDED, ListingStatus.UNSOLD},
    ListingStatus.AWARDED: {ListingStatus.SETTLED},
    ListingStatus.SETTLED: set(),
    ListingStatus.UNSOLD: set(),
}
LIVE = (ListingStatus.PUBLISHED, ListingStatus.AWARDED)


class UnsoldReason(models.TextChoices):
    """Why a session ended without a winner."""

    NO_BID = "no_bid", _("无人报价")
    RESERVE_NOT_MET = "reserve_not_met", _("未达保留价")


class SignUpStatus(models.TextChoices):
    """Where a deposit stands."""

    HELD = "held", _("保证金已缴")
    RETURNED = "returned", _("保证金已退")
    APPLIED = "applied", _("保证金已抵价款")


class Sheet(models.Model):
    """A map sheet of 0.1 degree; who changes rights on it locks its row, so that two who overlap meet here."""

    code = models.CharField(max_length=20, unique=True)

    def __str__(self) -> str:
        return self.code


class Right(models.Model):
    """A right over land for a period (``valid_to`` exclusive, empty for open), held by one party."""

    code = models.CharField(max_length=CODE_LENGTH, unique=True)
    kind = models.CharField(max_length=24, choices=RightKind)
    holder = models.CharField(max_length=PARTY_LENGTH, db_index=True)
    geometry = GeometryField(kind="MULTIPOLYGON", srid=4490)
    area_m2 = models.FloatField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    status = models.CharField(max_length=12, choices=RightStatus, default=RightStatus.REGISTERED)
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="marketplace_right_kind", condition=Q(kind__in=RightKind.values)),
            models.CheckConstraint(name="marketplace_right_status", condition=Q(status__in=RightStatus.values)),
            models.CheckConstraint(name="marketplace_right_area", condition=Q(area_m2__gt=0)),
            models.CheckConstraint(
                name="marketplace_right_period", condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from"))
            ),
        ]
        indexes = [SpatialIndex(fields=["geometry"], name="marketplace_right_geometry")]

    def __str__(self) -> str:
        return self.code


class RightParcel(models.Model):
    """A parcel, by its code, that a right lies on."""

    right = models.ForeignKey(Right, on_delete=models.PROTECT, related_name="parcel_rows")
    parcel = models.CharField(max_length=60, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["right", "parcel"], name="marketplace_right_parcel_once")]

    def __str__(self) -> str:
        return self.parcel


class RightConsent(models.Model):
    """The holder of ``other`` agreed in writing to ``right`` beside it, where the matrix asks for consent."""

    right = models.ForeignKey(Right, on_delete=models.PROTECT, related_name="consents")
    other = models.ForeignKey(Right, on_delete=models.PROTECT, related_name="consents_given")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["right", "other"], name="marketplace_consent_once")]

    def __str__(self) -> str:
        return f"{self.right_id}/{self.other_id}"


class RightChange(models.Model):
    """One thing that happened to a right, with the holder afterwards and its cause. Append-only."""

    right = models.ForeignKey(Right, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=12, choices=ChangeKind)
    holder = models.CharField(max_length=PARTY_LENGTH)
    cause = models.CharField(max_length=120)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.right_id} {self.kind}"


class Encumbrance(models.Model):
    """A freeze on a right; in force until lifted."""

    right = models.ForeignKey(Right, on_delete=models.PROTECT, related_name="encumbrances")
    kind = models.CharField(max_length=8, choices=EncumbranceKind)
    cause = models.CharField(max_length=120)
    placed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["right"], condition=Q(lifted_at=None), name="marketplace_encumbrance_one_in_force"
            ),
            models.CheckConstraint(name="marketplace_encumbrance_kind", condition=Q(kind__in=EncumbranceKind.values)),
        ]

    def __str__(self) -> str:
        return f"{self.right_id} {self.kind}"


class Listing(models.Model):
    """A right on offer with the terms of its auction; the terms never change once published."""

    code = models.CharField(max_length=CODE_LENGTH, unique=True)
    right = models.ForeignKey(Right, on_delete=models.PROTECT, related_name="listings")
    seller = models.CharField(max_length=PARTY_LENGTH)
    mode = models.CharField(max_length=16, choices=Mode)
    market_licence = models.CharField(max_length=60, default="", blank=True)
    start_fen = models.BigIntegerField()
    step_fen = models.BigIntegerField()
    reserve_fen = models.BigIntegerField(null=True)  # hidden until the session has ended
    deposit_fen = models.BigIntegerField()
    opens_at = models.DateTimeField()
    free_until = models.DateTimeField()
    extension_s = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=ListingStatus, default=ListingStatus.PUBLISHED)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["right"], condition=Q(status__in=["published", "awarded"]), name="marketplace_listing_one_live"
            ),
            models.CheckConstraint(name="marketplace_listing_status", condition=Q(status__in=ListingStatus.values)),
            models.CheckConstraint(name="marketplace_listing_mode", condition=Q(mode__in=Mode.values)),
            models.CheckConstraint(
                name="marketplace_listing_money",
                condition=Q(start_fen__range=(1, MOST_FEN), step_fen__range=(1, MOST_FEN))
                & Q(deposit_fen__gte=1, deposit_fen__lte=F("start_fen"))
                & (Q(reserve_fen=None) | Q(reserve_fen__range=(1, MOST_FEN))),
            ),
            models.CheckConstraint(
                name="marketplace_listing_times",
                condition=Q(free_until__gt=F("opens_at"), extension_s__range=(1, 86_400)),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Session(models.Model):
    """The auction of a listing, under the same code. Its row is locked by whoever bids, closes or settles."""

    code = models.CharField(max_length=CODE_LENGTH, unique=True)
    listing = models.OneToOneField(Listing, on_delete=models.PROTECT)
    deadline_at = models.DateTimeField(db_index=True)  # a bid counts if it was received before this instant
    bid_count = models.PositiveIntegerField(default=0)
    leader = models.CharField(max_length=PARTY_LENGTH, default="", blank=True)
    price_fen = models.BigIntegerField(null=True)
    closed_at = models.DateTimeField(null=True)
    winner = models.CharField(max_length=PARTY_LENGTH, default="", blank=True)
    unsold_reason = models.CharField(max_length=16, choices=UnsoldReason, default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="marketplace_session_outcome",
                condition=Q(closed_at=None, winner="", unsold_reason="")
                | Q(closed_at__gte=F("deadline_at")) & (~Q(winner="") ^ ~Q(unsold_reason="")),
            ),
            models.CheckConstraint(
                name="marketplace_session_price", condition=Q(price_fen=None) | Q(price_fen__range=(1, MOST_FEN))
            ),
        ]

    def __str__(self) -> str:
        return self.code


class SignUp(models.Model):
    """A party admitted to a session against its deposit."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="sign_ups")
    party = models.CharField(max_length=PARTY_LENGTH)
    deposit_fen = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=SignUpStatus, default=SignUpStatus.HELD)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "party"], name="marketplace_sign_up_once"),
            models.CheckConstraint(name="marketplace_sign_up_deposit", condition=Q(deposit_fen__range=(1, MOST_FEN))),
            models.CheckConstraint(name="marketplace_sign_up_status", condition=Q(status__in=SignUpStatus.values)),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.party}"


class Bid(models.Model):
    """An accepted bid. ``sequence`` is given by the server under the session's lock; nothing here ever changes."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="bids")
    sequence = models.PositiveIntegerField()
    party = models.CharField(max_length=PARTY_LENGTH)
    amount_fen = models.BigIntegerField()
    key = models.CharField(max_length=255)
    received_at = models.DateTimeField()
    deadline_at = models.DateTimeField()  # the session's deadline after this bid

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "sequence"], name="marketplace_bid_sequence"),
            models.UniqueConstraint(fields=["session", "party", "key"], name="marketplace_bid_key"),
            models.UniqueConstraint(fields=["session", "amount_fen"], name="marketplace_bid_rises"),
            models.CheckConstraint(name="marketplace_bid_amount", condition=Q(amount_fen__range=(1, MOST_FEN))),
            models.CheckConstraint(name="marketplace_bid_number", condition=Q(sequence__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}#{self.sequence}"


class Settlement(models.Model):
    """A sale with title and money moved, and its facts as they were that day. Append-only."""

    session = models.OneToOneField(Session, on_delete=models.PROTECT)
    right = models.ForeignKey(Right, on_delete=models.PROTECT)
    seller = models.CharField(max_length=PARTY_LENGTH)
    buyer = models.CharField(max_length=PARTY_LENGTH)
    price_fen = models.BigIntegerField()
    fee_fen = models.BigIntegerField()
    seller_kind = models.CharField(max_length=40)
    seller_region = models.CharField(max_length=6)
    buyer_kind = models.CharField(max_length=40)
    buyer_region = models.CharField(max_length=6)
    right_kind = models.CharField(max_length=24, choices=RightKind)
    area_m2 = models.FloatField()
    parcels = models.JSONField(default=list)
    settled_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="marketplace_settlement_money",
                condition=Q(price_fen__range=(1, MOST_FEN), fee_fen__gte=0, fee_fen__lt=F("price_fen")),
            ),
            models.CheckConstraint(name="marketplace_settlement_two_parties", condition=~Q(seller=F("buyer"))),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}"
