"""The chart of accounts: opening accounts, freezing them."""

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max

from bookkeeping.assets import ID_STEP, asset_of
from bookkeeping.models import Account, Leg, Nature
from bookkeeping.refusals import AccountMissing, AccountTermsDiffer
from core import events

MAX_CODE_LENGTH = 120
FROZEN, UNFROZEN = "bookkeeping.account_frozen", "bookkeeping.account_unfrozen"

# The number of an account comes from one sequence; its asset is what the id leaves when divided by eight.
_OPEN = {
    "postgresql": """
        INSERT INTO bookkeeping_account
            (id, code, nature, floor, ceiling, striped, frozen, balance, held_out, held_in)
        SELECT nextval(pg_get_serial_sequence('bookkeeping_account', 'id')) * %(step)s + wanted.asset, wanted.code,
               %(nature)s, %(floor)s, %(ceiling)s, %(striped)s, false, 0, 0, 0
        FROM (SELECT key AS code, value::int AS asset FROM json_each_text(%(codes)s::json)) AS wanted
        WHERE NOT EXISTS (SELECT FROM bookkeeping_account AS account WHERE account.code = wanted.code)
        ORDER BY wanted.code
        ON CONFLICT (code) DO NOTHING
    """,
    "sqlite": """
        INSERT INTO bookkeeping_account
            (id, code, nature, floor, ceiling, striped, frozen, balance, held_out, held_in)
        SELECT (coalesce((SELECT max(id) FROM bookkeeping_account), 0) / %(step)s + row_number() OVER (ORDER BY key))
               * %(step)s + wanted.value, wanted.key, %(nature)s, %(floor)s, %(ceiling)s, %(striped)s, 0, 0, 0, 0
        FROM json_each(%(codes)s) AS wanted
        WHERE NOT EXISTS (SELECT 1 FROM bookkeeping_account AS account WHERE account.code = wanted.key)
    """,
}
_CODES = {
    "postgresql": "SELECT json_array_elements_text(%(codes)s::json)",
    "sqlite": "SELECT value FROM json_each(%(codes)s)",
}


def open_accounts(
    codes: Sequence[str],
    *,
    nature: str,
    floor: int | None = 0,
    ceiling: int | None = None,
    striped: bool = False,
) -> None:
    """Open one account per code, in two statements however many there are.

    A source has no floor. A striped account (one that very many postings share) has neither floor nor ceiling.
    Opening again on the same terms changes nothing; on other terms it is refused with AccountTermsDiffer.
    """
    nature = Nature(nature).value
    if nature == Nature.SOURCE or striped:
        floor = None
    if striped and ceiling is not None:
        raise ValueError("a striped account has no ceiling: nobody adds its stripes up while posting")
    assets = {code: int(asset_of(code)) for code in codes}
    too_long = [code for code in assets if len(code) > MAX_CODE_LENGTH or "\0" in code]
    if too_long:
        raise ValueError(f"an account code has at most {MAX_CODE_LENGTH} characters: {too_long[0][:200]!r}")
    terms = {"nature": nature, "floor": floor, "ceiling": ceiling, "striped": striped}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_OPEN[connection.vendor], {**terms, "step": ID_STEP, "codes": json.dumps(assets)})
        if cursor.rowcount < len(assets):
            _refuse_other_terms(list(assets), nature=nature, floor=floor, ceiling=ceiling, striped=striped)


def freeze(code: str, *, at: datetime) -> None:
    """Let nothing move in or out of the account from now on; again: nothing."""
    _set_frozen(code, frozen=True, at=at)


def unfreeze(code: str, *, at: datetime) -> None:
    """Let the account move again; again: nothing."""
    _set_frozen(code, frozen=False, at=at)


def _refuse_other_terms(
    codes: list[str], *, nature: str, floor: int | None, ceiling: int | None, striped: bool
) -> None:
    query = f"""
        SELECT min(code) FROM bookkeeping_account WHERE code IN ({_CODES[connection.vendor]}) AND NOT (
            nature = %(nature)s AND striped = %(striped)s
            AND coalesce(floor = %(floor)s, floor IS NULL AND %(floor)s IS NULL)
            AND coalesce(ceiling = %(ceiling)s, ceiling IS NULL AND %(ceiling)s IS NULL))
    """  # noqa: S608 - the only text put in is our own
    terms = {"nature": nature, "floor": floor, "ceiling": ceiling, "striped": striped}
    with connection.cursor() as cursor:
        cursor.execute(query, {**terms, "codes": json.dumps(codes)})
        other = cursor.fetchone()[0]
    if other is not None:
        raise AccountTermsDiffer(account=other)


def _set_frozen(code: str, *, frozen: bool, at: datetime) -> None:
    with transaction.atomic():
        account = Account.objects.filter(code=code)
        if connection.vendor == "postgresql" and account.filter(striped=True).exists():
            # Nobody locks a striped account's row, so wait here for the postings at hand.
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE bookkeeping_leg IN SHARE MODE")
        if not account.exists():
            raise AccountMissing(account=code)
        if account.filter(frozen=not frozen).update(frozen=frozen):
            # The account's row is locked now: every leg that touches it stands already, or will meet the new state.
            last_leg = Leg.objects.aggregate(last=Max("id"))["last"] or 0
            kind = FROZEN if frozen else UNFROZEN
            events.record(kind, subject=code, occurred_at=at, detail={"last_leg": last_leg})
