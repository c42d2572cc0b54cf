"""The catalogue: a dataset is announced, uploaded in pieces, checked in a limited child process, used or refused.

What is announced is the content's SHA-256, so the same file twice is one dataset. Pieces come in any order and as often
as the line breaks; a piece that is there already changes nothing.
"""

import hashlib
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import events, jobs, regions
from core.errors import RuleViolation
from gep import dataset_checks, dataset_queries, storage
from gep.dataset_checks import CheckedFile, Found, Stated
from gep.dataset_queries import DatasetView
from gep.files import FileRefused
from gep.files import layers as known_layers
from gep.models import Dataset, DatasetKind, DatasetPart, DatasetStatus
from gep.revisions import RevisionStale
from identity import roles
from identity.role_codes import Role

MIB = 2**20
LARGEST_PART = 8 * MIB
SMALLEST_PART = 1024
MOST_PARTS = 10_000
LARGEST = {
    DatasetKind.PARCELS: 2_048 * MIB,
    DatasetKind.LAYER: 4_096 * MIB,
    DatasetKind.STATISTICS: 32 * MIB,
    DatasetKind.COEFFICIENTS: 8 * MIB,
}
SHA256 = re.compile(r"[0-9a-f]{64}")
AMENDABLE = ("licence", "source", "label", "synthetic")


class DatasetNotDescribed(RuleViolation):
    """A field of the description cannot be; ``field`` names it."""

    code = "gep_dataset_not_described"
    message = _("数据集说明有误，请更正所示字段。")
    status = 422


class DatasetStepNotPossible(RuleViolation):
    """The dataset does not stand where this step begins."""

    code = "gep_dataset_step_not_possible"
    message = _("数据集的当前状态不允许这一步。")


class PartRefused(RuleViolation):
    """A piece whose number, length or checksum is not the announced one; ``reason`` says which."""

    code = "gep_dataset_part_refused"
    message = _("上传的分片与说明不符：请核对分片编号、长度和校验和。")
    status = 422


class PartDiffers(RuleViolation):
    """Another piece was received under this number."""

    code = "gep_dataset_part_differs"
    message = _("该编号的分片已收到且内容不同。")


class PartsMissing(RuleViolation):
    """The upload is not whole; ``missing`` lists the first pieces that are not there."""

    code = "gep_dataset_parts_missing"
    message = _("上传尚未完成：仍缺少部分分片。")


@dataclass(frozen=True, slots=True)
class Description:
    """What is announced of a dataset before its content comes."""

    kind: str
    region: str
    year: int
    filename: str
    licence: str
    source: str
    layer: str = ""
    unit: str = ""
    scheme: str = ""
    label: str = ""
    synthetic: bool = False
    options: Mapping[str, Any] | None = None


def announce(
    said: Description, *, sha256: str, size: int, part_size: int = LARGEST_PART, by: AbstractBaseUser, at: datetime
) -> DatasetView:
    """Enter a dataset that is about to be uploaded; the same content for the same use again is the one there is.

    ``by`` must be an analyst of the region. Raises DatasetNotDescribed, roles.RoleMissing.
    """
    _require_analyst(by, said.region)
    _check_description(said, sha256=sha256, size=size, part_size=part_size)
    return _entered(said, sha256=sha256, size=size, part_size=part_size, by=by.get_username(), at=at)


def receive_part(code: str, *, number: int, raw: bytes, sha256: str, by: AbstractBaseUser) -> DatasetView:
    """Keep a piece of an upload; the same piece again changes nothing.

    Raises Dataset.DoesNotExist, roles.RoleMissing, PartRefused, PartDiffers, DatasetStepNotPossible.
    """
    row = Dataset.objects.get(code=code)
    _require_analyst(by, row.region)
    if row.status != DatasetStatus.UPLOADING:
        raise DatasetStepNotPossible(dataset=code, status=row.status)
    _check_part(row, number=number, raw=raw, sha256=sha256)
    known = DatasetPart.objects.filter(dataset=row, number=number).first()
    if known is not None and known.sha256 != sha256:
        raise PartDiffers(dataset=code, number=number, sha256=known.sha256)
    storage.put_bytes(raw)
    part = DatasetPart(dataset=row, number=number, sha256=sha256, size=len(raw))
    DatasetPart.objects.bulk_create([part], ignore_conflicts=True)
    if DatasetPart.objects.get(dataset=row, number=number).sha256 != sha256:
        raise PartDiffers(dataset=code, number=number)
    return dataset_queries.dataset(code)


