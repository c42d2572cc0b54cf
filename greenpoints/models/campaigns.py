"""Campaigns: more coins for some acts, days or counties, out of one sponsor's fund, within a budget."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from greenpoints.models.batches import Batch


class CampaignStatus(models.TextChoices):
    """How far a campaign has come."""

    PROPOSED = "proposed", _("待复核")
    ACTIVE = "active", _("进行中")
    EXHAUSTED = "exhausted", _("资金或预算已用尽")
    STOPPED = "stopped", _("已停止")


class Campaign(models.Model):
    """Coins earned are multiplied by ``numerator / denominator``; only what exceeds the usual coins comes from here.

    ``acts`` and ``regions`` are codes joined by commas, empty for all; ``declared_days`` says that it counts on the
    days declared for it only, e.g. days of bad air. ``person_cap`` is the most coins that one resident gets from it.
    """

    code = models.CharField(max_length=40, unique=True)
    title_zh = models.CharField(max_length=100)
    title_en = models.CharField(max_length=100)
    sponsor = models.CharField(max_length=64)
    numerator = models.PositiveIntegerField()
    denominator = models.PositiveIntegerField()
    acts = models.CharField(max_length=400, blank=True)
    regions = models.CharField(max_length=400, blank=True)
    declared_days = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_to = models.DateField()
    person_cap = models.BigIntegerField()
    budget_coins = models.BigIntegerField()
    paid_coins = models.BigIntegerField(default=0)
    mg_per_coin = models.BigIntegerField()
    status = models.CharField(max_length=16, choices=CampaignStatus, default=CampaignStatus.PROPOSED)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    approved_by = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(numerator__gt=F("denominator"), denominator__gt=0, mg_per_coin__gt=0),
                name="greenpoints_campaign_factor",
            ),
            models.CheckConstraint(
                condition=Q(paid_coins__gte=0, paid_coins__lte=F("budget_coins"), person_cap__gt=0),
                name="greenpoints_campaign_budget",
            ),
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="greenpoints_campaign_days"),
            models.CheckConstraint(
                condition=Q(status__in=[CampaignStatus.PROPOSED, CampaignStatus.STOPPED])
                | ~Q(approved_by="") & ~Q(approved_by=F("proposed_by")),
                name="greenpoints_campaign_two_people",
            ),
        ]


class CampaignDay(models.Model):
    """A day declared for a campaign, e.g. one of bad air by the forecast; with who declared it."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="days")
    day = models.DateField()
    declared_by = models.CharField(max_length=150)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "day"], name="greenpoints_campaignday_once")]


class CampaignShare(models.Model):
    """What one resident has from a campaign: exactly what was earned, in parts of a coin, and the coins paid for it.

    ``parts`` are mg times (numerator - denominator): a coin is ``mg_per_coin * denominator`` of them, so that nothing
    is rounded before it is paid, and an act that is reversed takes out exactly what it brought in.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="shares")
    person_ref = models.CharField(max_length=32)
    parts = models.BigIntegerField()
    paid_coins = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "person_ref"], name="greenpoints_share_once"),
            models.CheckConstraint(condition=Q(parts__gte=0, paid_coins__gte=0), name="greenpoints_share_amounts"),
        ]


class BonusStatus(models.TextChoices):
    """Whether a campaign paid what a run brought."""

    PAID = "paid", _("已发放")
    NOTHING_DUE = "nothing_due", _("不足一枚或已达个人上限")
    EXHAUSTED = "exhausted", _("活动资金已用尽，不再加成")


class Bonus(models.Model):
    """What a campaign added for one resident in one run, and why it paid nothing where it did not."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="bonuses")
    run = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="bonuses")
    person_ref = models.CharField(max_length=32)
    parts = models.BigIntegerField()
    coins = models.BigIntegerField()
    status = models.CharField(max_length=16, choices=BonusStatus)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "run", "person_ref"], name="greenpoints_bonus_once"),
            models.CheckConstraint(condition=Q(parts__gt=0, coins__gte=0), name="greenpoints_bonus_amounts"),
        ]
