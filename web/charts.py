"""Tables made ready for a chart and for the table that says the same."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from gep.ecosystems import BY_CODE
from gep.method_profiles import indicator_list
from web import regions_shown
from web.accounts_shown import GROUPS, group_of, indicator_label

if TYPE_CHECKING:
    from pandas import DataFrame

FEN_PER_WAN_YUAN = 1_000_000
MOST_AREAS = 24  # more bars than this cannot be read on one screen; the table has them all


def ecosystem_label(code: str) -> str:
    """Return the name of an ecosystem class in the page's language; a dash where the parcel has none yet."""
    ecosystem = BY_CODE.get(code)
    if ecosystem is None:
        return code or "–"
    return ecosystem.zh if regions_shown.language() == "zh" else ecosystem.en


def indicator_rows(totals: "DataFrame") -> list[dict[str, Any]]:
    """Return the totals of each indicator, the most valuable first, with its share of the whole.

    ``low95_fen``, ``high95_fen`` and ``grade`` are there where the account has them, else None and "".
    """
    whole_fen = int(totals["value_fen"].sum()) or 1
    rows = [
        {
            "indicator": str(row.indicator),
            "label": indicator_label(str(row.indicator)),
            "group": group_of(str(row.indicator)),
            "quantity": float(row.quantity),
            "unit": str(row.unit),
            "value_fen": int(row.value_fen),
            "share": int(row.value_fen) / whole_fen,
            "parcels": int(row.parcels),
            "grade": str(getattr(row, "grade", "") or ""),
            "low95_fen": whole_or_none(getattr(row, "low95_fen", None)),
            "high95_fen": whole_or_none(getattr(row, "high95_fen", None)),
        }
        for row in totals.itertuples()
    ]
    return sorted(rows, key=lambda row: -row["value_fen"])


def whole_or_none(number: Any) -> int | None:
    """Return a whole number of a table's cell, None where it is missing."""
    return None if number is None or number != number else int(number)


def group_rows(indicators: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the value of each group of indicators; None where the account has no indicator of it."""
    told = []
    for group, label in GROUPS.items():
        values = [row["value_fen"] for row in indicators if row["group"] == group]
        told.append({"group": group, "label": str(label), "value_fen": sum(values) if values else None})
    return told


def missing_indicators(rows: list[dict[str, Any]]) -> str:
    """Return the names, in one text, of the indicators that an account with these rows does not cover yet."""
    covered = {row["indicator"] for row in rows}
    names = [indicator_label(indicator) for indicator in indicator_list() if indicator not in covered]
    return ("、" if regions_shown.language() == "zh" else ", ").join(names)


def area_rows(totals: "DataFrame") -> list[dict[str, Any]]:
    """Return one row an area with the value of every indicator in fen, the most valuable area first."""
    table = totals.pivot_table(index="area", columns="indicator", values="value_fen", aggfunc="sum", fill_value=0)
    rows = [
        {
            "area": str(area),
            "name": regions_shown.name(str(area)),
            "values_fen": {str(indicator): int(value) for indicator, value in values.items()},
            "total_fen": int(values.sum()),
        }
        for area, values in table.iterrows()
    ]
    return sorted(rows, key=lambda row: -row["total_fen"])


def stacked_bars(areas: list[dict[str, Any]], indicators: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the chart script draws: a bar an area, stacked by indicator, in 万元 (10,000 yuan)."""
    shown = areas[:MOST_AREAS]
    return {
        "unit": _("万元"),
        "stacked": True,
        "areas": [row["name"] for row in shown],
        "series": [
            {
                "name": row["label"],
                "values": [area["values_fen"].get(row["indicator"], 0) / FEN_PER_WAN_YUAN for area in shown],
            }
            for row in indicators
        ],
    }


def side_by_side(rows: list[dict[str, Any]], *, first: str, second: str) -> dict[str, Any]:
    """Return what the chart script draws of a comparison: two bars an indicator, in 万元 (10,000 yuan)."""
    return {
        "unit": _("万元"),
        "stacked": False,
        "areas": [row["label"] for row in rows],
        "series": [
            {"name": name, "values": [(row[key] or 0) / FEN_PER_WAN_YUAN for row in rows]}
            for name, key in ((first, "first_fen"), (second, "second_fen"))
        ],
    }
