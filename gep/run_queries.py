"""What may be asked about runs: where they stand, how long they will take, what they rest on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from gep.models import BlockState, Run, RunBlock, RunFile, RunStatus
from gep.readers import Reader

SHARE_OF_BLOCKS = 0.9  # of the way; the check and the join are the rest


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as pages see it; ``datasets`` names the datasets by role."""

    code: str
    kind: str
    name: str
    region: str
    year: int
    price_year: int
    profile: str
    switches: Mapping[str, Any]
    seed: int
    draws: int
    status: str
    stage: str
    inputs: Mapping[str, Any]
    datasets: Mapping[str, str]
    findings: list[dict[str, Any]]
    findings_accepted_by: str
    indicators: list[str]
    provenance: dict[str, Any]
    parcels: int
    area_m2: float
    total_fen: int
    unconfirmed_figures: bool
    synthetic: bool
    refusal: str
    base: str
    changes: Mapping[str, Any]
    revises: str
    revision_reason: str
    revision: int
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    compiled_at: datetime | None
    approved_by: str
    approved_at: datetime | None
    published_by: str
    published_at: datetime | None
    withdrawn_by: str
    withdrawn_at: datetime | None
    withdrawn_reason: str


@dataclass(frozen=True, slots=True)
class ProgressView:
    """How far a run has come: ``share`` from 0 to 1, and the seconds that remain at this pace, None if unknown."""

    run: str
    status: str
    stage: str
    share: float
    blocks: int
    blocks_done: int
    remaining_s: float | None
    started_at: datetime | None
    refusal: str


@dataclass(frozen=True, slots=True)
class FileView:
    """A file made of a run's figures; ``digest`` names its content in the storage."""

    name: str
    media_type: str
    digest: str
    size: int
    made_at: datetime


def run(code: str, *, reader: Reader | None = None) -> RunView:
    """Return the run with that code, if ``reader`` may see it; None stands for the platform itself.

    Raises ``Run.DoesNotExist`` (an ObjectDoesNotExist).
    """
    return _view(_seen(reader).get(code=code))


def runs(
    *, reader: Reader | None = None, region: str = "", year: int | None = None, status: str = "", kind: str = "",
    before: str = "", limit: int = 50,
) -> list[RunView]:  # fmt: skip
    """Return runs that ``reader`` may see, the last requested first, those requested before the run ``before``."""
    wanted = {"region": region, "year": year, "status": status, "kind": kind}
    rows = _seen(reader).filter(**{name: value for name, value in wanted.items() if value})
    if before:
        rows = rows.filter(pk__lt=Run.objects.get(code=before).pk)
    return [_view(row) for row in rows.order_by("-pk")[:limit]]


def progress(code: str, *, at: datetime, reader: Reader | None = None) -> ProgressView:
    """Return how far a run has come, if ``reader`` may see it. Raises ``Run.DoesNotExist``."""
    row = _seen(reader).get(code=code)
    done = Count("pk", filter=Q(state=BlockState.DONE))
    counted = RunBlock.objects.filter(run=row).aggregate(blocks=Count("pk"), done=done)
    share = _share(row, counted["blocks"], counted["done"])
    return ProgressView(
        run=code,
        status=row.status,
        stage=row.stage,
        share=share,
        blocks=counted["blocks"],
        blocks_done=counted["done"],
        remaining_s=_remaining_s(row, share, at=at),
        started_at=row.started_at,
        refusal=row.refusal,
    )


def files(code: str) -> list[FileView]:
    """Return the files made of a run's figures, by name; empty where none is made yet."""
    rows = RunFile.objects.filter(run__code=code).order_by("name")
    return [FileView(row.name, row.media_type, row.digest, row.size, row.made_at) for row in rows]


def _seen(reader: Reader | None) -> "QuerySet[Run]":
    return Run.objects.all() if reader is None else Run.objects.filter(reader.runs())


def _share(row: Run, blocks: int, done: int) -> float:
    if row.status in (RunStatus.COMPILED, RunStatus.APPROVED, RunStatus.PUBLISHED, RunStatus.WITHDRAWN):
        return 1.0
    return SHARE_OF_BLOCKS * done / blocks if blocks else 0.0


def _remaining_s(row: Run, share: float, *, at: datetime) -> float | None:
    if row.status != RunStatus.RUNNING or row.started_at is None or not share:
        return None
    spent = max(at - row.started_at, timedelta(0)).total_seconds()
    return round(spent * (1 - share) / share, 1)


def _view(row: Run) -> RunView:
    own = {name: getattr(row, name) for name in RunView.__dataclass_fields__ if name not in NAMED}
    links = row.datasets.order_by("role").values_list("role", "dataset__code")
    return RunView(
        **own,
        datasets=dict(links),
        base=row.base.code if row.base else "",
        revises=row.revises.code if row.revises else "",
    )


NAMED = ("datasets", "base", "revises")
