"""Who may read what of the book: some roles all of it, an owner what is the owner's, everyone what is public."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation

# Programmes and public money: what they hold is for everyone to see. Whom they paid is not.
PUBLIC_HEADINGS = frozenset(
    {"coin:fund", "co2e:act", "fen:bank", "fen:budget", "fen:reserved", "fen:in-payment", "fen:paid"}
)
# Where what follows the slash names a person or an organisation that the account belongs to.
OWNED_HEADINGS = frozenset({"coin:resident", "co2e:resident", "coin:merchant", "fen:payable", "fen:party"})
BOOK_ROLES = ("auditor", "operator", "finance_officer")
PROOF_ROLES = ("auditor", "operator", "system_administrator", "security_administrator", "audit_administrator")


class BookNotYours(RuleViolation):
    """The account or posting belongs to others, and the reader holds no role that reads the whole book."""

    code = "book_not_yours"
    message = _("您无权查看该账户或该笔账。")
    status = 403


def is_public(code: str) -> bool:
    """Return whether everyone may see what the account holds."""
    return code.partition("/")[0] in PUBLIC_HEADINGS


def may_read(user: Any, codes: Iterable[str], *, roles: Iterable[str] = BOOK_ROLES) -> bool:
    """Return whether a user holds one of ``roles`` now, or owns one of the accounts ``codes``.

    ``user`` is a user of the identity app, or one who has not signed in and reads nothing.
    """
    if not user.is_authenticated:
        return False
    return user.holds(*roles) or not _owned(codes).isdisjoint(user.acts_for())


def require(user: Any, code: str) -> None:
    """Raise BookNotYours where the user may not read the account."""
    if not may_read(user, [code]):
        raise BookNotYours(account=code)


def require_proof(user: Any, proof: dict[str, Any]) -> None:
    """Raise BookNotYours where the user may not see the accounts that a proof tells."""
    codes = {leaf["leg"][side] for leaf in proof["leaves"] for side in ("source", "target")}
    if not may_read(user, codes, roles=PROOF_ROLES):
        raise BookNotYours


def _owned(codes: Iterable[str]) -> set[str]:
    parts = (code.partition("/") for code in codes)
    return {owner for heading, slash, owner in parts if slash and heading in OWNED_HEADINGS}
