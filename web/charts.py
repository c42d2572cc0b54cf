"""Tables made ready for a chart and for the table that says the same."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gep.ecosystems import BY_CODE
from web import regions_shown

if TYPE_CHECKING:
    from pandas import DataFrame

FEN_PER_WAN_YUAN = 1_000_000
MOST_AREAS = 24  # more bars than this cannot be read on one screen; the table has them all

INDICATORS = {
    "water_retention": gettext_lazy("水源涵养"),
    "soil_retention": gettext_lazy("土壤保持"),
    "carbon_sequestration": gettext_lazy("固碳"),
    "oxygen_release": gettext_lazy("释氧"),
    "flood_mitigation": gettext_lazy("洪水调蓄"),
    "air_purification": gettext_lazy("空气净化"),
    "water_purification": gettext_lazy("水质净化"),
    "climate_regulation": gettext_lazy("气候调节"),
}


def table_label(table: str) -> str:
    """Return the name of a coefficient table in the page's language: that of its indicator, or prices."""
    return _("价格") if table == "prices" else indicator_label(table)


def indicator_label(indicator: str) -> str:
    """Return the name of an indicator in the page's language."""
    return str(INDICATORS.get(indicator, indicator))


def ecosystem_label(code: str) -> str:
    """Return the name of an ecosystem class in the page's language; a dash where the parcel has none yet."""
    ecosystem = BY_CODE.get(code)
    if ecosystem is None:
        return code or "–"
    return ecosystem.zh if regions_shown.language() == "zh" else ecosystem.en


def indicator_rows(totals: "DataFrame") -> list[dict[str, Any]]:
    """Return the totals of each indicator, the most valuable first, with its share of the whole."""
    whole_fen = int(totals["value_fen"].sum()) or 1
    rows = [
        {
            "indicator": str(row.indicator),
            "label": indicator_label(str(row.indicator)),
            "quantity": float(row.quantity),
            "unit": str(row.unit),
            "value_fen": int(row.value_fen),
            "share": int(row.value_fen) / whole_fen,
        }
        for row in totals.itertuples()
    ]
    return sorted(rows, key=lambda row: -row["value_fen"])


def missing_indicators(rows: list[dict[str, Any]]) -> str:
    """Return the names, in one text, of the indicators that an account with these rows does not cover yet."""
    covered = {row["indicator"] for row in rows}
    names = [str(label) for indicator, label in INDICATORS.items() if indicator not in covered]
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
        "areas": [row["name"] for row in shown],
        "series": [
            {
                "name": row["label"],
                "values": [area["values_fen"].get(row["indicator"], 0) / FEN_PER_WAN_YUAN for area in shown],
            }
            for row in indicators
        ],
    }
