"""The rules of each act as people read them: factor, caps, evidence, source, and what nobody confirmed yet."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from core import coefficients, regions
from core.coefficients import Coefficient, CoefficientMissing
from greenpoints.quantification.acts import ACTS, Act
from greenpoints.quantification.parameters import FOLDER, UNCONFIRMED, Parameters
from greenpoints.queries import factors
from web import figures


def told(*, on: date) -> list[dict[str, Any]]:
    """Return every act of the catalogue with the figures in force on the day, in the language of the page."""
    in_force = factors.in_force_on(on)
    return [rule(act, in_force, on=on) for act in ACTS.values()]


def rule(act: Act, in_force: Parameters, *, on: date) -> dict[str, Any]:
    """Return one act: name, factors, daily caps, evidence classes with discounts, coins of their own."""
    return {
        "code": act.code,
        "label": act.zh if figures.reads_chinese() else act.en,
        "factors": [found for m in act.materials or ("",) if (found := factor(act, m, in_force)) is not None],
        "confirmed": all(not _unapproved(act, material, in_force) for material in act.materials or ("",)),
        "caps": caps(act, on=on),
        "evidence": [evidence(letter, on=on) for letter in sorted(set(act.evidence.values()))],
        "flat": row("points_rules", act.code, on=on),
    }


def row(table: str, key: str, *, on: date) -> dict[str, Any] | None:
    """Return a figure with its source and whether it is confirmed; None where the table has none that day."""
    try:
        found: Coefficient = coefficients.load(FOLDER / f"{table}.csv").at(
            key, regions=regions.chain(regions.FUZHOU), on=on
        )
    except CoefficientMissing:
        return None
    return {
        "value": f"{found.value:f}",
        "unit": unit(found.unit),
        "per": unit(found.per),
        "source": coefficients.source_title(found.source),
        "locator": found.locator,
        "confirmed": found.tag != UNCONFIRMED,
    }


def factor(act: Act, kind: str, in_force: Parameters) -> dict[str, Any] | None:
    """Return the factor in force of an act, or of one of its materials; None where its formula goes another way."""
    found = in_force.factors.get(act.factor_key(kind))
    if found is None:
        return None
    return {
        "value": found.value,
        "unit": unit(found.unit),
        "per": unit(found.per),
        "source": coefficients.source_title(found.source),
        "locator": found.locator,
        "confirmed": found.approved,
        "material": material(kind),
    }


def material(kind: str) -> str:
    """Return a material of an act in words."""
    names = {
        "carton": _("纸箱"), "mixed": _("混合"), "pet": "PET", "hdpe": "HDPE", "pp": "PP", "steel": _("钢铁"),
        "aluminium": _("铝"), "copper": _("铜"), "glass": _("玻璃"), "phone": _("手机"),
        "phone_published_case": _("手机（公布的案例）"),
        "power": _("电"), "gas": _("燃气"), "water": _("水"), "electric": _("电热"),
    }  # fmt: skip
    return str(names.get(kind, kind))


def _unapproved(act: Act, material: str, in_force: Parameters) -> tuple[str, ...]:
    evidence = next(iter(act.evidence))
    return in_force.basis(act.code, material=material, evidence=evidence).unapproved


def caps(act: Act, *, on: date) -> list[dict[str, Any]]:
    """Return the daily caps of an act: how much of it, how many records."""
    names = ("day_quantity", "day_count")
    found = (
        row("limits", f"{key}.{name}", on=on) for key in dict.fromkeys((act.code, act.limits_key)) for name in names
    )
    return [cap for cap in found if cap is not None]


def evidence(letter: str, *, on: date) -> dict[str, Any]:
    """Return a class of evidence: its letter, what it means, the share of the reduction that it earns."""
    words = {
        "A": _("系统签名记录"),
        "B": _("称重、传感或人工扫码"),
        "C": _("声明，有旁证"),
        "D": _("自报，只记积分"),
    }
    discount = row("evidence_discounts", letter, on=on) or {}
    return discount | {"letter": letter, "meaning": words[letter]}


def unit(code: str) -> str:
    """Return a unit of the tables in words."""
    words = {
        "step": _("步"), "km": "km", "m": "m", "trip": _("次"), "item": _("件"), "day": _("天"), "kg": "kg", "g": "g",
        "coin": _("碳币"), "record": _("次"), "person-day": _("人·天"), "person-month": _("人·月"),
        "min": _("分钟"), "h": _("小时"), "person": _("人"), "sheet": _("张"), "night": _("晚"),
        "person*day": _("人·天"),
        "asset-day": _("每件设施·天"), "asset-month": _("每件设施·月"),
    }  # fmt: skip
    return str(words.get(code, code))
