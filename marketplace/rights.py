"""The register of rights: who holds what over which land for how long. No two holders' rights exclude each other."""

import logging
import math
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import shapely
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import events
from core.errors import RuleViolation
from core.geometry import accepted
from marketplace import exclusion
from marketplace.exclusion import Claim, Verdict
from marketplace.models import (
    IN_FORCE,
    NEXT_RIGHT_STATUSES,
    ChangeKind,
    Encumbrance,
    EncumbranceKind,
    Right,
    RightChange,
    RightConsent,
    RightKind,
    RightParcel,
    RightStatus,
    Sheet,
)
from marketplace.overlay import ShapeTooDetailed, intersections
from marketplace.queries import RightView, right_view

logger = logging.getLogger(__name__)
SHEETS_PER_DEGREE = 10
MOST_SHEETS = 1_000
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")  # it becomes part of account codes
MOST_VERTICES = 2_000  # two honest shapes of this size overlay in well under a second; combs are the child's to bear
MOST_NEIGHBOURS = 200  # rights that one enquiry is compared with


class RightsConflict(RuleViolation):
    """The land is taken by rights that exclude this one; ``conflicts`` shows each with m², mu and the shared shape."""

    code = "rights_conflict"
    message = _("与已有权利冲突：同一地块、同一期间存在互斥权利。")


class CodeRefused(RuleViolation):
    """A code that cannot name a right or a listing."""

    code = "market_code_refused"
    message = _("编号只能由字母、数字和连字符组成，且不超过 40 个字符。")
    status = 422


class RightCodeTaken(RuleViolation):
    """Another right has this code already."""

    code = "right_code_taken"
    message = _("该权利编号已被使用。")


class RightKindUnknown(RuleViolation):
    """There is no such kind of right."""

    code = "right_kind_unknown"
    message = _("没有这种权利类型。")
    status = 422


class RightPeriodEmpty(RuleViolation):
    """The period ends before it begins."""

    code = "right_period_empty"
    message = _("权利期限的截止日必须晚于起始日。")
    status = 422


class RightNotFree(RuleViolation):
    """The right is frozen, suspended or cancelled, so that its holder cannot dispose of it."""

    code = "right_not_free"
    message = _("该权利当前不可处分（已冻结、暂停或注销）。")


class StatusNotReachable(RuleViolation):
    """No step leads from the present status to the one asked for."""

    code = "status_not_reachable"
    message = _("当前状态不允许此操作。")


def register(
    *,
    code: str,
    kind: str,
    holder: str,
    geometry: Any,
    valid_from: date,
    valid_to: date | None,
    parcels: Sequence[str] = (),
    consents: Sequence[str] = (),
    at: datetime,
) -> RightView:
    """Write a right into the register.

    ``geometry``: shapely polygon(s) in EPSG:4490. ``valid_to`` exclusive, None for open. ``consents``: codes of rights
    whose holders agreed in writing, where the matrix asks for it. Raises RightsConflict where another holder's right
    in force excludes it, GeometryRefused, ShapeTooDetailed, RightKindUnknown, RightPeriodEmpty, RightCodeTaken.
    """
    check_code(code)
    shape = accepted_shape(geometry)
    _check_terms(kind=kind, valid_from=valid_from, valid_to=valid_to)
    claim = Claim(code, kind, shape, valid_from, valid_to, frozenset(consents))
    with transaction.atomic():
        lock_land(shape)
        verdict = refuse_conflicts(claim, against=_near(shape).exclude(holder=holder), at=at)
        row = _new_right(claim, holder=holder, at=at)
        _link(row, parcels=parcels, consents=consents)
        note(row, ChangeKind.REGISTERED, cause=f"register/{code}", at=at, detail=_slivers(verdict))
        events.record("marketplace.right_registered", subject=code, occurred_at=at, detail={"kind": kind})
    return right_view(row)


def conflicts(
    *, kind: str, geometry: Any, valid_from: date, valid_to: date | None, at: datetime, holder: str = ""
) -> Verdict:
    """Return what stands against a right that somebody thinks of registering; writes nothing.

    Rights that ``holder`` holds itself do not count. The overlay runs in a limited child process; ShapeTooDetailed
    where it, or the number of rights near by, is too much.
    """
    shape = accepted_shape(geometry)
    _check_terms(kind=kind, valid_from=valid_from, valid_to=valid_to)
    claim = Claim("", kind, shape, valid_from, valid_to)
    others = _near(shape).exclude(holder=holder) if holder else _near(shape)
    near = claims_of(others[: MOST_NEIGHBOURS + 1])
    if len(near) > MOST_NEIGHBOURS:
        raise ShapeTooDetailed(most_neighbours=MOST_NEIGHBOURS)
    rules = exclusion.matrix(on=timezone.localdate(at))
    return exclusion.check(claim, near, rules=rules, intersections=intersections)


