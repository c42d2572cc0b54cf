"""Amounts of a programme: declarative whole-number formulas, the same numpy int64 code for one case and for a million.

Money is fen. Every product is bounded before it is made, so nothing wraps around; what is divided is rounded half up,
once, at the end of its formula; then the floor, then the cap.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

INT64_MAX = 2**63 - 1
BASIS_POINTS = 10_000  # of one whole
DAYS_ACT365 = 365

Columns = Mapping[str, NDArray]

KEYS_OF_KIND: dict[str, frozenset[str]] = {
    "fixed": frozenset({"amount_fen"}),
    "table": frozenset({"key", "rows"}),
    "rate_x_units": frozenset({"units", "rate_fen", "per"}),
    "tiered": frozenset({"units", "tiers", "per"}),
    "share_of_cost": frozenset({"cost_fen", "share_bp"}),
    "interest_act365": frozenset({"principal_fen", "days", "rate_bp"}),
    "sum": frozenset({"parts"}),
}
OPTIONAL_KEYS = frozenset({"per"})
LIMIT_KEYS = frozenset({"floor_fen", "cap_fen"})


class AmountInvalid(ValueError):
    """A formula that the programme may not use; the text says which and why."""


class AmountOutOfRange(ValueError):
    """A fact is negative, or a product would not fit in 64 bits."""


class AmountRowMissing(ValueError):
    """The table of the programme has no row for these facts."""


@dataclass(frozen=True)
class Formula:
    """A checked formula. ``facts``: the paths it needs; ``terms``: as written; ``parts``: those of a sum."""

    kind: str
    facts: tuple[str, ...]
    terms: Mapping[str, Any] = field(repr=False)
    parts: tuple["Formula", ...] = ()


def parse(written: Mapping[str, Any]) -> Formula:
    """Return ``written`` as a checked Formula; AmountInvalid names the key that is wrong, missing or unknown."""
    kind = written.get("kind")
    if kind not in KEYS_OF_KIND:
        raise AmountInvalid(f"kind must be one of {', '.join(KEYS_OF_KIND)}, not {kind!r}")
    terms = {name: value for name, value in written.items() if name != "kind"}
    unknown = set(terms) - KEYS_OF_KIND[kind] - LIMIT_KEYS
    missing = KEYS_OF_KIND[kind] - set(terms) - OPTIONAL_KEYS
    if unknown or missing:
        raise AmountInvalid(f"{kind}: unknown keys {sorted(unknown)}, missing keys {sorted(missing)}")
    _check_terms(kind, terms)
    parts = tuple(parse(part) for part in terms.get("parts", ()))
    named = [terms[name] for name in ("units", "cost_fen", "principal_fen", "days") if name in terms]
    named += terms.get("key", []) + [path for part in parts for path in part.facts]
    return Formula(kind=kind, facts=tuple(dict.fromkeys(named)), terms=terms, parts=parts)


def compute(formula: Formula, columns: Columns, *, size: int) -> NDArray[np.int64]:
    """Return the amounts in fen, shape ``(size,)``.

    ``columns`` maps each fact of the formula to an array of that shape: int64, or text for the keys of a table.
    Raises AmountOutOfRange and AmountRowMissing; never returns a wrapped or a partial result.
    """
    amounts = WORKERS[formula.kind](formula, columns, size)
    if "floor_fen" in formula.terms:
        amounts = np.maximum(amounts, formula.terms["floor_fen"])
    if "cap_fen" in formula.terms:
        amounts = np.minimum(amounts, formula.terms["cap_fen"])
    return amounts


def amount_fen(formula: Formula, facts: Mapping[str, Any]) -> int:
    """Return the amount in fen of one case; ``facts`` are flat. The code is that of a million cases."""
    columns = {path: np.array([facts[path]]) for path in formula.facts}
    return int(compute(formula, columns, size=1)[0])


def product(left: NDArray[np.int64], right: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Return ``left * right`` of whole numbers from 0; AmountOutOfRange where it would not fit in 64 bits."""
    if left.size == 0:
        return left
    least = min(int(left.min()), int(np.min(right)))
    if least < 0:
        raise AmountOutOfRange(f"an amount is never made from a negative number ({least})")
    if int(left.max()) * int(np.max(right)) > INT64_MAX:
        raise AmountOutOfRange("the product does not fit in 64 bits")
    return left * right


def divided_half_up(dividend: NDArray[np.int64], divisor: int) -> NDArray[np.int64]:
    """Return ``dividend / divisor`` rounded half up, for whole numbers from 0."""
    quotient, rest = np.divmod(dividend, divisor)
    return quotient + (rest >= divisor - rest)


def _units(columns: Columns, path: str) -> NDArray[np.int64]:
    values = np.asarray(columns[path])
    if values.dtype != np.int64:
        raise AmountOutOfRange(f"{path} must hold whole numbers of 64 bits, not {values.dtype}")
    return values


def _fixed(formula: Formula, columns: Columns, size: int) -> NDArray[np.int64]:
    return np.full(size, formula.terms["amount_fen"], dtype=np.int64)


