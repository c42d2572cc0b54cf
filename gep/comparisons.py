"""Two accounts side by side, indicator by indicator, and how much of each change is quantity, price or method."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gep import queries
from gep.change.decomposition import NotComparable, decompose
from gep.method_profiles import indicator_list
from gep.queries import AccountView

FEN_PER_YUAN = 100


@dataclass(frozen=True)
class Compared:
    """Rows by indicator, the whole change, and its effects in fen; ``unsplit`` are indicators of one account only."""

    rows: list[dict[str, Any]]
    first_fen: int
    second_fen: int
    effects: dict[str, int]
    unsplit: list[str]


def compare(first: AccountView, second: AccountView) -> Compared:
    """Compare two accounts of one region indicator by indicator.

    Where both use the same method, a change is split into quantity and price; where the methods differ, what is not
    price is the method's effect, since the land is the same.
    """
    tables = [by_indicator(account) for account in (first, second)]
    names = [name for name in indicator_list() if name in tables[0] or name in tables[1]]
    rows = [row_of(name, tables[0].get(name), tables[1].get(name), first, second) for name in names]
    keys = ("quantity_fen", "price_fen", "method_fen", "coverage_fen")
    effects = {key: sum(row[key] or 0 for row in rows) for key in keys}
    return Compared(
        rows=rows, first_fen=first.total_fen, second_fen=second.total_fen, effects=effects,
        unsplit=[row["indicator"] for row in rows if row["coverage_fen"]],
    )  # fmt: skip


def by_indicator(account: AccountView) -> dict[str, Any]:
    """Return the region's total of each indicator."""
    totals = queries.indicator_totals(account.code)
    return {str(row.indicator): row for row in totals.itertuples()}


def row_of(name: str, one: Any, other: Any, first: AccountView, second: AccountView) -> dict[str, Any]:
    """Return an indicator of both accounts; what one of them lacks is None, and its whole value is coverage."""
    opening, closing = (None if row is None else int(row.value_fen) for row in (one, other))
    told = {
        "indicator": name, "unit": str((one if one is not None else other).unit),
        "first": one, "second": other, "first_fen": opening, "second_fen": closing,
        "change_fen": (closing or 0) - (opening or 0), "quantity_fen": None, "price_fen": None, "method_fen": None,
        "coverage_fen": None,
        "change_quantity": None if one is None or other is None else float(other.quantity) - float(one.quantity),
    }  # fmt: skip
    if opening is None or closing is None:
        return told | {"coverage_fen": told["change_fen"]}
    told["share"] = (closing - opening) / abs(opening) if opening else None
    return told | effects_of(one, other, same_method=same_method(name, first, second))


def effects_of(one: Any, other: Any, *, same_method: bool) -> dict[str, int]:
    """Return the effects of an indicator's change in fen; they add up to the change."""
    opening, closing = int(one.value_fen), int(other.value_fen)
    quantities = (float(one.quantity), float(other.quantity))
    prices = tuple(
        fen / FEN_PER_YUAN / amount if amount else 0.0
        for fen, amount in zip((opening, closing), quantities, strict=True)
    )
    factors = {"quantity": quantities, "price": prices}
    try:
        split = decompose(
            np.array([opening]), np.array([closing]),
            factors={key: (np.array([pair[0]]), np.array([pair[1]])) for key, pair in factors.items()},
        )  # fmt: skip
    except NotComparable:
        return {"quantity_fen" if same_method else "method_fen": closing - opening, "price_fen": 0}
    quantity, price = (int(split.effects_fen[key][0]) for key in ("quantity", "price"))
    return {"quantity_fen" if same_method else "method_fen": quantity, "price_fen": price}


def same_method(indicator: str, first: AccountView, second: AccountView) -> bool:
    """Return whether both accounts calculated an indicator alike: one profile, variant, switches and coefficients."""

    def method(account: AccountView) -> tuple[Any, ...]:
        taken = [
            (row["key"], row["value"]) for row in account.provenance.get("figures", []) if row["table"] == indicator
        ]
        said = account.provenance
        return account.profile, said.get("variants", {}).get(indicator), said.get("switches"), taken

    return method(first) == method(second)
