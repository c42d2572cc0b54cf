"""Runs as people steer them: asked for, started, cancelled, taken up again. What workers do stands in gep.run_work.

The same inputs, figures and switches are the same run, whoever asks. A run names every input by its digest; nothing
that happens to the catalogue or to the parcels afterwards changes what it found.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import events, jobs, regions
from core.errors import RuleViolation
from gep import dataset_queries, engine_code, methods, run_queries, snapshots
from gep.files import layers as known_layers
from gep.models import (
    NEXT_STATUSES,
    BlockState,
    Dataset,
    DatasetKind,
    DatasetStatus,
    Run,
    RunBlock,
    RunInput,
    RunKind,
    RunStatus,
)
from gep.revisions import RevisionStale
from gep.run_queries import RunView
from identity import roles
from identity.role_codes import Role

TABLE_ROLES = {"statistics": DatasetKind.STATISTICS, "coefficients": DatasetKind.COEFFICIENTS}
STOPPABLE = (RunStatus.REQUESTED, RunStatus.CHECKED, RunStatus.RUNNING)
MOST_DRAWS = 10_000
MOST_CHANGES = 5_000


class RunNotDescribed(RuleViolation):
    """The profile, a switch, a dataset, the region or a change cannot be; ``field`` and ``told`` say which and why."""

    code = "gep_run_not_described"
    message = _("核算说明有误：所列的方法、开关、数据集或区域无效。")
    status = 422


class RegionWithoutParcels(RuleViolation):
    """No parcel of the region is valid at the end of the year."""

    code = "gep_region_without_parcels"
    message = _("该区域在核算年末没有有效图斑，无法核算。")


class RunStepNotPossible(RuleViolation):
    """The run does not stand where this step begins."""

    code = "gep_run_step_not_possible"
    message = _("核算任务的当前状态不允许这一步。")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is asked to account: a region and year, by which method, from which datasets.

    ``datasets`` names datasets of the catalogue by role: the name of a layer, "statistics" or "coefficients".
    ``changes`` of a scenario: {"land_use": {parcel: code}}; of a project: {"parcels": [codes]}.
    """

    region: str
    year: int
    price_year: int
    datasets: Mapping[str, str]
    profile: str = "GBT46869_2025"
    switches: Mapping[str, Any] = field(default_factory=dict)
    surveyed: bool = False  # whether the survey's land-use codes say the class, and the land cover what they leave open
    seed: int = 0
    draws: int = 0
    name: str = ""
    kind: str = RunKind.ACCOUNT.value
    base: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    revises: str = ""
    revision_reason: str = ""
    accept_findings: bool = False  # go on whatever the check finds, unless no account is possible at all

    @property
    def on(self) -> date:
        """The day whose parcels are accounted: the last of the year."""
        return date(self.year, 12, 31)


def request(wanted: Wanted, *, at: datetime, by: AbstractBaseUser | None = None) -> RunView:
    """Save a run and the job that checks it; the same inputs again are the run there is, and nothing happens.

    ``by`` must be an analyst of the region; None stands for the platform itself. Raises RunNotDescribed,
    RegionWithoutParcels, roles.RoleMissing.
    """
    region = _known_region(wanted.region)
    if by is not None:
        require_analyst(by, region)
    chosen = _datasets(wanted)
    inputs = _inputs(wanted, chosen)
    digest = _digest(wanted, inputs)
    row = Run(
        code=f"{wanted.region}-{wanted.year}-{digest[:8]}", kind=wanted.kind, name=wanted.name, region=wanted.region,
        year=wanted.year, price_year=wanted.price_year, profile=wanted.profile, switches=dict(wanted.switches),
        seed=wanted.seed, draws=wanted.draws, input_digest=digest, inputs=inputs,
        base=_run_named(wanted, wanted.base, "base"),
        changes=dict(wanted.changes), revises=_run_named(wanted, wanted.revises, "revises"),
        revision_reason=wanted.revision_reason, requested_by=by.get_username() if by else "", requested_at=at,
        findings_accepted_by=by.get_username() if by and wanted.accept_findings else "",
    )  # fmt: skip
    with transaction.atomic():
        Run.objects.bulk_create([row], ignore_conflicts=True)
        kept = Run.objects.select_for_update().get(input_digest=digest)
        _keep_reason(kept, wanted, revises=row.revises)
        links = [RunInput(run=kept, role=role, dataset=dataset) for role, dataset in chosen.items()]
        RunInput.objects.bulk_create(links, ignore_conflicts=True)
        enqueue_check(kept, at=at)
    return run_queries.run(kept.code)