def complete(code: str, *, by: AbstractBaseUser, at: datetime) -> DatasetView:
    """Have the upload put together and checked by a job; again, nothing changes.

    Raises Dataset.DoesNotExist, roles.RoleMissing, PartsMissing, DatasetStepNotPossible.
    """
    with transaction.atomic():
        row = Dataset.objects.select_for_update().get(code=code)
        _require_analyst(by, row.region)
        if row.status != DatasetStatus.UPLOADING:
            if row.status in (DatasetStatus.CHECKING, DatasetStatus.READY, DatasetStatus.REFUSED):
                return dataset_queries.dataset(code)
            raise DatasetStepNotPossible(dataset=code, status=row.status)
        missing = dataset_queries.missing_parts(row)
        if missing:
            raise PartsMissing(dataset=code, missing=missing[:20], count=len(missing))
        _advance(row, to=DatasetStatus.CHECKING)
        jobs.enqueue("gep.check_dataset", cause_key=f"gep/dataset/{code}", payload={"dataset": code}, due_at=at)
    return dataset_queries.dataset(code)


def add_file(path: Path, said: Description, *, at: datetime, by: str = "system") -> DatasetView:
    """Enter a file that lies on this machine, and check it at once: for commands, demonstrations and tests.

    The same content for the same use again is the dataset there is. Raises DatasetNotDescribed.
    """
    stored = storage.put(Path(path))
    _check_description(said, sha256=stored.digest, size=stored.size, part_size=LARGEST_PART)
    view = _entered(said, sha256=stored.digest, size=stored.size, part_size=LARGEST_PART, by=by, at=at)
    if view.status == DatasetStatus.UPLOADING:
        Dataset.objects.filter(code=view.code, status=DatasetStatus.UPLOADING).update(status=DatasetStatus.CHECKING)
        return check(view.code, as_of=at)
    return view


def check(code: str, *, as_of: datetime) -> DatasetView:
    """Put an upload together, check it, keep the checked copy; a dataset that was checked is left as it is.

    What is refused is kept in the catalogue with its reason and its findings, for whoever uploaded it.
    """
    row = Dataset.objects.get(code=code)
    if row.status != DatasetStatus.CHECKING:
        return dataset_queries.dataset(code)
    with tempfile.TemporaryDirectory(prefix="fuzhou-dataset-") as folder:
        stated = Stated(row.kind, layer=row.layer, unit=row.unit, scheme=row.scheme, options=row.options)
        try:
            path = _whole_file(row, Path(folder))
            checked = dataset_checks.check(path, stated, folder=Path(folder))
        except FileRefused as refusal:
            told = {"refusal": refusal.reason, "refusal_told": refusal.told[:2000]}
            found = dataset_checks.found_in(getattr(refusal, "findings", None), folder=Path(folder))
            _end_check(row, DatasetStatus.REFUSED, as_of=as_of, **told, **_kept(found))
            return dataset_queries.dataset(code)
        _keep_checked(row, checked, as_of=as_of)
    return dataset_queries.dataset(code)


def amend(code: str, *, changes: Mapping[str, Any], revision: int, by: AbstractBaseUser, at: datetime) -> DatasetView:
    """Correct what is said about a dataset: licence, source, label, or that it is synthetic (never that it is not).

    Raises Dataset.DoesNotExist, roles.RoleMissing, RevisionStale, DatasetNotDescribed, DatasetStepNotPossible.
    """
    with transaction.atomic():
        row = _locked(code, revision=revision, by=by)
        if set(changes) - set(AMENDABLE):
            raise DatasetNotDescribed(field=sorted(set(changes) - set(AMENDABLE))[0])
        if row.synthetic and changes.get("synthetic") is False:
            raise DatasetNotDescribed(field="synthetic", told="synthetic data stay synthetic")
        for name, value in changes.items():
            setattr(row, name, value)
        row.revision += 1
        row.save(update_fields=[*changes, "revision"])
        _tell("gep.dataset_amended", row, by=by, at=at, changed=sorted(changes))
    return dataset_queries.dataset(code)


