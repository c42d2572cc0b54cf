"""How one act is counted, as people read it: formula, figures with sources, limits, evidence, a worked case."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core import coefficients
from greenpoints.quantification import names, traces, worked_cases
from greenpoints.quantification.acts import DERIVED, Act
from greenpoints.quantification.figures import Figure
from greenpoints.quantification.parameters import LIMITS, Parameters
from greenpoints.queries import factors
from web import act_rules, figures

_MILLIGRAMS = re.compile(r"(\d+(?:\.\d+)?) mg").fullmatch


def told(act: Act, *, on: date) -> dict[str, Any]:
    """Return everything about an act with the figures in force on the day, in the language of the page."""
    chinese = figures.reads_chinese()
    case, in_force = worked_cases.of_each_act()[act.code], factors.in_force_on(on)
    return {
        "code": act.code,
        "label": act.zh if chinese else act.en,
        "why": case.why_zh if chinese else case.why_en,
        "unit": act_rules.unit(act.unit),
        "formulas": [_formula(act, material) for material in (act.materials if len(act.formulas) > 1 else ("",))],
        "figures": _figures(act, in_force),
        "limits": _limits(act, in_force, on=on),
        "evidence": [
            act_rules.evidence(letter, on=on) | {"kinds": ", ".join(kinds)} for letter, kinds in _by_letter(act).items()
        ],
        "groups": [(group, _groups()[group]) for group in act.groups],
        "of_a_unit": act.account == "unit",
        "tradable": act.tradable,
        "case": _case(act, case, in_force, chinese=chinese),
    }


def _formula(act: Act, material: str) -> dict[str, Any]:
    formula = act.formula(material)
    labels = (
        ("baseline", _("基准排放")), ("project", _("行为自身排放")), ("leakage", _("泄漏")), ("most", _("最多计入")),
    )  # fmt: skip
    parts = [(label, _words(getattr(formula, name))) for name, label in labels if getattr(formula, name)]
    for sides, sign in ((formula.zero_below, "<"), (formula.zero_up_to, "≤")):
        if sides:
            parts.append((_("计零，如果"), _words(f" {sign} ".join(sides))))
    used = f"{formula.baseline} {formula.project}".split()
    derived = [(_words(name), _words(DERIVED[name])) for name in DERIVED if name in used]
    return {"material": act_rules.material(material), "parts": parts, "derived": derived}


def _words(formula: str) -> str:
    return names.in_words(formula, english=not figures.reads_chinese())


def _figures(act: Act, in_force: Parameters) -> list[dict[str, Any]]:
    found: dict[str, tuple[str, Figure]] = {}
    for material in act.materials or ("",):
        basis = in_force.basis(act.code, material=material, evidence=next(iter(act.evidence)))
        for name, figure in basis.figures.items():
            found.setdefault(figure.key, (_factor_name(act, figure.key) if name == "factor" else _words(name), figure))
        if basis.coins:
            found.setdefault("coins", (_("另得碳币"), basis.coins))
    return [
        {
            "name": name,
            "value": figure.value,
            "unit": "" if figure.unit == "1" else act_rules.unit(figure.unit),
            "per": "" if figure.per == "1" else act_rules.unit(figure.per),
            "source": coefficients.source_title(figure.source),
            "locator": figure.locator,
            "confirmed": figure.approved,
            "decision": figure.decision,
        }
        for name, figure in found.values()
    ]


def _factor_name(act: Act, key: str) -> str:
    kind = key.partition(".")[2]
    return f"{_words('factor')} · {act_rules.material(kind)}" if kind else _words("factor")


def _limits(act: Act, in_force: Parameters, *, on: date) -> list[dict[str, Any]]:
    words, found = _limit_names(), []
    for key in in_force.limits:
        of, _dot, name = key.partition(".")
        if of in {act.code, act.limits_key}:
            found.append({"label": words.get(name, name), **(act_rules.row(LIMITS, key, on=on) or {})})
    return found


def _limit_names() -> dict[str, str]:
    return {
        "least": _("一条至少"), "most": _("一条至多"), "slowest": _("最慢"), "fastest": _("最快"),
        "cadence": _("步频最高"),
        "day_quantity": _("每人每天数量"), "day_count": _("每人每天条数"), "month_quantity": _("每人每月数量"),
        "month_count": _("每人每月条数"), "asset_day_quantity": _("同一车辆或设施每天数量"),
        "asset_day_count": _("同一车辆或设施每天条数"), "asset_month_count": _("同一车辆或设施每月条数"),
    }  # fmt: skip


def _grams(value: str) -> str:
    """Return milligrams as grams, anything else as it is."""
    found = _MILLIGRAMS(value)
    return f"{Decimal(found[1]) / 1000:,} g" if found else value


def _by_letter(act: Act) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind, letter in act.evidence.items():
        found.setdefault(letter, []).append(kind)
    return found


def _groups() -> dict[str, str]:
    return {
        "G1": _("一辆车一个月只走行驶或充电一个通道；有其中任一记录的当天，不再计停驶。"),
        "G2": _("同一分钟只计一次出行；出行期间的步数扣除。"),
        "G3": _("同一表计同一时段，H01、H02、H03 只计一项。"),
        "G4": _("自发自用的光伏电量，在 H01 中算作用电。"),
        "G5": _("当天有称重回收（W02 至 W05）的，不再计未称重投放（W01）。"),
        "G6": _("同一地点五分钟内的同一行为是同一事件，不论由谁上报。"),
    }


def _case(act: Act, case: worked_cases.WorkedCase, in_force: Parameters, *, chinese: bool) -> dict[str, Any]:
    basis = in_force.basis(act.code, material=case.material, evidence=case.evidence)
    done = traces.trace(basis, quantity=case.quantity, measures=case.measures)
    steps = [
        {"label": step.zh if chinese else step.en, "formula": _words(step.formula), "value": _grams(step.value)}
        for step in done.steps
        if step.code != "figure" and (step.code != "coins" or done.flat_coins)
    ]
    return {"number": case.case, "steps": steps}
