"""What the book says no to, and which constraint of the database says it."""

import re

from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation


class Overdrawn(RuleViolation):
    """An account would hold less than its floor, what is held aside counted as gone."""

    code = "overdrawn"
    message = _("账户余额不足。")


class OverLimit(RuleViolation):
    """An account would hold more than its ceiling, what is promised to it counted as there."""

    code = "over_limit"
    message = _("超过账户上限。")


class AccountMissing(RuleViolation):
    """No account has this code."""

    code = "account_missing"
    message = _("账户不存在。")
    status = 404


class AccountFrozen(RuleViolation):
    """The account is frozen: nothing moves in or out."""

    code = "account_frozen"
    message = _("账户已冻结，不能变动。")


class AccountTermsDiffer(RuleViolation):
    """The account is open already, on other terms."""

    code = "account_terms_differ"
    message = _("账户已按其他条件开立。")


class AssetsDiffer(RuleViolation):
    """A leg joins two accounts of different assets."""

    code = "assets_differ"
    message = _("两个账户的资产种类不同。")


class SameAccount(RuleViolation):
    """A leg leads from an account to itself."""

    code = "same_account"
    message = _("转出与转入不能是同一账户。")


class ReferenceReused(RuleViolation):
    """The reference names another posting already."""

    code = "reference_reused"
    message = _("该业务编号已用于内容不同的记账。")


class PostingMissing(RuleViolation):
    """No posting has this reference, or it is of another kind than asked for."""

    code = "posting_missing"
    message = _("找不到该笔记账。")
    status = 404


class HoldResolved(RuleViolation):
    """The hold was confirmed or released before."""

    code = "hold_resolved"
    message = _("该笔冻结已经确认或释放。")


class HoldExpired(RuleViolation):
    """The hold ran out before it was confirmed."""

    code = "hold_expired"
    message = _("该笔冻结已过期。")


class AlreadyReversed(RuleViolation):
    """The posting was reversed before."""

    code = "already_reversed"
    message = _("该笔记账已经冲正。")


class NotReversible(RuleViolation):
    """A reversal, a hold or a release cannot be reversed."""

    code = "not_reversible"
    message = _("该笔记账不能冲正。")


ACCOUNT_UNUSABLE = "bookkeeping_account_unusable"
REFERENCE_TAKEN = "bookkeeping_leg_reference"
RELATED_TAKEN = "bookkeeping_leg_related_once"
SAID_BY = {
    "bookkeeping_account_floor": Overdrawn,
    "bookkeeping_account_ceiling": OverLimit,
    "bookkeeping_account_range": OverLimit,
    "bookkeeping_leg_one_asset": AssetsDiffer,
    "bookkeeping_leg_two_accounts": SameAccount,
    REFERENCE_TAKEN: ReferenceReused,  # another reference under the same short key, see references.py
}
DEADLOCK = "40P01"
_SQLITE_MESSAGES = {
    "bookkeeping_leg.reference, bookkeeping_leg.leg": REFERENCE_TAKEN,
    "bookkeeping_leg.related_id": RELATED_TAKEN,
    "bookkeeping_leg.source_id": ACCOUNT_UNUSABLE,
    "bookkeeping_leg.target_id": ACCOUNT_UNUSABLE,
}


def is_deadlock(error: DatabaseError) -> bool:
    """Tell whether PostgreSQL ended this writer because another waited for it in turn; nothing of it stands then."""
    return getattr(error.__cause__, "sqlstate", "") == DEADLOCK


def constraint_of(error: DatabaseError) -> str:
    """Return the name of the constraint that refused the row; an unknown side of a leg is an unusable account."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None:
        told = re.sub(r"^.* constraint failed: ", "", str(error))
        return _SQLITE_MESSAGES.get(told, told)
    if diagnosis.constraint_name:
        return diagnosis.constraint_name
    return ACCOUNT_UNUSABLE if diagnosis.column_name in {"source_id", "target_id"} else diagnosis.message_primary or ""