def withdraw(code: str, *, reason: str, revision: int, by: AbstractBaseUser, at: datetime) -> DatasetView:
    """Let no new run use a dataset; the runs that used it keep their reference to it.

    Raises Dataset.DoesNotExist, roles.RoleMissing, RevisionStale, DatasetStepNotPossible.
    """
    with transaction.atomic():
        row = _locked(code, revision=revision, by=by)
        if not reason.strip():
            raise DatasetNotDescribed(field="reason")
        row.withdrawn_reason = reason
        _advance(row, to=DatasetStatus.WITHDRAWN)
        DatasetPart.objects.filter(dataset=row).delete()
        _tell("gep.dataset_withdrawn", row, by=by, at=at, reason=reason)
    return dataset_queries.dataset(code)


def _entered(said: Description, *, sha256: str, size: int, part_size: int, by: str, at: datetime) -> DatasetView:
    use = {"sha256": sha256, "kind": said.kind, "layer": said.layer, "region": said.region, "year": said.year}
    told = "\0".join(f"{name}={value}" for name, value in sorted(use.items()))
    live = Dataset.objects.exclude(status__in=[DatasetStatus.REFUSED, DatasetStatus.WITHDRAWN]).filter(**use)
    with transaction.atomic():
        if (known := live.first()) is not None:
            if said.synthetic and not known.synthetic:
                known.synthetic = True
                known.save(update_fields=["synthetic"])
            return dataset_queries.dataset(known.code)
        # The same bytes stay synthetic, whoever brings them again and under whatever use.
        synthetic = said.synthetic or Dataset.objects.filter(sha256=sha256, synthetic=True).exists()
        before = Dataset.objects.filter(**use).count()
        code = hashlib.sha256(f"{told}\0{before}".encode()).hexdigest()[:16]
        row = Dataset(
            code=code, size=size, part_size=part_size, filename=said.filename, unit=said.unit, scheme=said.scheme,
            licence=said.licence, source=said.source, label=said.label, synthetic=synthetic,
            options=dict(said.options or {}), uploaded_by=by, created_at=at, **use,
        )  # fmt: skip
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:  # another request entered it in the same moment
            return dataset_queries.dataset(live.get().code)
    return dataset_queries.dataset(code)


