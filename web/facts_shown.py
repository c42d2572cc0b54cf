"""The facts of a claim in words: what each is called, and its value as people read it."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from web import figures, regions_shown

LABELS = {
    "sale.settled_on": gettext_lazy("交易结清日"),
    "sale.price_fen": gettext_lazy("成交价"),
    "sale.county_code": gettext_lazy("地块所在县区"),
    "sale.seller_county_code": gettext_lazy("转让方所在县区"),
    "sale.same_party": gettext_lazy("转让方与受让方为同一主体"),
    "sale.gep_value_fen": gettext_lazy("地块 GEP 价值"),
}


def told(name: str, value: Any) -> dict[str, str]:
    """Return a fact of the rule as ``label`` and ``value`` in words; a name that nobody has put in words stays."""
    return {"label": str(LABELS.get(name, name)), "value": in_words(name, value)}


def in_words(name: str, value: Any) -> str:
    """Return the value of a fact: yes or no, a date, yuan, the name of a county; a dash where it is unknown."""
    if value is None:
        return _("尚不清楚")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if name.endswith("_fen"):
        return str(figures.money(int(value)))
    if name.endswith("_on"):
        return day_in_words(str(value))
    if name.endswith("county_code"):
        return regions_shown.name(str(value))
    return str(value)


def day_in_words(value: str) -> str:
    """Return a day, kept as 20261022 or 2026-10-22, as 2026-10-22; other text as it is."""
    return f"{value[:4]}-{value[4:6]}-{value[6:]}" if len(value) == len("20261022") and value.isdigit() else value
