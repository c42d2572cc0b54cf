"""What may be asked about the catalogue of datasets."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from django.db.models import QuerySet

from gep.files import layers
from gep.models import Dataset, DatasetKind, DatasetPart
from gep.readers import Reader

LAYER_UNITS = {name: layer.unit for name, layer in layers.known().items()}  # "" for classes and shares without one


@dataclass(frozen=True, slots=True)
class DatasetView:
    """A dataset as pages and runs see it; ``missing_parts`` lists the first twenty pieces that are still to come."""

    code: str
    kind: str
    layer: str
    region: str
    year: int
    filename: str
    unit: str
    scheme: str
    licence: str
    source: str
    label: str
    synthetic: bool
    sha256: str
    size: int
    part_size: int
    parts: int
    received_parts: int
    missing_parts: list[int]
    status: str
    checked: str
    facts: dict[str, Any]
    findings: list[dict[str, Any]]
    finding_counts: dict[str, int]
    rejections: str
    refusal: str
    refusal_told: str
    withdrawn_reason: str
    revision: int
    uploaded_by: str
    created_at: datetime
    checked_at: datetime | None


def dataset(code: str, *, reader: Reader | None = None) -> DatasetView:
    """Return the dataset with that code, if ``reader`` may see it; None stands for the platform itself.

    Raises ``Dataset.DoesNotExist`` (an ObjectDoesNotExist).
    """
    return _view(_seen(reader).get(code=code))


def datasets(
    *, kind: str = "", region: str = "", year: int | None = None, status: str = "", layer: str = "",
    before: str = "", limit: int = 50, reader: Reader | None = None,
) -> list[DatasetView]:  # fmt: skip
    """Return datasets that ``reader`` may see, the newest first, those entered before the dataset ``before``."""
    wanted = {"kind": kind, "region": region, "year": year, "status": status, "layer": layer}
    rows = _seen(reader).filter(**{name: value for name, value in wanted.items() if value})
    if before:
        rows = rows.filter(pk__lt=Dataset.objects.get(code=before).pk)
    return [_view(row) for row in rows.order_by("-pk")[:limit]]


def part_count(row: Dataset) -> int:
    """Return in how many pieces the dataset comes."""
    return -(-row.size // row.part_size)


def missing_parts(row: Dataset) -> list[int]:
    """Return the numbers of the pieces that are not there."""
    there = set(DatasetPart.objects.filter(dataset=row).values_list("number", flat=True))
    return [number for number in range(1, part_count(row) + 1) if number not in there]


def suffix(row: Dataset) -> str:
    """Return the extension under which a dataset's file is put before its reader, which believes the content only."""
    said = PurePosixPath(row.filename).suffix.lower()
    if row.kind == DatasetKind.LAYER:
        return ".tif"
    return said if said in {".gpkg", ".geojson", ".json", ".parquet", ".zip", ".csv", ".xlsx"} else ""


def _seen(reader: Reader | None) -> "QuerySet[Dataset]":
    return Dataset.objects.all() if reader is None else Dataset.objects.filter(reader.datasets())


def _view(row: Dataset) -> DatasetView:
    waiting = row.status == "uploading"
    missing = missing_parts(row) if waiting else []
    own = {name: getattr(row, name) for name in DatasetView.__dataclass_fields__ if hasattr(row, name)}
    count = part_count(row)
    return DatasetView(
        **own | {
            "parts": count, "received_parts": count - len(missing), "missing_parts": missing[:20],
        }
    )  # fmt: skip
