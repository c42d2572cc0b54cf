"""Figures change on the word of two people: one proposes from which day and why, another decides. Nothing is edited.

A change takes effect on a later day than its approval, so no day is ever calculated in two ways.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import events
from core.errors import RuleViolation
from greenpoints import bulk_rows
from greenpoints.models import FactorChange, FactorDecision
from greenpoints.quantification import parameters, seen_ranges
from greenpoints.quantification.figures import Decision, Figure
from greenpoints.quantification.parameters import DECIDABLE, GRID
from greenpoints.queries.factors import factor_decisions
from greenpoints.screening.checks import LOCAL

MAX_CODE, MAX_SOURCE, MAX_REASON = 40, 200, 400
_VALUE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,12})?").fullmatch


class FactorRefused(RuleViolation):
    """A change without a code, figure, value, source, day or reason that can be used; ``field`` names it."""

    code = "factor_refused"
    message = _("参数修改的编号、参数、数值、来源、生效日或理由不符合要求。")
    status = 422


class FactorNotLater(RuleViolation):
    """The figure would take effect on a day that has begun; electricity factors only on a 1 January."""

    code = "factor_not_later"
    message = _("生效日必须晚于今天；电力因子只能自 1 月 1 日起生效。")
    status = 422


class FactorOutsideRange(RuleViolation):
    """An act would be worth less or more than anybody publishes, and no reason is given."""

    code = "factor_outside_range"
    message = _("按此数值，该行为的减排量超出已公布数值的范围；请写明理由。")
    status = 422


class FactorChangeDiffers(RuleViolation):
    """The code names another change already, the change was decided otherwise, or the day has another one."""

    code = "factor_change_differs"
    message = _("该编号已用于其他修改，已有不同的处理结果，或该生效日已有另一项修改。")


class FactorChangeMissing(RuleViolation):
    """No change has this code."""

    code = "factor_change_missing"
    message = _("找不到该参数修改。")
    status = 404


class FactorProposerDecides(RuleViolation):
    """Whoever proposed a figure does not approve it."""

    code = "factor_proposer_decides"
    message = _("参数修改的提出人与批准人不能是同一人。")
    status = 403


@dataclass(frozen=True, slots=True)
class NewFigure:
    """A figure as somebody proposes it; its unit stays that of the one it replaces.

    ``table`` and ``key`` name it, ``value`` is written as in a table, ``source`` and ``locator`` say where it is from.
    """

    table: str
    key: str
    value: str
    source: str
    locator: str
    effective_on: date
    reason: str
    override_reason: str = ""


def propose(new: NewFigure, *, code: str, by: str, at: datetime) -> None:
    """Propose a figure; the same again changes nothing, other content is FactorChangeDiffers.

    Raises FactorRefused, FactorNotLater, FactorOutsideRange.
    """
    _check_texts(new, code=code)
    before = _figure(new, decided=factor_decisions())
    told = {
        "table": new.table, "key": new.key, "value": new.value, "unit": before.unit, "per": before.per,
        "source": new.source, "locator": new.locator, "effective_on": new.effective_on, "reason": new.reason,
        "override_reason": new.override_reason, "proposed_by": by,
    }  # fmt: skip
    known = FactorChange.objects.filter(code=code).first()
    if known is not None:
        _check_same(known, told)
        return
    _check_day(new.table, new.effective_on, today=at.astimezone(LOCAL).date())
    row = FactorChange(code=code, before=json.dumps(before.told(), ensure_ascii=False), proposed_at=at, **told)
    _check_range(row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            detail = {"figure": f"{new.table}/{new.key}", "value": new.value, "effective_on": str(new.effective_on)}
            events.record("greenpoints.factor_proposed", subject=f"factor/{code}", occurred_at=at, detail=detail)
    except IntegrityError:
        _check_same(FactorChange.objects.get(code=code), told)


def decide(code: str, *, approve: bool, note: str, by: str, at: datetime) -> None:
    """Approve or refuse a proposed figure; again: nothing.

    Raises FactorChangeMissing, FactorProposerDecides, FactorChangeDiffers, FactorNotLater, FactorOutsideRange.
    """
    if len(note) > MAX_REASON:
        raise FactorRefused(field="note")
    with transaction.atomic():
        bulk_rows.lock("factors")
        row = FactorChange.objects.select_for_update().filter(code=code).first()
        if row is None:
            raise FactorChangeMissing(code=code)
        if row.proposed_by == by:
            raise FactorProposerDecides(by=by)
        known = FactorDecision.objects.filter(change=row).first()
        if known is not None:
            if known.approved != approve:
                raise FactorChangeDiffers(code=code)
            return
        if approve:
            _check_approvable(row, today=at.astimezone(LOCAL).date())
        FactorDecision.objects.create(
            change=row, approved=approve, note=note, proposed_by=row.proposed_by, decided_by=by, decided_at=at
        )
        kind = "greenpoints.factor_approved" if approve else "greenpoints.factor_refused"
        events.record(kind, subject=f"factor/{code}", occurred_at=at, detail={"by": by, "note": note})


def _check_texts(new: NewFigure, *, code: str) -> None:
    for field, right in (
        ("code", 0 < len(code) <= MAX_CODE),
        ("table", new.table in DECIDABLE),
        ("value", _VALUE(new.value) is not None),
        ("source", 0 < len(new.source.strip()) <= MAX_SOURCE),
        ("locator", len(new.locator) <= MAX_SOURCE),
        ("reason", 0 < len(new.reason.strip()) <= MAX_REASON),
        ("override_reason", len(new.override_reason) <= MAX_REASON),
    ):
        if not right:
            raise FactorRefused(field=field)


def _figure(new: NewFigure, *, decided: tuple[Decision, ...]) -> Figure:
    """Return the figure in force on the day that the new one would replace."""
    found = parameters.figure(parameters.in_force(new.effective_on, decided=decided), new.table, new.key)
    if found is None:
        raise FactorRefused(field="key")
    return found


def _check_same(known: FactorChange, told: dict[str, object]) -> None:
    if any(getattr(known, name) != value for name, value in told.items()):
        raise FactorChangeDiffers(code=known.code)


def _check_day(table: str, effective_on: date, *, today: date) -> None:
    if effective_on <= today or (table == GRID and (effective_on.month, effective_on.day) != (1, 1)):
        raise FactorNotLater(effective_on=effective_on.isoformat())


def _check_approvable(row: FactorChange, *, today: date) -> None:
    _check_day(row.table, row.effective_on, today=today)
    same_day = FactorChange.objects.filter(
        table=row.table, key=row.key, effective_on=row.effective_on, decision__approved=True
    )
    if same_day.exists():
        raise FactorChangeDiffers(code=row.code)
    _check_range(row)


def _check_range(row: FactorChange) -> None:
    """Refuse a value that takes an act out of the published range, unless its reason is given."""
    if row.override_reason.strip():
        return
    day, approved = row.effective_on, factor_decisions()
    before = _outside(day, approved)
    for act, comparison in _outside(day, (*approved, _decision(row))).items():
        if act not in before:
            raise FactorOutsideRange(
                act=act, grams=comparison.gross_mg / 1_000, lowest=comparison.lowest_mg / 1_000,
                highest=comparison.highest_mg / 1_000, seen=comparison.seen,
            )  # fmt: skip


def _outside(day: date, approved: Iterable[Decision]) -> dict[str, seen_ranges.Comparison]:
    in_force = parameters.in_force(day, decided=tuple(approved))
    return {one.act: one for one in seen_ranges.compare(in_force, on=day) if one.outside}


def _decision(row: FactorChange) -> Decision:
    return Decision(
        table=row.table, key=row.key, value=row.value, unit=row.unit, per=row.per, source=row.source,
        locator=row.locator, effective_on=row.effective_on, reference=row.code,
    )  # fmt: skip