def _table(formula: Formula, columns: Columns, size: int) -> NDArray[np.int64]:
    keys = [np.asarray(columns[path]) for path in formula.terms["key"]]
    distinct, place = np.unique(np.stack(keys, axis=1), axis=0, return_inverse=True)
    rows = formula.terms["rows"]
    found = np.empty(len(distinct), dtype=np.int64)
    for number, key in enumerate(".".join(map(str, parts)) for parts in distinct):
        if key not in rows:
            raise AmountRowMissing(key)
        found[number] = rows[key]
    return found[place.reshape(-1)]


def _rate_x_units(formula: Formula, columns: Columns, size: int) -> NDArray[np.int64]:
    worth = product(_units(columns, formula.terms["units"]), formula.terms["rate_fen"])
    return divided_half_up(worth, formula.terms.get("per", 1))


def _tiered(formula: Formula, columns: Columns, size: int) -> NDArray[np.int64]:
    """Each tier pays its own rate for the units that fall into it; one rounding over all tiers."""
    units = product(_units(columns, formula.terms["units"]), 1)
    worth, lower = np.zeros(size, dtype=np.int64), 0
    for tier in formula.terms["tiers"]:
        upper = tier.get("up_to", INT64_MAX)
        within = np.clip(units, lower, upper) - lower
        worth = _added(worth, product(within, tier["rate_fen"]))
        lower = upper
    return divided_half_up(worth, formula.terms.get("per", 1))


def _share_of_cost(formula: Formula, columns: Columns, size: int) -> NDArray[np.int64]:
    worth = product(_units(columns, formula.terms["cost_fen"]), formula.terms["share_bp"])
    return divided_half_up(worth, BASIS_POINTS)


def _interest_act365(formula: Formula, columns: Columns, size: int) -> NDArray[np.int64]:
    """Simple interest for the days that really passed, over a year of 365."""
    yearly = product(_units(columns, formula.terms["principal_fen"]), formula.terms["rate_bp"])
    return divided_half_up(product(yearly, _units(columns, formula.terms["days"])), BASIS_POINTS * DAYS_ACT365)


def _sum(formula: Formula, columns: Columns, size: int) -> NDArray[np.int64]:
    total = np.zeros(size, dtype=np.int64)
    for part in formula.parts:
        total = _added(total, compute(part, columns, size=size))
    return total


def _added(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    if left.size and int(left.max()) + int(right.max()) > INT64_MAX:
        raise AmountOutOfRange("the sum does not fit in 64 bits")
    return left + right


WORKERS = {
    "fixed": _fixed,
    "table": _table,
    "rate_x_units": _rate_x_units,
    "tiered": _tiered,
    "share_of_cost": _share_of_cost,
    "interest_act365": _interest_act365,
    "sum": _sum,
}


def _check_terms(kind: str, terms: Mapping[str, Any]) -> None:
    for name in ("amount_fen", "rate_fen", "share_bp", "rate_bp", "floor_fen", "cap_fen"):
        if name in terms:
            _check_whole(kind, name, terms[name], least=0)
    if "per" in terms:
        _check_whole(kind, "per", terms["per"], least=1)
    for name in ("units", "cost_fen", "principal_fen", "days"):
        if name in terms and type(terms[name]) is not str:
            raise AmountInvalid(f"{kind}: {name} must name a fact, not {terms[name]!r}")
    if kind == "table":
        _check_table(terms)
    if kind == "tiered":
        _check_tiers(terms["tiers"])
    if kind == "sum" and (type(terms["parts"]) is not list or not terms["parts"]):
        raise AmountInvalid("sum: parts must be a list of formulas")


def _check_whole(kind: str, name: str, value: Any, *, least: int) -> None:
    if type(value) is not int or not least <= value <= INT64_MAX:
        raise AmountInvalid(f"{kind}: {name} must be a whole number of at least {least}, not {value!r}")


def _check_table(terms: Mapping[str, Any]) -> None:
    key, rows = terms["key"], terms["rows"]
    if type(key) is not list or not key or not all(type(path) is str for path in key):
        raise AmountInvalid("table: key must be a list of facts")
    if type(rows) is not dict or not rows:
        raise AmountInvalid("table: rows must map the values of the key, joined by dots, to fen")
    for name, value in rows.items():
        _check_whole("table", f"rows[{name}]", value, least=0)


def _check_tiers(tiers: Any) -> None:
    if type(tiers) is not list or not tiers:
        raise AmountInvalid("tiered: tiers must be a list")
    lower = 0
    for number, tier in enumerate(tiers):
        last = number == len(tiers) - 1
        if set(tier) != ({"rate_fen"} if last and "up_to" not in tier else {"up_to", "rate_fen"}):
            raise AmountInvalid("tiered: a tier has rate_fen and up_to; only the last may lack up_to")
        _check_whole("tiered", "rate_fen", tier["rate_fen"], least=0)
        if "up_to" in tier:
            _check_whole("tiered", "up_to", tier["up_to"], least=lower + 1)
            lower = tier["up_to"]