def _check_description(said: Description, *, sha256: str, size: int, part_size: int) -> None:
    def refuse(field: str, told: str = "") -> DatasetNotDescribed:
        return DatasetNotDescribed(field=field, told=told)

    if said.kind not in DatasetKind.values:
        raise refuse("kind", f"one of {', '.join(DatasetKind.values)}")
    if said.region not in regions.table():
        raise refuse("region")
    layers = known_layers.known()
    if (said.kind == DatasetKind.LAYER) != bool(said.layer) or (said.layer and said.layer not in layers):
        raise refuse("layer", f"one of {', '.join(sorted(layers))}" if said.kind == DatasetKind.LAYER else "")
    if said.layer and known_layers.factor(said.layer, unit=said.unit) is None:
        raise refuse("unit", f"{said.layer} is in {layers[said.layer].unit or 'classes'}")
    if (said.layer == "land_cover") != bool(said.scheme):
        raise refuse("scheme")
    if not SHA256.fullmatch(sha256):
        raise refuse("sha256", "64 hexadecimal digits")
    if not 0 < size <= LARGEST[DatasetKind(said.kind)]:
        raise refuse("size", f"1 to {LARGEST[DatasetKind(said.kind)]} bytes")
    if not SMALLEST_PART <= part_size <= LARGEST_PART or -(-size // part_size) > MOST_PARTS:
        raise refuse("part_size", f"{SMALLEST_PART} to {LARGEST_PART} bytes, at most {MOST_PARTS} parts")
    for name in ("licence", "source", "filename"):
        if not getattr(said, name).strip():
            raise refuse(name)


def _check_part(row: Dataset, *, number: int, raw: bytes, sha256: str) -> None:
    count = dataset_queries.part_count(row)
    if not 1 <= number <= count:
        raise PartRefused(reason="number", least=1, most=count)
    due = row.part_size if number < count else row.size - (count - 1) * row.part_size
    if len(raw) != due:
        raise PartRefused(reason="length", due=due, received=len(raw))
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise PartRefused(reason="checksum", received=hashlib.sha256(raw).hexdigest())


def _whole_file(row: Dataset, folder: Path) -> Path:
    """Return the dataset's file as it was announced. Raises FileRefused where the content is another."""
    path = folder / f"original{dataset_queries.suffix(row)}"
    parts = list(row.parts.order_by("number").values_list("sha256", flat=True))
    if not parts and storage.holds(row.sha256):
        storage.copy_to(row.sha256, path)
        return path
    whole = storage.join(parts, path)
    if whole.digest != row.sha256:
        raise FileRefused(path, "upload_damaged", f"SHA-256 {whole.digest} instead of {row.sha256}")
    storage.put(path)
    return path


def _keep_checked(row: Dataset, found: CheckedFile, *, as_of: datetime) -> None:
    checked = storage.put(found.copy).digest if found.copy else row.sha256
    _end_check(
        row, DatasetStatus.READY, as_of=as_of, checked=checked, facts=found.facts,
        synthetic=row.synthetic or found.synthetic, label=row.label or found.label[:200], **_kept(found.found),
    )  # fmt: skip


def _kept(found: Found) -> dict[str, Any]:
    rejections = storage.put(found.rejections).digest if found.rejections else ""
    return {"findings": found.first, "finding_counts": found.counts, "rejections": rejections}


def _end_check(row: Dataset, to: DatasetStatus, *, as_of: datetime, **kept: Any) -> None:
    with transaction.atomic():
        held = Dataset.objects.filter(pk=row.pk, status=DatasetStatus.CHECKING)
        if not held.update(status=to, checked_at=as_of, revision=row.revision + 1, **kept):
            return
        parts = set(row.parts.values_list("sha256", flat=True))
        row.parts.all().delete()
        detail = {"dataset": row.code, "kind": row.kind, "region": row.region, "refusal": kept.get("refusal", "")}
        events.record(f"gep.dataset_{to.value}", subject=row.code, occurred_at=as_of, detail=detail)
    for digest in parts - _still_named(parts):
        storage.remove(digest)


def _still_named(digests: set[str]) -> set[str]:
    """Return those of the objects that some dataset or unfinished upload names."""
    named = set(DatasetPart.objects.filter(sha256__in=digests).values_list("sha256", flat=True))
    named |= set(Dataset.objects.filter(sha256__in=digests).values_list("sha256", flat=True))
    return named | set(Dataset.objects.filter(checked__in=digests).values_list("checked", flat=True))


def _locked(code: str, *, revision: int, by: AbstractBaseUser) -> Dataset:
    row = Dataset.objects.select_for_update().get(code=code)
    _require_analyst(by, row.region)
    if row.revision != revision:
        raise RevisionStale(revision=row.revision)
    if row.status == DatasetStatus.WITHDRAWN:
        raise DatasetStepNotPossible(dataset=code, status=row.status)
    return row


def _advance(row: Dataset, *, to: DatasetStatus) -> None:
    row.status = to
    row.revision += 1
    row.save(update_fields=["status", "revision", "withdrawn_reason"])


def _require_analyst(by: AbstractBaseUser, region: str) -> None:
    if region not in regions.table():
        raise DatasetNotDescribed(field="region")
    if not roles.holds(by, Role.ANALYST, region=region):
        raise roles.RoleMissing(needs=[Role.ANALYST.value], region=region)


def _tell(kind: str, row: Dataset, *, by: AbstractBaseUser, at: datetime, **more: Any) -> None:
    detail = {"dataset": row.code, "kind": row.kind, "region": row.region, "by": by.get_username(), **more}
    events.record(kind, subject=row.code, occurred_at=at, detail=detail)