def _keep_reason(kept: Run, wanted: Wanted, *, revises: Run | None) -> None:
    """Note which account a run that was asked for before is to take the place of, and why, until it is published."""
    said = (revises.pk if revises else None, wanted.revision_reason)
    if said == (None, "") or said == (kept.revises_id, kept.revision_reason):
        return
    if kept.status in (RunStatus.PUBLISHED, RunStatus.WITHDRAWN):
        raise RunStepNotPossible(run=kept.code, status=kept.status)
    kept.revises, kept.revision_reason = revises or kept.revises, wanted.revision_reason
    kept.revision += 1
    kept.save(update_fields=["revises", "revision_reason", "revision"])


def start(code: str, *, by: AbstractBaseUser, at: datetime, accept_findings: bool = False) -> RunView:
    """Let a run go on whose check found something to decide; ``accept_findings`` takes them as they are.

    Raises Run.DoesNotExist, roles.RoleMissing, RunStepNotPossible.
    """
    with transaction.atomic():
        row = locked(code, by=by)
        if row.status != RunStatus.CHECKED or not accept_findings:
            raise RunStepNotPossible(run=code, status=row.status, findings=len(row.findings))
        row.findings_accepted_by = by.get_username()
        begin(row, at=at)
    return run_queries.run(code)


def cancel(code: str, *, by: AbstractBaseUser, at: datetime) -> RunView:
    """Stop a run; the blocks that are done are kept for the day it is taken up again.

    Raises Run.DoesNotExist, roles.RoleMissing, RunStepNotPossible.
    """
    with transaction.atomic():
        row = locked(code, by=by)
        if row.status == RunStatus.CANCELLED:
            return run_queries.run(code)
        if row.status not in STOPPABLE:
            raise RunStepNotPossible(run=code, status=row.status)
        advance(row, to=RunStatus.CANCELLED)
        tell("gep.run_cancelled", row, by=by, at=at)
    return run_queries.run(code)


def resume(code: str, *, by: AbstractBaseUser, at: datetime) -> RunView:
    """Take up a run that was cancelled or could not go on, with the blocks that are done already.

    Raises Run.DoesNotExist, roles.RoleMissing, RunStepNotPossible.
    """
    with transaction.atomic():
        row = locked(code, by=by)
        if row.status not in (RunStatus.CANCELLED, RunStatus.REFUSED):
            raise RunStepNotPossible(run=code, status=row.status)
        row.generation += 1
        row.refusal = ""
        if row.blocks.exists() and (row.findings_accepted_by or row.started_at):
            begin(row, at=at)
        else:
            row.blocks.all().delete()  # nobody decided on what its check found; it is checked again
            advance(row, to=RunStatus.REQUESTED)
            enqueue_check(row, at=at)
        tell("gep.run_resumed", row, by=by, at=at)
    return run_queries.run(code)


def begin(row: Run, *, at: datetime) -> None:
    """Have every block that is not done weighed by a job of its own, or the blocks joined where all are."""
    advance(row, to=RunStatus.RUNNING, stage="blocks", started_at=row.started_at or at)
    waiting = list(RunBlock.objects.filter(run=row, state=BlockState.WAITING).values_list("number", flat=True))
    for number in waiting:
        jobs.enqueue(
            "gep.weigh_block", cause_key=f"gep/{row.code}/{row.generation}/block/{number}",
            payload={"run": row.code, "block": number}, due_at=at,
        )  # fmt: skip
    if not waiting:
        enqueue_join(row, at=at)


