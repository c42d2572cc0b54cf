"""Runs: an account asked for, its inputs, the blocks it is cut into, and how far it has come."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from gep.models.datasets import Dataset


class RunKind(models.TextChoices):
    """What a run is for; only an account of a region can become official."""

    ACCOUNT = "account", _("区域核算")
    SCENARIO = "scenario", _("情景模拟")
    PROJECT = "project", _("项目单元（VEP）")


class RunStatus(models.TextChoices):
    """Where a run stands."""

    REQUESTED = "requested", _("待核算")
    CHECKED = "checked", _("待确认检查结果")
    RUNNING = "running", _("核算中")
    COMPILED = "compiled", _("已核算")
    REFUSED = "refused", _("无法核算")
    CANCELLED = "cancelled", _("已取消")
    APPROVED = "approved", _("已复核")
    PUBLISHED = "published", _("已正式发布")
    WITHDRAWN = "withdrawn", _("已撤回")


NEXT_STATUSES = {
    RunStatus.REQUESTED: {RunStatus.CHECKED, RunStatus.RUNNING, RunStatus.REFUSED, RunStatus.CANCELLED},
    RunStatus.CHECKED: {RunStatus.RUNNING, RunStatus.CANCELLED},
    RunStatus.RUNNING: {RunStatus.COMPILED, RunStatus.REFUSED, RunStatus.CANCELLED},
    RunStatus.REFUSED: {RunStatus.REQUESTED, RunStatus.RUNNING},
    RunStatus.CANCELLED: {RunStatus.REQUESTED, RunStatus.RUNNING},
    RunStatus.COMPILED: {RunStatus.APPROVED},
    RunStatus.APPROVED: {RunStatus.PUBLISHED, RunStatus.COMPILED},
    RunStatus.PUBLISHED: {RunStatus.WITHDRAWN},
    RunStatus.WITHDRAWN: set(),
}


class Run(models.Model):
    """One account of one region and year: its method, its inputs, its progress, and whether its figures are official.

    ``inputs`` names the digest of everything that the figures depend on; the same inputs are the same run.
    ``provenance`` holds what the engine used. Totals are those of the whole region, over all indicators.
    """

    code = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=RunKind, default=RunKind.ACCOUNT)
    name = models.CharField(max_length=120, blank=True)
    region = models.CharField(max_length=6)
    year = models.PositiveSmallIntegerField()
    price_year = models.PositiveSmallIntegerField()
    profile = models.CharField(max_length=40)
    switches = models.JSONField(default=dict)
    seed = models.PositiveBigIntegerField(default=0)
    draws = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=12, choices=RunStatus, default=RunStatus.REQUESTED)
    stage = models.CharField(max_length=12, blank=True)
    generation = models.PositiveSmallIntegerField(default=1)  # counts the times it was taken up again
    input_digest = models.CharField(max_length=64, unique=True)
    inputs = models.JSONField(default=dict)
    snapshot = models.CharField(max_length=64, blank=True)  # the object that holds the run's parcels
    findings = models.JSONField(default=list)
    findings_accepted_by = models.CharField(max_length=150, blank=True)
    indicators = models.JSONField(default=list)  # the order of the figures of each parcel
    provenance = models.JSONField(default=dict)
    result = models.CharField(max_length=64, blank=True)  # the object that holds what the join found
    parcels = models.PositiveIntegerField(default=0)
    area_m2 = models.FloatField(default=0)
    total_fen = models.BigIntegerField(default=0)  # over the parcels and what is allocated to none
    unallocated_fen = models.BigIntegerField(default=0)
    unallocated = models.JSONField(default=dict)  # fen by county, then indicator
    intervals = models.JSONField(default=dict)  # 95 % of the total and of each indicator, where draws were asked for
    unconfirmed_figures = models.BooleanField(default=True)
    synthetic = models.BooleanField(default=False)
    refusal = models.TextField(blank=True)
    base = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="scenarios")
    changes = models.JSONField(default=dict)  # of a scenario: the land use of parcels by code; of a project: its land
    revises = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="revisions")
    revision_reason = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=1)  # of the row, for ETags
    requested_by = models.CharField(max_length=150, blank=True)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    compiled_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=150, blank=True)
    approved_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=150, blank=True)
    published_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=150, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        verbose_name = _("核算任务")
        ordering = ["-year", "-id"]
        indexes = [models.Index(fields=["region", "year", "status"], name="gep_run_by_region")]
        constraints = [
            CheckConstraint(condition=Q(status__in=RunStatus.values), name="gep_run_status_is_known"),
            CheckConstraint(
                condition=~Q(status__in=["published", "approved"]) | Q(kind="account"), name="gep_run_official_kind"
            ),
            CheckConstraint(
                condition=~Q(status="published") | Q(unconfirmed_figures=False, synthetic=False),
                name="gep_run_official_figures",
            ),
            UniqueConstraint(fields=["region", "year"], condition=Q(status="published"), name="gep_run_one_official"),
        ]

    def __str__(self) -> str:
        return self.code


class RunInput(models.Model):
    """A dataset that a run reads, by its role: "parcels", "statistics", "coefficients", or the name of a layer."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="datasets")
    role = models.CharField(max_length=40)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="uses")

    class Meta:
        verbose_name = _("核算输入")
        constraints = [UniqueConstraint(fields=["run", "role", "dataset"], name="gep_run_input_once")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.role}"


class BlockState(models.TextChoices):
    """Where a block stands."""

    WAITING = "waiting", _("等待")
    DONE = "done", _("完成")


class RunBlock(models.Model):
    """A spatial block of a run; a job weighs it, and its result lies in the storage under its digest.

    Who holds the block, for how long and for which time, is the job's own (``core.jobs``).
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="blocks")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=BlockState, default=BlockState.WAITING)
    result = models.CharField(max_length=64, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("核算分块")
        constraints = [
            UniqueConstraint(fields=["run", "number"], name="gep_block_once"),
            CheckConstraint(
                condition=Q(state="waiting", result="") | Q(state="done") & ~Q(result=""), name="gep_block_has_result"
            ),
        ]
        indexes = [models.Index(fields=["run", "state"], name="gep_block_by_state")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.number}"


class RunFile(models.Model):
    """A file made of a run's figures, as an object in the storage."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=60)
    media_type = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("核算成果文件")
        constraints = [UniqueConstraint(fields=["run", "name"], name="gep_run_file_once")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.name}"
