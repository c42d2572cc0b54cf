"""A dataset of parcels becomes the parcels as they are from a day on: a job a county, which may be stopped between two.

What a county came to is kept with it, so that a load that was cancelled, refused or lost its worker goes on with the
next; a county that is done already changes nothing when it is done again.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import events, jobs, regions
from core.errors import RuleViolation
from gep import intake, parcel_versions, storage
from gep.files.parcels import ParcelTable
from gep.intake import ParcelRowRefused
from gep.models import Dataset, DatasetKind, DatasetStatus, LoadState, ParcelLoad
from gep.readers import Reader
from identity import roles
from identity.role_codes import Role

UNDER_WAY = (LoadState.WAITING, LoadState.RUNNING)


class LoadNotPossible(RuleViolation):
    """The dataset holds no parcels, is not ready, or its loading does not stand where this step begins."""

    code = "gep_parcel_load_not_possible"
    message = _("该数据集不能入库，或入库的当前状态不允许这一步。")


@dataclass(frozen=True, slots=True)
class LoadView:
    """How far a dataset's parcels have been loaded; ``done`` counts what each county came to, ``share`` is 0 to 1."""

    dataset: str
    valid_from: date
    state: str
    counties: list[str]
    done: dict[str, dict[str, int]]
    share: float
    remaining_s: float | None
    refusal: str
    requested_by: str
    requested_at: datetime
    ended_at: datetime | None


def request(code: str, *, valid_from: date, by: AbstractBaseUser, at: datetime) -> LoadView:
    """Have the parcels of a dataset be those of its counties from a day on; the same again is the load there is.

    Raises Dataset.DoesNotExist, roles.RoleMissing, LoadNotPossible, ParcelRowRefused where a county is none of the
    dataset's region.
    """
    dataset = Dataset.objects.get(code=code)
    _require_analyst(by, dataset)
    if dataset.kind != DatasetKind.PARCELS or dataset.status != DatasetStatus.READY:
        raise LoadNotPossible(dataset=code, kind=dataset.kind, status=dataset.status)
    counties = sorted(dataset.facts.get("counties", {}))
    strange = [county for county in counties if not _within(county, dataset.region)]
    if strange:
        raise ParcelRowRefused(column="county", value=strange[0], rows=dataset.facts["counties"][strange[0]])
    with transaction.atomic():
        new = ParcelLoad(
            dataset=dataset, valid_from=valid_from, counties=counties, requested_by=by.get_username(), requested_at=at
        )
        ParcelLoad.objects.bulk_create([new], ignore_conflicts=True)
        row = ParcelLoad.objects.select_for_update().get(dataset=dataset, valid_from=valid_from)
        _enqueue(row, at=at)
    return view(row, at=at)


def cancel(code: str, *, by: AbstractBaseUser, at: datetime) -> LoadView:
    """Stop a load after the county it is at; those that are done stay."""
    with transaction.atomic():
        row = _held(code, by=by)
        if row.state not in UNDER_WAY:
            raise LoadNotPossible(dataset=code, state=row.state)
        _end(row, LoadState.CANCELLED, at=at)
    return view(row, at=at)


def resume(code: str, *, by: AbstractBaseUser, at: datetime) -> LoadView:
    """Take up a load that was cancelled or refused, with the next county."""
    with transaction.atomic():
        row = _held(code, by=by)
        if row.state not in (LoadState.CANCELLED, LoadState.REFUSED):
            raise LoadNotPossible(dataset=code, state=row.state)
        row.state, row.refusal, row.ended_at = LoadState.WAITING, "", None
        row.generation += 1
        row.save()
        _enqueue(row, at=at)
    return view(row, at=at)


def of(code: str, *, at: datetime, reader: Reader | None = None) -> LoadView | None:
    """Return the latest load of a dataset, None where there is none. Raises Dataset.DoesNotExist."""
    seen = Dataset.objects.all() if reader is None else Dataset.objects.filter(reader.datasets())
    row = ParcelLoad.objects.filter(dataset=seen.get(code=code)).order_by("-pk").first()
    return None if row is None else view(row, at=at)


def take_next(load: int, *, as_of: datetime) -> None:
    """Load the next county, and have the one after it loaded by a job of its own; a load that was stopped is left."""
    row = ParcelLoad.objects.select_related("dataset").get(pk=load)
    left = [county for county in row.counties if county not in row.done]
    if row.state not in UNDER_WAY:
        return
    try:
        if left:
            _load(row, left[0], as_of=as_of)
    except (RuleViolation, ValueError) as error:
        told = f"{left[0]}: {error}" + (f" {error.detail}" if isinstance(error, RuleViolation) else "")
        with transaction.atomic():
            held = ParcelLoad.objects.select_for_update().get(pk=load)
            held.refusal = told[:2_000]
            _end(held, LoadState.REFUSED, at=as_of)


def view(row: ParcelLoad, *, at: datetime) -> LoadView:
    """Return a load as pages see it."""
    share = len(row.done) / len(row.counties) if row.counties else 1.0
    spent = max(at - row.started_at, timedelta(0)).total_seconds() if row.started_at else 0.0
    remaining = round(spent * (1 - share) / share, 1) if row.state in UNDER_WAY and share and spent else None
    return LoadView(
        dataset=row.dataset.code, valid_from=row.valid_from, state=row.state, counties=row.counties, done=row.done,
        share=share, remaining_s=remaining, refusal=row.refusal, requested_by=row.requested_by,
        requested_at=row.requested_at, ended_at=row.ended_at,
    )  # fmt: skip


def _load(row: ParcelLoad, county: str, *, as_of: datetime) -> None:
    table = ParcelTable(storage.cached_file(row.dataset.checked))
    intake.check_codes(table)
    with transaction.atomic():
        found = intake.begin(table, county=county, valid_from=row.valid_from, by=row.requested_by, at=as_of)
        held = ParcelLoad.objects.select_for_update().get(pk=row.pk)
        held.done = held.done | {county: parcel_versions.as_json(found)}
        held.started_at = held.started_at or as_of
        if held.state in UNDER_WAY:
            held.state = LoadState.RUNNING
            if set(held.counties) <= set(held.done):
                _end(held, LoadState.DONE, at=as_of)
            else:
                _enqueue(held, at=as_of)
        held.save()


def _end(row: ParcelLoad, state: LoadState, *, at: datetime) -> None:
    row.state, row.ended_at = state, at
    row.save()
    detail = {"dataset": row.dataset.code, "valid_from": row.valid_from.isoformat(), "counties": len(row.done)}
    events.record(f"gep.parcel_load_{state.value}", subject=row.dataset.code, occurred_at=at, detail=detail)


def _enqueue(row: ParcelLoad, *, at: datetime) -> None:
    cause = f"gep/load/{row.pk}/{row.generation}/{len(row.done)}"
    jobs.enqueue("gep.load_parcels", cause_key=cause, payload={"load": row.pk}, due_at=at)


def _held(code: str, *, by: AbstractBaseUser) -> ParcelLoad:
    dataset = Dataset.objects.get(code=code)
    _require_analyst(by, dataset)
    row = ParcelLoad.objects.select_for_update().filter(dataset=dataset).order_by("-pk").first()
    if row is None:
        raise LoadNotPossible(dataset=code)
    return row


def _within(county: str, region: str) -> bool:
    known = {one.code for one in regions.counties()}
    return county in known and region in regions.chain(county)


def _require_analyst(by: AbstractBaseUser, dataset: Dataset) -> None:
    if not roles.holds(by, Role.ANALYST, region=dataset.region):
        raise roles.RoleMissing(needs=[Role.ANALYST.value], region=dataset.region)