def enqueue_check(row: Run, *, at: datetime) -> None:
    """Save the job that checks a run and cuts it into blocks."""
    jobs.enqueue("gep.check_run", cause_key=f"gep/{row.code}/{row.generation}", payload={"run": row.code}, due_at=at)


def enqueue_join(row: Run, *, at: datetime) -> None:
    """Save the job that joins the blocks of a run."""
    cause = f"gep/{row.code}/{row.generation}/join"
    jobs.enqueue("gep.join_run", cause_key=cause, payload={"run": row.code}, due_at=at)


def enqueue_files(row: Run, *, at: datetime) -> None:
    """Save the job that writes the files of a run's figures."""
    cause = f"gep/{row.code}/{row.generation}/files"
    jobs.enqueue("gep.write_run_files", cause_key=cause, payload={"run": row.code}, due_at=at)


def advance(row: Run, *, to: RunStatus, **changes: Any) -> None:
    """Take a run to another status along NEXT_STATUSES; RunStepNotPossible where there is no such step."""
    if to not in NEXT_STATUSES[RunStatus(row.status)]:
        raise RunStepNotPossible(run=row.code, status=row.status, to=to.value)
    row.status = to
    row.revision += 1
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()


def locked(code: str, *, by: AbstractBaseUser | None = None, revision: int | None = None) -> Run:
    """Return the run, held until the transaction ends. Raises roles.RoleMissing, RevisionStale."""
    row = Run.objects.select_for_update().get(code=code)
    if by is not None:
        require_analyst(by, row.region)
    if revision is not None and row.revision != revision:
        raise RevisionStale(revision=row.revision)
    return row


def require_analyst(by: AbstractBaseUser, region: str) -> None:
    """Refuse who is no analyst of the region. Raises roles.RoleMissing."""
    if not roles.holds(by, Role.ANALYST, region=region):
        raise roles.RoleMissing(needs=[Role.ANALYST.value], region=region)


def tell(kind: str, row: Run, *, by: AbstractBaseUser, at: datetime, **more: Any) -> None:
    """Record what somebody did with a run."""
    detail = {"account": row.code, "region": row.region, "year": row.year, "by": by.get_username(), **more}
    events.record(kind, subject=row.code, occurred_at=at, detail=detail)


def _known_region(code: str) -> str:
    try:
        return regions.region(code).code
    except regions.UnknownRegion as error:
        raise RunNotDescribed(field="region", told=str(error)) from error


def _run_named(wanted: Wanted, code: str, name: str) -> Run | None:
    if not code:
        return None
    found = Run.objects.filter(code=code).first()
    if found is None:
        raise RunNotDescribed(field=name, told=f"there is no run {code}")
    if found.region != wanted.region or found.kind != RunKind.ACCOUNT:
        raise RunNotDescribed(field=name, told=f"{code} is no account of {wanted.region}")
    if found.year != wanted.year:
        raise RunNotDescribed(field=name, told=f"{code} is of {found.year}, not of {wanted.year}")
    return found


def _datasets(wanted: Wanted) -> dict[str, Dataset]:
    """Return the datasets by role, all of them ready and fit for their role."""
    unknown = sorted(set(wanted.datasets) - set(known_layers.known()) - set(TABLE_ROLES))
    if unknown or "land_cover" not in wanted.datasets:
        raise RunNotDescribed(field="datasets", told=f"roles {unknown or 'without land_cover'}")
    known = {row.code: row for row in Dataset.objects.filter(code__in=wanted.datasets.values())}
    chosen = {}
    for role, code in sorted(wanted.datasets.items()):
        row = known.get(code)
        kind = TABLE_ROLES.get(role, DatasetKind.LAYER)
        if row is None or row.kind != kind or row.layer != ("" if role in TABLE_ROLES else role):
            raise RunNotDescribed(field=f"datasets/{role}", told=f"{code} is no such dataset")
        if row.status != DatasetStatus.READY:
            raise RunNotDescribed(field=f"datasets/{role}", told=f"{code} is {row.status}")
        _refuse_elsewhere(wanted, role, row)
        chosen[role] = row
    return chosen


