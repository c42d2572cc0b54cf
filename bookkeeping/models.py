"""The tables of the book. Only the operations of this app write them, and the database itself keeps the balances."""

from typing import Self

from django.db import connections, models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from bookkeeping import references
from bookkeeping.assets import ID_STEP, PREFIXES
from bookkeeping.kinds import MAX_BALANCE, MAX_QUANTITY, Kind


class Nature(models.TextChoices):
    """What an account is for."""

    SOURCE = "source", _("来源")
    HOLDER = "holder", _("持有")
    SINK = "sink", _("归集")


def _asset_matches_code() -> Q:
    matches = Q()
    for prefix, asset in PREFIXES.items():
        matches |= Q(Exact(F("id") % ID_STEP, int(asset)), code__startswith=f"{prefix}:")
    return matches


class Account(models.Model):
    """Holds one asset. ``balance`` and the two held sums are kept by triggers, and by nothing else."""

    id = models.BigAutoField(primary_key=True)  # leaves the asset's number when divided by ID_STEP
    code = models.CharField(max_length=120, unique=True)
    nature = models.CharField(max_length=8, choices=Nature)
    floor = models.BigIntegerField(null=True)
    ceiling = models.BigIntegerField(null=True)
    striped = models.BooleanField(default=False)
    frozen = models.BooleanField(default=False)
    balance = models.BigIntegerField(default=0)
    held_out = models.BigIntegerField(default=0)
    held_in = models.BigIntegerField(default=0)

    class Meta:
        # On PostgreSQL triggers of the same names check asset, nature and stripes, see migration 0004.
        constraints = [
            models.CheckConstraint(
                name="bookkeeping_account_floor",
                condition=Q(floor__isnull=True) | Q(balance__gte=F("floor") + F("held_out")),
            ),
            models.CheckConstraint(
                name="bookkeeping_account_ceiling",
                condition=Q(ceiling__isnull=True) | Q(balance__lte=F("ceiling") - F("held_in")),
            ),
            models.CheckConstraint(
                name="bookkeeping_account_range",
                condition=Q(balance__range=(-MAX_BALANCE, MAX_BALANCE))
                & Q(held_out__range=(0, MAX_BALANCE))
                & Q(held_in__range=(0, MAX_BALANCE)),
            ),
            models.CheckConstraint(name="bookkeeping_account_asset", condition=_asset_matches_code()),
            models.CheckConstraint(name="bookkeeping_account_nature", condition=Q(nature__in=Nature.values)),
            models.CheckConstraint(
                name="bookkeeping_account_stripes",
                condition=Q(striped=False) | Q(floor__isnull=True, ceiling__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Slot(models.Model):
    """A stripe of a busy account: writers on different connections add to different rows (PostgreSQL only, 64 each)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    slot = models.SmallIntegerField()
    balance = models.BigIntegerField(default=0)
    held_out = models.BigIntegerField(default=0)
    held_in = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("account", "slot", name="bookkeeping_slot_once")]

    def __str__(self) -> str:
        return f"{self.account_id}/{self.slot}"


class LegQuerySet(models.QuerySet):
    """Legs, found by the names of their postings."""

    def named(self, reference: str) -> Self:
        """Return the legs of one posting, found through the index on either database."""
        condition = references.same("bookkeeping_leg.reference", "%s", vendor=connections[self.db].vendor)
        parameters = [reference] * condition.count("%s")
        return self.filter(RawSQL(condition, parameters, models.BooleanField()))  # noqa: S611 - our own text


class Leg(models.Model):
    """Moves one quantity from one account to another. The one row of a leg: there is no header and no second side."""

    # Widest columns first, so that PostgreSQL pads nothing.
    id = models.BigAutoField(primary_key=True)
    source_id = models.BigIntegerField()  # no foreign key: the trigger meets every account anyway
    target_id = models.BigIntegerField()
    quantity = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    related_id = models.BigIntegerField(null=True)  # the held leg it ends, or the leg it reverses
    expires_at = models.DateTimeField(null=True)
    leg = models.SmallIntegerField()
    kind = models.SmallIntegerField()
    reference = models.CharField(max_length=160)

    objects = LegQuerySet.as_manager()

    class Meta:
        constraints = [
            # On PostgreSQL migration 0002 makes it over a shorter key, see references.py.
            models.UniqueConstraint(fields=["reference", "leg"], name="bookkeeping_leg_reference"),
            models.UniqueConstraint(
                fields=["related_id"], condition=Q(related_id__isnull=False), name="bookkeeping_leg_related_once"
            ),
            models.CheckConstraint(
                name="bookkeeping_leg_one_asset",
                condition=Exact(F("source_id") % ID_STEP, F("target_id") % ID_STEP),
            ),
            models.CheckConstraint(name="bookkeeping_leg_two_accounts", condition=~Q(source_id=F("target_id"))),
            models.CheckConstraint(name="bookkeeping_leg_quantity", condition=Q(quantity__range=(1, MAX_QUANTITY))),
            models.CheckConstraint(
                name="bookkeeping_leg_kind",
                condition=Q(kind__in=[Kind.POSTED, Kind.HELD], related_id__isnull=True)
                | Q(kind__in=[Kind.CONFIRMED, Kind.RELEASED, Kind.REVERSAL], related_id__isnull=False),
            ),
            models.CheckConstraint(
                name="bookkeeping_leg_expiry", condition=Q(expires_at__isnull=True) | Q(kind=Kind.HELD)
            ),
            models.CheckConstraint(name="bookkeeping_leg_number", condition=Q(leg__gte=0)),
        ]
        indexes = [
            # Deduplicated by PostgreSQL: about six bytes a leg on a busy account.
            models.Index(fields=["source_id"], name="bookkeeping_leg_source"),
            models.Index(fields=["target_id"], name="bookkeeping_leg_target"),
        ]

    def __str__(self) -> str:
        return f"{self.reference}#{self.leg}"


class OpenHold(models.Model):
    """A held leg that nothing has ended yet: the work list of the expiry sweep, kept by triggers."""

    leg = models.OneToOneField(Leg, on_delete=models.PROTECT, primary_key=True, db_constraint=False)
    expires_at = models.DateTimeField(null=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.leg_id}"


class Tile(models.Model):
    """256 neighbouring hashes of the public log, complete for good: leaf hashes on level 0, tile roots above."""

    level = models.SmallIntegerField()
    position = models.BigIntegerField()
    last_leg_id = models.BigIntegerField()  # the leg of the last leaf below
    root = models.BinaryField()
    hashes = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "position"], name="bookkeeping_tile_once"),
            models.UniqueConstraint(fields=["level", "last_leg_id"], name="bookkeeping_tile_leg"),
        ]

    def __str__(self) -> str:
        return f"{self.level}/{self.position}"


class SignedTreeHead(models.Model):
    """The log at one moment, signed. Each size has one root, for good."""

    size = models.BigIntegerField(unique=True)
    last_leg_id = models.BigIntegerField()
    root = models.CharField(max_length=64)
    at = models.CharField(max_length=40)  # as it was signed, to the letter
    previous = models.CharField(max_length=64, blank=True)
    key_id = models.CharField(max_length=16)
    public_key = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)

    def __str__(self) -> str:
        return f"{self.size} {self.root}"
