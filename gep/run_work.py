"""The work of a run: check it and cut it into blocks, weigh a block, join them. Every step may be repeated.

Workers anywhere take the blocks in any order. A block's result is an object in the storage, so that a worker that dies
loses its own block only, and the join finds the same whoever weighed what.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from core import events, jobs
from core.errors import RuleViolation
from gep import account_rows, run_checks, run_engine, run_queries, runs, snapshots, storage
from gep.models import BlockState, Run, RunBlock, RunKind, RunStatus
from gep.run_engine import Joined
from gep.run_queries import RunView
from gep.snapshots import Snapshot
from gep.uncertainty import Simulation

Progress = Callable[[str, float], None]
JOB_KINDS = ("gep.check_run", "gep.weigh_block", "gep.join_run")
LONGEST_REFUSAL = 2_000
PLATFORM = "system"
# What is wrong with inputs, figures or files. Everything else is a fault of ours or of the machine, and is tried again.
NOT_POSSIBLE = (ValueError, LookupError)


def check(code: str, *, as_of: datetime) -> RunView:
    """Freeze the parcels of a requested run, check them, cut them into blocks and let the run begin.

    Where the check found something to decide, the run waits for an analyst; where it cannot be accounted, it is
    refused with the sentence that says why.
    """
    row = Run.objects.get(code=code)
    if row.status != RunStatus.REQUESTED:
        return run_queries.run(code)
    try:
        taken = _snapshot(row)
        found = run_checks.report(row, snapshot=taken.digest)
    except NOT_POSSIBLE as error:
        return _refused(row, error)
    with transaction.atomic():
        held = runs.locked(code)
        if held.status != RunStatus.REQUESTED:
            return run_queries.run(code)
        held.findings = found.as_json()["notes"]
        if not found.may_run:
            runs.advance(held, to=RunStatus.REFUSED, refusal=found.as_text()[:LONGEST_REFUSAL])
            return run_queries.run(code)
        _cut(held, taken)
        if run_checks.waiting(held.findings) and not held.findings_accepted_by:
            runs.advance(held, to=RunStatus.CHECKED, stage="checked")
        else:
            runs.begin(held, at=as_of)
    return run_queries.run(code)


def weigh_block(code: str, number: int, *, as_of: datetime) -> None:
    """Weigh one block of a running run and keep its result; the last one has the join queued."""
    row = Run.objects.get(code=code)
    waiting = RunBlock.objects.filter(run=row, number=number, state=BlockState.WAITING)
    if row.status != RunStatus.RUNNING or not waiting.exists():
        return
    try:
        result = run_engine.weigh(row, number)
    except NOT_POSSIBLE as error:
        _refused(row, error)
        return
    digest = storage.put_bytes(result).digest
    with transaction.atomic():
        held = runs.locked(code)  # one after another, so that exactly one finds that no block is left
        waiting.update(state=BlockState.DONE, result=digest, done_at=as_of)
        left = RunBlock.objects.filter(run=held, state=BlockState.WAITING).exists()
        if held.status == RunStatus.RUNNING and not left:
            runs.enqueue_join(held, at=as_of)


def join(code: str, *, as_of: datetime) -> RunView:
    """Join the blocks of a run, keep its figures, and tell; a run that is no longer running is left as it is."""
    row = Run.objects.get(code=code)
    blocks = RunBlock.objects.filter(run=row).order_by("number")
    if row.status != RunStatus.RUNNING or blocks.filter(state=BlockState.WAITING).exists():
        return run_queries.run(code)
    Run.objects.filter(pk=row.pk).update(stage="join")
    try:
        found = run_engine.join(row, [storage.get_bytes(digest) for digest in blocks.values_list("result", flat=True)])
    except NOT_POSSIBLE as error:
        return _refused(row, error)
    with transaction.atomic():
        held = runs.locked(code)
        if held.status == RunStatus.RUNNING:
            _keep(held, found, as_of=as_of)
            runs.enqueue_files(held, at=as_of)
    return run_queries.run(code)


def drain(code: str, *, as_of: datetime, progress: Progress | None = None, accept_findings: bool = True) -> RunView:
    """Do all the work of a run here and now, one block after another; jobs that come later find nothing to do.

    What its check found is taken as it is, since nobody is there to ask; or it waits, as a run by jobs does.
    """
    tell = progress or (lambda stage, share: None)
    tell("parcels", 0.0)
    if accept_findings:
        Run.objects.filter(code=code, status=RunStatus.REQUESTED, findings_accepted_by="").update(
            findings_accepted_by=PLATFORM
        )
    check(code, as_of=as_of)
    waiting = RunBlock.objects.filter(run__code=code, run__status=RunStatus.RUNNING, state=BlockState.WAITING)
    numbers = list(waiting.order_by("number").values_list("number", flat=True))
    for place, number in enumerate(numbers):
        tell("blocks", 0.05 + 0.8 * place / len(numbers))
        weigh_block(code, number, as_of=as_of)
    tell("totals", 0.85)
    view = join(code, as_of=as_of)
    tell("done", 1.0)
    return view


def refuse_abandoned(*, as_of: datetime) -> int:
    """Tell runs apart whose block, check or join was given up after every attempt; return how many there were."""
    given_up = {job.payload["run"]: job for job in jobs.dead(limit=1_000) if job.kind in JOB_KINDS}
    stuck = Run.objects.filter(code__in=given_up, status__in=[RunStatus.REQUESTED, RunStatus.RUNNING])
    told = 0
    for row in stuck:
        job = given_up[row.code]
        if job.cause_key.split("/")[2] == str(row.generation):
            _refuse(row, f"given up after {job.attempts} attempts: {job.kind} {job.payload}: {job.last_error}")
            told += 1
    return told


def _snapshot(row: Run) -> Snapshot:
    changed = runs.Wanted(region=row.region, year=row.year, price_year=row.price_year, datasets={}).on
    run_engine.refuse_changed(row)
    if snapshots.parcels_digest(row.region, changed) != row.inputs["parcels_sha256"]:
        raise ValueError("the parcels are not those of the request; ask for the account again")
    chosen: dict[str, Any] = {}
    if row.kind == RunKind.SCENARIO:
        chosen["land_use"] = row.changes["land_use"]
    if row.kind == RunKind.PROJECT:
        chosen["codes"] = row.changes["parcels"]
    return snapshots.take(row.region, changed, **chosen)


def _cut(row: Run, taken: Snapshot) -> None:
    row.snapshot, row.parcels, row.area_m2 = taken.digest, taken.parcels, taken.area_m2
    labelled = row.datasets.filter(dataset__synthetic=True).exists()
    row.synthetic = taken.synthetic or labelled
    RunBlock.objects.bulk_create([RunBlock(run=row, number=number) for number in range(taken.blocks)])


def _keep(row: Run, found: Joined, *, as_of: datetime) -> None:
    account = found.account
    row.indicators = list(account.results)
    row.total_fen, row.area_m2 = account.total_fen, float(np.sum(account.parcels.area_m2))
    row.unallocated = {county: dict(left) for county, left in account.unallocated.items()}
    row.unallocated_fen = sum(sum(left.values()) for left in row.unallocated.values())
    row.intervals = _intervals(account.simulation)
    account_rows.write(row, found.ids, account, blocks=found.blocks)
    row.unconfirmed_figures = account.method.unconfirmed
    row.synthetic |= found.stack.synthetic
    row.provenance = _provenance(found)
    runs.advance(row, to=RunStatus.COMPILED, stage="done", compiled_at=as_of)
    detail = {"account": row.code, "region": row.region, "year": row.year, "parcels": row.parcels,
              "total_fen": row.total_fen, "unconfirmed_figures": row.unconfirmed_figures,
              "synthetic": row.synthetic}  # fmt: skip
    events.record("gep.account_compiled", subject=row.code, occurred_at=as_of, detail=detail)


def _provenance(found: Joined) -> dict[str, Any]:
    account, stack = found.account, found.stack
    return {
        "profile": account.method.profile.document,
        "switches": dict(account.method.profile.switches),
        "figures": account.method.figures(),
        "unconfirmed_cells": account.method.unconfirmed_cells(),
        "unindexed_prices": account.method.unindexed_prices(),
        "grades": {name: result.grade for name, result in account.results.items()},
        "variants": {name: result.variant for name, result in account.results.items()},
        "units": {name: result.unit for name, result in account.results.items()},
        "yuan_per_unit": {name: _finite(result.yuan_per_unit) for name, result in account.results.items()},
        "pending_data": {name: list(lacking) for name, lacking in account.pending.items()},
        "layers": {name: {"sha256": stack.digests[name], "label": stack.labels[name]} for name in stack.digests},
        "parcels_off_the_layers": int(np.sum(account.parcels.inside_share < 1 - 1e-9)),
    }


def _intervals(simulation: Simulation | None) -> dict[str, Any]:
    if simulation is None:
        return {}
    return {
        "draws": simulation.draws,
        "seed": simulation.seed,
        "total_fen": asdict(simulation.total_fen),
        "value_fen": {name: asdict(interval) for name, interval in simulation.value_fen.items()},
        "county_fen": {county: asdict(interval) for county, interval in simulation.county_fen.items()},
        "physical": [
            {"indicator": name, "part": part, **asdict(interval)}
            for (name, part), interval in simulation.physical.items()
        ],
    }


def _finite(amount: float) -> float | None:
    return amount if np.isfinite(amount) else None


def _refused(row: Run, error: Exception) -> RunView:
    told = str(error) if not isinstance(error, RuleViolation) else f"{error.code}: {error}"
    _refuse(row, told)
    return run_queries.run(row.code)


def _refuse(row: Run, told: str) -> None:
    with transaction.atomic():
        held = runs.locked(row.code)
        if held.status in (RunStatus.REQUESTED, RunStatus.RUNNING):
            runs.advance(held, to=RunStatus.REFUSED, refusal=told.replace("\x00", "")[:LONGEST_REFUSAL])
