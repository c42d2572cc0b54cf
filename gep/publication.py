"""What becomes official: compiled by one person, approved by another, published, withdrawn with its reason.

An account that rests on a figure nobody confirmed, or on synthetic data, never is; the database refuses it too.
"""

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from gep import run_queries, runs
from gep.models import Run, RunKind, RunStatus
from gep.run_queries import RunView


class AccountNotCompiled(RuleViolation):
    """The account has no figures yet, or could not be compiled."""

    code = "gep_account_not_compiled"
    message = _("核算账户尚未完成核算，不能发布。")


class AccountNotApproved(RuleViolation):
    """Nobody but the person who asked for the account has looked at it."""

    code = "gep_account_not_approved"
    message = _("核算账户尚未经第二人复核，不能发布。")


class AccountUnconfirmed(RuleViolation):
    """The account used figures that nobody confirmed; ``figures`` names them."""

    code = "account_unconfirmed"
    message = _("核算使用了未经确认的系数，不能作为正式结果发布。")


class AccountSynthetic(RuleViolation):
    """A parcel or a layer of the account is synthetic."""

    code = "account_synthetic"
    message = _("核算使用了模拟数据，不能作为正式结果发布。")


class NotAnAccount(RuleViolation):
    """A scenario or a project's unit is never an official account of a region."""

    code = "gep_not_an_account"
    message = _("情景模拟和项目单元核算不能作为区域正式结果发布。")


class SecondAnalystNeeded(RuleViolation):
    """Who asked for the account cannot approve it."""

    code = "gep_second_analyst_needed"
    message = _("核算账户须由申请人以外的分析员复核。")
    status = 403


class ReasonMissing(RuleViolation):
    """A published account is withdrawn, or takes the place of another, for a reason that is told."""

    code = "gep_reason_missing"
    message = _("请说明撤回或修订的原因。")
    status = 422


def approve(code: str, *, by: AbstractBaseUser, at: datetime, revision: int | None = None) -> RunView:
    """Have a second analyst of the region vouch for a compiled account; again by the same, nothing changes.

    Raises Run.DoesNotExist, roles.RoleMissing, RevisionStale, SecondAnalystNeeded, AccountNotCompiled, NotAnAccount,
    AccountSynthetic, AccountUnconfirmed.
    """
    with transaction.atomic():
        row = runs.locked(code, by=by, revision=revision)
        if row.status == RunStatus.APPROVED and row.approved_by == by.get_username():
            return run_queries.run(code)
        if row.requested_by == by.get_username():
            raise SecondAnalystNeeded(account=code, requested_by=row.requested_by)
        _refuse_unofficial(row)
        if row.status != RunStatus.COMPILED:
            raise AccountNotCompiled(account=code, status=row.status)
        runs.advance(row, to=RunStatus.APPROVED, approved_by=by.get_username(), approved_at=at)
        runs.tell("gep.account_approved", row, by=by, at=at)
    return run_queries.run(code)


def publish(code: str, *, by: AbstractBaseUser, at: datetime, revision: int | None = None) -> RunView:
    """Make an approved account the official one of its region and year; published again, nothing changes.

    Where another is official, this one takes its place for the revision reason that it was asked for with. Raises
    Run.DoesNotExist, roles.RoleMissing, RevisionStale, AccountNotApproved, ReasonMissing, and what ``approve`` does.
    """
    with transaction.atomic():
        row = runs.locked(code, by=by, revision=revision)
        if row.status == RunStatus.PUBLISHED:
            return run_queries.run(code)
        _refuse_unofficial(row)
        if row.status != RunStatus.APPROVED:
            raise AccountNotApproved(account=code, status=row.status)
        before = _official(row)
        if before is not None:
            if not row.revision_reason.strip():
                raise ReasonMissing(account=code, official=before.code)
            _withdraw(before, by=by, at=at, reason=row.revision_reason, superseded_by=code)
        runs.advance(row, to=RunStatus.PUBLISHED, published_by=by.get_username(), published_at=at)
        runs.tell("gep.account_published", row, by=by, at=at)
    return run_queries.run(code)


def withdraw(code: str, *, reason: str, by: AbstractBaseUser, at: datetime, revision: int | None = None) -> RunView:
    """Take an official account back, for a reason that everybody reads; its figures stay, and are marked.

    Raises Run.DoesNotExist, roles.RoleMissing, RevisionStale, ReasonMissing, runs.RunStepNotPossible.
    """
    with transaction.atomic():
        row = runs.locked(code, by=by, revision=revision)
        if not reason.strip():
            raise ReasonMissing(account=code)
        _withdraw(row, by=by, at=at, reason=reason)
    return run_queries.run(code)


def _refuse_unofficial(row: Run) -> None:
    if row.kind != RunKind.ACCOUNT:
        raise NotAnAccount(account=row.code, kind=row.kind)
    if row.status not in (RunStatus.COMPILED, RunStatus.APPROVED):
        raise AccountNotCompiled(account=row.code, status=row.status)
    if row.synthetic or row.datasets.filter(dataset__synthetic=True).exists():
        raise AccountSynthetic(account=row.code)
    if row.unconfirmed_figures:
        unconfirmed = [f"{f['table']}.{f['key']}" for f in row.provenance.get("figures", []) if f["tag"] == "U"]
        cells = [f"{row.profile}: {cell}" for cell in row.provenance.get("unconfirmed_cells", [])]
        raise AccountUnconfirmed(account=row.code, figures=[*unconfirmed, *cells])


def _official(row: Run) -> Run | None:
    rows = Run.objects.select_for_update().filter(region=row.region, year=row.year, status=RunStatus.PUBLISHED)
    return rows.first()


def _withdraw(row: Run, *, by: AbstractBaseUser, at: datetime, reason: str, superseded_by: str = "") -> None:
    runs.advance(row, to=RunStatus.WITHDRAWN, withdrawn_by=by.get_username(), withdrawn_at=at, withdrawn_reason=reason)
    runs.tell("gep.account_withdrawn", row, by=by, at=at, reason=reason, superseded_by=superseded_by)
