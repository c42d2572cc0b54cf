"""Programmes: what they say about a case, and how a version comes into force by the hands of two people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import events
from core.errors import RuleViolation
from identity import roles
from policy import amounts, assessment, case_files, conditions, programme_files
from policy.assessment import Assessment
from policy.models import ProgrammeStatus, ProgrammeVersion
from policy.programme_files import Programme

REVIEWER, ACTIVATOR = "policy_officer", "finance_officer"


class ProgrammeMissing(RuleViolation):
    """No programme has this code."""

    code = "programme_missing"
    message = _("没有这个政策项目。")
    status = 404


class ProgrammeNotInForce(RuleViolation):
    """No version of the programme applies to that day; ``detail`` tells the periods."""

    code = "programme_not_in_force"
    message = _("该政策在这一天不适用。")


class FactsRefused(RuleViolation):
    """A fact is of the wrong kind, out of range, or not one that the programme asks for."""

    code = "facts_refused"
    message = _("提供的事实有误。")
    status = 422


class ProgrammeChanged(RuleViolation):
    """The text of a registered version differs; a change of law is a new version."""

    code = "programme_changed"
    message = _("已登记的政策版本不得改动，请另立新版本。")


class ProgrammeStepNotPossible(RuleViolation):
    """The version does not stand where this step begins."""

    code = "programme_step_not_possible"
    message = _("政策版本的当前状态不允许这一步。")


class RatesNotConfirmed(RuleViolation):
    """Figures that no public text confirms come into force only as a demonstration."""

    code = "rates_not_confirmed"
    message = _("标准未经确认，不能启用；演示政策只能在演示模式下启用。")


class CasesDiffer(RuleViolation):
    """The version answers its own worked cases otherwise than written, or has none."""

    code = "programme_cases_differ"
    message = _("政策试算结果与算例不符。")


class SecondPersonNeeded(RuleViolation):
    """Who did the step before cannot do this one."""

    code = "second_person_needed"
    message = _("同一人不得办理相互制约的两个环节。")
    status = 403


@dataclass(frozen=True)
class VersionView:
    """One registered version."""

    code: str
    version: int
    status: str
    sha256: str
    demo: bool


def assess(facts: Mapping[str, Any], *, programme: str, on: date) -> Assessment:
    """Return what ``programme`` says about ``facts`` on that day, every condition answered.

    ``facts`` is a tree or dotted names; None and what is left out are not known and become questions. The version is
    the one in force on ``on``. Raises ProgrammeMissing, ProgrammeNotInForce, FactsRefused.
    """
    return assess_with(in_force(programme, on=on), facts)


def in_force(code: str, *, on: date) -> Programme:
    """Return the version of the programme that applies to a fact of that day."""
    versions = [programme for programme in programme_files.load_folder() if programme.code == code]
    if not versions:
        raise ProgrammeMissing(programme=code)
    for programme in versions:
        if programme.in_force(on):
            return programme
    periods = [f"{one.valid_from} – {one.valid_to}" for one in versions]
    raise ProgrammeNotInForce(programme=code, on=on.isoformat(), periods=periods)


def assess_with(programme: Programme, facts: Mapping[str, Any]) -> Assessment:
    """Return what this very version says; a wrong fact is FactsRefused with its name."""
    try:
        return assessment.assess(programme, facts)
    except conditions.FactInvalid as error:
        raise FactsRefused(fact=error.name, why=error.why) from error
    except (conditions.ConditionUnanswerable, amounts.AmountOutOfRange, amounts.AmountRowMissing) as error:
        raise FactsRefused(why=str(error)) from error


def register_all(*, at: datetime) -> list[VersionView]:
    """Enter every programme file into the register as a draft; known versions stay as they are."""
    return [register(programme, at=at) for programme in programme_files.load_folder()]


def register(programme: Programme, *, at: datetime) -> VersionView:
    """Enter one version as a draft; ProgrammeChanged where the version is known with another text."""
    row, _created = ProgrammeVersion.objects.get_or_create(
        code=programme.code,
        version=programme.version,
        defaults={
            "trigger": programme.trigger,
            "valid_from": programme.valid_from,
            "valid_to": programme.valid_to,
            "demo": programme.demo,
            "sha256": programme.sha256,
            "text": programme.text,
            "registered_at": at,
        },
    )
    if row.sha256 != programme.sha256:
        raise ProgrammeChanged(programme=programme.code, version=programme.version)
    return _view(row)


def review(code: str, version: int, *, by: Any, at: datetime) -> VersionView:
    """Record that a policy officer has read the draft."""
    require_role(by, REVIEWER)
    with transaction.atomic():
        row = _locked(code, version)
        row.reviewed_by = by
        return _advance(row, to=ProgrammeStatus.REVIEWED, at=at)


def simulate(code: str, version: int, *, at: datetime) -> VersionView:
    """Run the worked cases of the version; CasesDiffer where one comes out otherwise, or where there are none."""
    with transaction.atomic():
        row = _locked(code, version)
        programme = stored(row)
        cases = case_files.of(programme)
        differences = case_files.run(programme, cases)
        if differences or not cases:
            raise CasesDiffer(programme=code, cases=[difference.case for difference in differences])
        return _advance(row, to=ProgrammeStatus.SIMULATED, at=at)


def activate(code: str, version: int, *, by: Any, at: datetime) -> VersionView:
    """Bring a version into force: a finance officer, not the reviewer, and only with confirmed figures."""
    require_role(by, ACTIVATOR)
    with transaction.atomic():
        row = _locked(code, version)
        programme = stored(row)
        if not programme.confirmed and not (programme.demo and settings.DEMO_PROGRAMMES):
            raise RatesNotConfirmed(programme=code, version=version)
        if programme.demo and not settings.DEMO_PROGRAMMES:
            raise RatesNotConfirmed(programme=code, version=version)
        if row.reviewed_by_id == by.pk:
            raise SecondPersonNeeded(programme=code)
        row.activated_by = by
        return _advance(row, to=ProgrammeStatus.ACTIVE, at=at)


def stored(row: ProgrammeVersion) -> Programme:
    """Return the programme as its registered text says, whatever the files say today."""
    return programme_files.read(row.text, name=f"{row.code} v{row.version}")


def require_role(user: Any, role: str) -> None:
    """Refuse a user who does not hold ``role``."""
    if not roles.holds(user, role):
        raise roles.RoleMissing(needs=[role])


def _locked(code: str, version: int) -> ProgrammeVersion:
    row = ProgrammeVersion.objects.select_for_update().filter(code=code, version=version).first()
    if row is None:
        raise ProgrammeMissing(programme=code, version=version)
    return row


def _advance(row: ProgrammeVersion, *, to: ProgrammeStatus, at: datetime) -> VersionView:
    if to not in ProgrammeVersion.NEXT_STATUSES[row.status]:
        raise ProgrammeStepNotPossible(programme=row.code, status=row.status, to=str(to))
    row.status = to
    row.save()
    events.record(
        "policy.programme_advanced",
        subject=row.code,
        occurred_at=at,
        detail={"version": row.version, "status": str(to), "sha256": row.sha256, "demo": row.demo},
    )
    return _view(row)


def _view(row: ProgrammeVersion) -> VersionView:
    return VersionView(code=row.code, version=row.version, status=row.status, sha256=row.sha256, demo=row.demo)
