"""The catalogue: what was uploaded, whether it was accepted, and where the checked copy lies."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _


class DatasetKind(models.TextChoices):
    """What a dataset holds."""

    PARCELS = "parcels", _("图斑")
    LAYER = "layer", _("栅格图层")
    STATISTICS = "statistics", _("统计表")
    COEFFICIENTS = "coefficients", _("系数表")


class DatasetStatus(models.TextChoices):
    """Where a dataset stands."""

    UPLOADING = "uploading", _("上传中")
    CHECKING = "checking", _("检查中")
    READY = "ready", _("可用")
    REFUSED = "refused", _("未通过检查")
    WITHDRAWN = "withdrawn", _("已撤回")


class Dataset(models.Model):
    """A file with what must be known about it; ``sha256`` names its content, ``checked`` the copy that runs read."""

    code = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=12, choices=DatasetKind)
    layer = models.CharField(max_length=40, blank=True)
    region = models.CharField(max_length=6)
    year = models.PositiveSmallIntegerField()
    filename = models.CharField(max_length=120)
    unit = models.CharField(max_length=20, blank=True)
    scheme = models.CharField(max_length=20, blank=True)  # of the classes of land cover
    licence = models.CharField(max_length=120)
    source = models.CharField(max_length=200)
    label = models.CharField(max_length=200, blank=True)
    synthetic = models.BooleanField(default=False)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    part_size = models.PositiveIntegerField()
    options = models.JSONField(default=dict)  # column names of parcels and tables
    status = models.CharField(max_length=10, choices=DatasetStatus, default=DatasetStatus.UPLOADING)
    checked = models.CharField(max_length=64, blank=True)
    facts = models.JSONField(default=dict)  # CRS, extent, resolution, nodata, rows: what the check measured
    findings = models.JSONField(default=list)  # the first hundred; all of them stand in the object ``rejections``
    finding_counts = models.JSONField(default=dict)  # by reason
    rejections = models.CharField(max_length=64, blank=True)
    refusal = models.CharField(max_length=60, blank=True)
    refusal_told = models.TextField(blank=True)
    withdrawn_reason = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=1)
    uploaded_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("数据集")
        ordering = ["-id"]
        constraints = [
            CheckConstraint(condition=Q(size__gt=0), name="gep_dataset_size"),
            CheckConstraint(
                condition=~Q(kind="layer") & Q(layer="") | Q(kind="layer") & ~Q(layer=""), name="gep_dataset_layer"
            ),
            UniqueConstraint(
                fields=["sha256", "kind", "layer", "region", "year"],
                condition=~Q(status__in=["refused", "withdrawn"]),
                name="gep_dataset_once",
            ),
        ]
        indexes = [models.Index(fields=["region", "year", "kind"], name="gep_dataset_by_region")]

    def __str__(self) -> str:
        return self.code


class DatasetPart(models.Model):
    """A piece of an upload, named by its number and its content."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("上传分片")
        constraints = [UniqueConstraint(fields=["dataset", "number"], name="gep_dataset_part_once")]

    def __str__(self) -> str:
        return f"{self.dataset_id}/{self.number}"