def transfer(right: str, *, to: str, cause: str, at: datetime) -> RightView:
    """Give the right to another party; refused while it is not free, or where a third holder's right excludes it.

    Also raised by the former holder's other rights that exclude it: they would then stand against a stranger's.
    """
    with transaction.atomic():
        row = locked(right)
        if row.status != RightStatus.REGISTERED:
            raise RightNotFree(right=right, status=row.status)
        refuse_conflicts(claim_of(row), against=_near(row.geometry).exclude(holder=to), at=at)
        hand_over(row, to=to, cause=cause, at=at)
    return right_view(row)


def hand_over(row: Right, *, to: str, cause: str, at: datetime) -> None:
    """Write the new holder of a locked row into register, history and journal."""
    row.holder = to
    row.save(update_fields=["holder"])
    note(row, ChangeKind.TRANSFERRED, cause=cause, at=at)
    events.record("marketplace.right_transferred", subject=row.code, occurred_at=at, detail={"cause": cause})


def freeze(row: Right, *, kind: str, cause: str, at: datetime) -> None:
    """Bar the holder of a locked row from disposing of it; RightNotFree where somebody did so before."""
    if row.status != RightStatus.REGISTERED:
        raise RightNotFree(right=row.code, status=row.status)
    advance(row, to=RightStatus.FROZEN)
    Encumbrance.objects.create(right=row, kind=EncumbranceKind(kind), cause=cause, placed_at=at)
    note(row, ChangeKind.FROZEN, cause=cause, at=at)


def unfreeze(row: Right, *, cause: str, at: datetime) -> None:
    """Lift the encumbrance of a locked row that ``cause`` placed."""
    if not Encumbrance.objects.filter(right=row, cause=cause, lifted_at=None).update(lifted_at=at):
        raise RightNotFree(right=row.code, cause=cause)
    advance(row, to=RightStatus.REGISTERED)
    note(row, ChangeKind.UNFROZEN, cause=cause, at=at)


def suspend_excluded(sold: Right, *, former_holder: str, cause: str, at: datetime) -> list[str]:
    """Suspend the former holder's other rights that exclude one it has just sold; return their codes.

    They rest, out of force, until the registry cuts or cancels them: the land they claim is another's now.
    """
    theirs = list(_near(sold.geometry).filter(holder=former_holder).exclude(pk=sold.pk).select_for_update(of=("self",)))
    rules = exclusion.matrix(on=timezone.localdate(at))
    verdict = exclusion.check(claim_of(sold), claims_of(theirs), rules=rules)
    codes = [overlap.code for overlap in verdict.conflicts]
    for row in theirs:
        if row.code in codes:
            advance(row, to=RightStatus.SUSPENDED)
            note(row, ChangeKind.SUSPENDED, cause=cause, at=at)
    return codes


def refuse_conflicts(claim: Claim, *, against: Iterable[Right], at: datetime) -> Verdict:
    """Return the verdict where nothing conflicts, slivers logged; else raise RightsConflict."""
    verdict = exclusion.check(claim, claims_of(against), rules=exclusion.matrix(on=timezone.localdate(at)))
    if verdict.conflicts:
        raise RightsConflict(right=claim.code, conflicts=[overlap.as_detail() for overlap in verdict.conflicts])
    for sliver in verdict.slivers:
        logger.info("right %s overlaps %s by a sliver of %.3f m2", claim.code, sliver.code, sliver.area_m2)
    return verdict


def lock_land(shape: Any) -> None:
    """Lock the map sheets under a shape until the transaction ends, in one order for all.

    Two rights that overlap share a sheet, so their checks happen one after the other even though neither's row exists
    for the other to lock. On SQLite every writer is alone already.
    """
    codes = sheet_codes(shape)
    Sheet.objects.bulk_create([Sheet(code=code) for code in codes], ignore_conflicts=True)
    list(Sheet.objects.select_for_update().filter(code__in=codes).order_by("code"))