def _refuse_elsewhere(wanted: Wanted, role: str, row: Dataset) -> None:
    """Refuse a dataset of a region that does not hold the run's, or what changes by the year of another year."""
    if row.region not in regions.chain(wanted.region):
        raise RunNotDescribed(field=f"datasets/{role}", told=f"{row.code} is of {row.region}, not of {wanted.region}")
    yearly = role == "statistics" or (role not in TABLE_ROLES and known_layers.known()[role].yearly)
    if yearly and row.year != wanted.year:
        raise RunNotDescribed(field=f"datasets/{role}", told=f"{row.code} is of {row.year}, not of {wanted.year}")


def _inputs(wanted: Wanted, chosen: Mapping[str, Dataset]) -> dict[str, Any]:
    try:
        methods.profile(wanted.profile, switches=wanted.switches)
    except ValueError as error:
        raise RunNotDescribed(field="profile", told=str(error)) from error
    _check_changes(wanted)
    parcels = snapshots.parcels_digest(wanted.region, wanted.on)
    if not parcels:
        raise RegionWithoutParcels(region=wanted.region, on=wanted.on.isoformat())
    layers = {role: row for role, row in chosen.items() if role not in TABLE_ROLES}
    return {
        "layers": {role: _layer_input(row) for role, row in layers.items()},
        **{role: _table_input(chosen[role]) for role in TABLE_ROLES if role in chosen},
        "scheme": layers["land_cover"].scheme,
        "surveyed": wanted.surveyed,
        "switches": dict(wanted.switches),
        "parcels_sha256": parcels,
        "figures_sha256": methods.tables_digest(),
        "engine_sha256": engine_code.digest(),
    }  # fmt: skip


def _layer_input(row: Dataset) -> dict[str, Any]:
    """What a run must know of a layer: its content, and how its values are read."""
    read = {"unit": row.unit, "resampling": row.options.get("resampling"), "nodata": row.options.get("nodata")}
    return {"dataset": row.code, "sha256": row.sha256, **{name: said for name, said in read.items() if said}}


def _table_input(row: Dataset) -> dict[str, Any]:
    return {"dataset": row.code, "sha256": row.sha256, "suffix": dataset_queries.suffix(row)}


def _check_changes(wanted: Wanted) -> None:
    if wanted.kind not in RunKind.values:
        raise RunNotDescribed(field="kind", told=wanted.kind)
    if not 0 <= wanted.draws <= MOST_DRAWS or not 0 <= wanted.seed < 2**63:
        raise RunNotDescribed(field="draws", told=f"0 to {MOST_DRAWS}")
    if wanted.revises and not wanted.revision_reason.strip():
        raise RunNotDescribed(field="revision_reason", told="a revision says why")
    keys = {RunKind.ACCOUNT: None, RunKind.SCENARIO: "land_use", RunKind.PROJECT: "parcels"}
    key = keys[RunKind(wanted.kind)]
    if set(wanted.changes) != ({key} if key else set()) or (key and not 1 <= len(wanted.changes[key]) <= MOST_CHANGES):
        raise RunNotDescribed(field="changes", told=f"1 to {MOST_CHANGES} of {key}" if key else "none")
    if wanted.kind == RunKind.SCENARIO and not wanted.base:
        raise RunNotDescribed(field="base", told="a scenario is compared with a run")


def _digest(wanted: Wanted, inputs: Mapping[str, Any]) -> str:
    """Return the digest of all that the figures depend on; names and codes of datasets say nothing about content."""
    layers = {role: {**said, "dataset": ""} for role, said in inputs["layers"].items()}
    tables = {role: inputs[role]["sha256"] for role in TABLE_ROLES if role in inputs}
    stated = {
        "region": wanted.region, "year": wanted.year, "price_year": wanted.price_year, "profile": wanted.profile,
        "inputs": {**inputs, "layers": layers, **tables}, "kind": wanted.kind, "changes": dict(wanted.changes),
        "seed": wanted.seed, "draws": wanted.draws, "base": wanted.base,
    }  # fmt: skip
    return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()
