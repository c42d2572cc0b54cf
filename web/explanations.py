"""A parcel's account in words: the formula, the inputs, the figures with their sources, the coverage, the grade."""

import math
from typing import Any

from django.utils.translation import gettext as _

from gep.method_profiles import Listed, indicator_list
from gep.parcel_explanations import Explanation, UnitExplained
from gep.queries import AccountView, LineView
from web import accounts_shown, charts, figures
from web.formulas import in_words

INPUTS = "layers"


def lines(found: list[LineView], account: AccountView, *, ecosystem: str) -> list[dict[str, Any]]:
    """Return each line of a parcel with everything that explains it, the most valuable first."""
    told = [explained(line, account, ecosystem=ecosystem) for line in found]
    return sorted(told, key=lambda row: -abs(row["line"].value_fen))


def explained(line: LineView, account: AccountView, *, ecosystem: str) -> dict[str, Any]:
    """Return one line: names, variant and formula in words, price, coefficients of the parcel's class, grade."""
    listed = indicator_list().get(line.indicator)
    variant = account.provenance.get("variants", {}).get(line.indicator, "")
    taken = accounts_shown.figures_taken(account, ecosystem=ecosystem, indicator=line.indicator)
    own = [row for row in taken if row["table"] == line.indicator or concerns(row["key"], line.indicator)]
    grade = getattr(line, "grade", "") or ("C" if any(row["tag"] == "U" for row in own) else "B")
    return {
        "line": line,
        "label": accounts_shown.indicator_label(line.indicator),
        "method": f"docs/methods/{line.indicator}.md",
        "variant": variant_label(listed, variant),
        "formula": in_words(line.indicator, variant),
        "inputs": inputs_of(listed, variant, account),
        "yuan_per_unit": account.provenance.get("yuan_per_unit", {}).get(line.indicator),
        "figures": own,
        "grade": grade,
        "grade_label": accounts_shown.GRADES[grade],
        "tone": {"A": "yes", "B": "", "C": "no"}[grade],
    }


def concerns(price: str, indicator: str) -> bool:
    """Return whether a row of the price table is for an indicator: its key begins with one of the indicator's words."""
    return any(price.startswith(word) for word in PRICES.get(indicator, ()))


# The beginnings of the keys of prices.csv that an indicator is valued by.
PRICES = {
    "water_retention": ("reservoir",), "flood_mitigation": ("reservoir",), "carbon_sequestration": ("carbon",),
    "soil_retention": ("dredging", "nitrogen", "phosphorus"), "oxygen_release": ("oxygen",),
    "air_purification": ("so2", "nox", "dust", "air"), "water_purification": ("cod", "nh3", "tn", "tp"),
    "climate_regulation": ("electricity",), "energy": ("electricity",), "water_supply": ("water",),
}  # fmt: skip


def variant_label(listed: Listed | None, variant: str) -> str:
    """Return the name of the way an indicator was calculated; the methods know it in Chinese, English says its code."""
    if listed is None or variant not in listed.variants:
        return variant.replace("_", " ")
    return listed.variants[variant].zh if figures.reads_chinese() else variant.replace("_", " ")


def inputs_of(listed: Listed | None, variant: str, account: AccountView) -> list[str]:
    """Return the layers and statistics that the calculation read."""
    if listed is None or variant not in listed.variants:
        return []
    way = listed.variants[variant]
    return [layer_label(name) for name in ("land_cover", *way.layers)] + list(way.statistics)


def of_land(told: Explanation, found: list[LineView]) -> dict[str, Any]:
    """Return the classes of a parcel with the quantities of each, and what each layer says of it.

    Indicators of which a county's own figure or use of a capacity counts have no quantity by class here.
    """
    names = [line.indicator for line in found if adds_up(told, line)]
    heads = [{"indicator": name, "label": accounts_shown.indicator_label(name)} for name in names]
    rows = [
        {
            "label": charts.ecosystem_label(str(unit.code) if unit.code else ""), "area_m2": unit.area_m2,
            "share": unit.share, "cells": [head | amount_of(unit, head["indicator"]) for head in heads],
        }
        for unit in told.units
    ]  # fmt: skip
    means = [
        {"label": layer_label(mean.layer), "mean": mean.mean, "share": mean.coverage_share} for mean in told.layers
    ]
    return {"classes": rows, "class_heads": heads, "means": means, "same_engine": told.same_engine}


def adds_up(told: Explanation, line: LineView) -> bool:
    """Return whether the terms of the parcel's classes add up to the quantity of a line."""
    own = [term.amount or 0.0 for unit in told.units for term in unit.terms
           if term.own and term.indicator == line.indicator]  # fmt: skip
    return bool(own) and line.quantity is not None and math.isclose(sum(own), line.quantity, rel_tol=1e-6)


def amount_of(unit: UnitExplained, indicator: str) -> dict[str, Any]:
    """Return the quantity of an indicator in a class, over its terms; None where it has none there."""
    own = [term for term in unit.terms if term.indicator == indicator and term.own]
    known = [term.amount for term in own if term.amount is not None]
    return {"quantity": sum(known) if known else None, "unit": own[0].unit if own else ""}


def layers(account: AccountView) -> list[dict[str, str]]:
    """Return every input layer of an account with its label and digest."""
    return [
        {"name": name, "label": layer_label(name), "told": said["label"], "sha256": said["sha256"]}
        for name, said in account.provenance.get(INPUTS, {}).items()
    ]


def layer_label(name: str) -> str:
    """Return the name of a layer in the page's language."""
    return {
        "land_cover": _("土地覆被"), "precipitation_mm": _("年降水量（mm）"),
        "evapotranspiration_mm": _("年蒸散量（mm）"), "storm_precipitation_mm": _("暴雨量（mm）"),
        "rainfall_erosivity": _("降雨侵蚀力"), "soil_erodibility": _("土壤可蚀性"),
        "slope_length_steepness": _("坡长坡度因子"), "usle_c": _("植被覆盖因子 C"),
        "usle_p": _("水土保持措施因子 P"), "dem_m": _("高程（m）"), "vegetation_cover": _("植被覆盖度"),
        "npp_gc_m2": _("净初级生产力（g C/m²）"), "nep_gc_m2": _("净生态系统生产力（g C/m²）"),
        "sand_percent": _("砂粒含量（%）"), "silt_percent": _("粉粒含量（%）"), "clay_percent": _("黏粒含量（%）"),
        "organic_carbon_percent": _("有机碳含量（%）"),
    }.get(name, name)  # fmt: skip