def sheet_codes(shape: Any) -> list[str]:
    """Return the sheets of 0.1 degree that the box of a shape (EPSG:4490) meets, sorted."""
    west, south, east, north = (math.floor(bound * SHEETS_PER_DEGREE) for bound in shapely.bounds(shape))
    if (east - west + 1) * (north - south + 1) > MOST_SHEETS:
        raise ShapeTooDetailed(most_sheets=MOST_SHEETS)
    return sorted(f"{x}/{y}" for x in range(west, east + 1) for y in range(south, north + 1))


def locked(code: str) -> Right:
    """Return a right with its land and its row locked; ``Right.DoesNotExist`` where there is none."""
    lock_land(Right.objects.get(code=code).geometry)  # the shape of a right never changes
    return Right.objects.select_for_update(of=("self",)).get(code=code)


def near(row: Right) -> Any:
    """Return the rights in force whose boxes meet that of ``row``, through the spatial index; without itself."""
    return _near(row.geometry).exclude(pk=row.pk)


def claim_of(row: Right) -> Claim:
    """Return a right as the exclusion matrix sees it."""
    agreed = frozenset(consent.other.code for consent in row.consents.all())
    return Claim(row.code, row.kind, row.geometry, row.valid_from, row.valid_to, agreed)


def claims_of(rows: Iterable[Right]) -> list[Claim]:
    """Return rights as the exclusion matrix sees them."""
    return [claim_of(row) for row in rows]


def check_code(code: str) -> None:
    """Refuse a code that could not stand in an account's code or an address."""
    if not CODE.fullmatch(code):
        raise CodeRefused(code=code[:80])


def accepted_shape(shape: Any) -> Any:
    """Return the shape as it would be kept; GeometryRefused or ShapeTooDetailed where it cannot be."""
    if shapely.get_num_coordinates(shape) > MOST_VERTICES:
        raise ShapeTooDetailed(most_vertices=MOST_VERTICES)
    return accepted([shape], kind="MULTIPOLYGON", srid=4490)[0]


def advance(row: Right, *, to: str) -> None:
    """Take a right to another status along NEXT_RIGHT_STATUSES."""
    if to not in NEXT_RIGHT_STATUSES[row.status]:
        raise StatusNotReachable(right=row.code, status=row.status, to=str(to))
    row.status = to
    row.save(update_fields=["status"])


def note(row: Right, kind: str, *, cause: str, at: datetime, detail: dict | None = None) -> None:
    """Add a line to the history of a right."""
    RightChange.objects.create(right=row, kind=kind, holder=row.holder, cause=cause, at=at, detail=detail or {})


def _near(shape: Any) -> Any:
    rows = Right.objects.filter(geometry__bboverlaps=shape, status__in=IN_FORCE)
    return rows.prefetch_related("consents__other")


def _check_terms(*, kind: str, valid_from: date, valid_to: date | None) -> None:
    if kind not in RightKind.values:
        raise RightKindUnknown(kind=kind, known=list(RightKind.values))
    if valid_to is not None and valid_to <= valid_from:
        raise RightPeriodEmpty(valid_from=valid_from.isoformat(), valid_to=valid_to.isoformat())


def _new_right(claim: Claim, *, holder: str, at: datetime) -> Right:
    row = Right(
        code=claim.code,
        kind=claim.kind,
        holder=holder,
        geometry=claim.geometry,
        area_m2=exclusion.area_m2(claim.geometry),
        valid_from=claim.valid_from,
        valid_to=claim.valid_to,
        registered_at=at,
    )
    if Right.objects.filter(code=claim.code).exists():
        raise RightCodeTaken(right=claim.code)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if Right.objects.filter(code=claim.code).exists():  # somebody elsewhere took the code just now
            raise RightCodeTaken(right=claim.code) from error
        raise
    return row


def _link(row: Right, *, parcels: Sequence[str], consents: Sequence[str]) -> None:
    RightParcel.objects.bulk_create([RightParcel(right=row, parcel=parcel) for parcel in dict.fromkeys(parcels)])
    others = Right.objects.filter(code__in=list(consents))
    RightConsent.objects.bulk_create([RightConsent(right=row, other=other) for other in others])


def _slivers(verdict: Verdict) -> dict[str, Any]:
    return {"slivers": [{"right": s.code, "area_m2": round(s.area_m2, 3)} for s in verdict.slivers]}
