"""Write docs/methods/ACT.md for every act from catalogue, tables and worked cases."""

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from core import coefficients, regions
from greenpoints.quantification import parameters, traces, worked_cases
from greenpoints.quantification.acts import ACTS, DERIVED, Act
from greenpoints.quantification.bases import Basis
from greenpoints.quantification.figures import Decision, Figure
from greenpoints.quantification.parameters import DECIDABLE, FOLDER, LIMITS, Parameters

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "methods"
EDITION = date(2026, 11, 1)  # the day whose figures the pages show
GROUPS = {
    "G1": "a vehicle is on one channel a month, driving (M09) or charging (M10), and a record of either voids a day"
          " without driving (M13, M14) of that vehicle and day",
    "G2": "one ride a minute; steps within a ride are taken off",
    "G3": "one meter and period serves one of H01, H02 and H03",
    "G4": "own solar power used at home (H06) is consumption in H01",
    "G5": "a weighed record of the day (W02 to W05) replaces the drop-off (W01)",
    "G6": "the same act at one place within five minutes is one event, whoever reports it",
}  # fmt: skip


def page(act: Act) -> str:
    """Return the page of an act as Markdown."""
    return "\n".join([*_head(act), *_figures(act), *_limits(act), *_case(act)]) + "\n"


def approved(day: date) -> Parameters:
    """Return the factor set TEST-2022: the tables as they stand, every unconfirmed figure approved."""
    decisions = [
        Decision(
            table=table, key=row.key, value=f"{row.value:f}", unit=row.unit, per=row.per, source=row.source,
            locator=row.locator, effective_on=row.valid_from, reference="TEST-2022",
        )
        for table in DECIDABLE
        for row in coefficients.load(FOLDER / f"{table}.csv").rows()
        if row.tag == "U"
    ]  # fmt: skip
    return parameters.in_force(day, decided=tuple(decisions))


def _head(act: Act) -> Iterator[str]:
    why = worked_cases.of_each_act()[act.code]
    yield f"# {act.code} {act.zh} · {act.en}"
    yield ""
    yield "<!-- Written by `python -m tooling.method_pages` from worked_cases.toml, acts.toml and coefficients/. -->"
    yield ""
    yield f"{why.why_zh} {why.why_en}"
    yield ""
    for material in act.materials if len(act.formulas) > 1 else ("",):
        yield from _formula(act, material)
    yield f"Counted in whole `{act.unit}`; milligrams are rounded down once."
    yield from _record(act)
    yield ""
    evidence = ", ".join(f"`{kind}` class {letter}" for kind, letter in act.evidence.items())
    yield f"Evidence: {evidence}. Discounts by class: A 1.0, B 0.9, C 0.5, D 0."
    if act.groups:
        yield "Exclusion: " + "; ".join(f"{group}, {GROUPS[group]}" for group in act.groups) + "."
    if act.account == "unit":
        yield "The reduction belongs to the unit, not to the people in it."
    tradable = "in principle, with its method on file and every figure confirmed" if act.tradable else "no"
    yield f"Tradable: {tradable}."
    yield ""


def _record(act: Act) -> Iterator[str]:
    left_out = ", may be left out"
    told = [
        f"`{name}` ({measure.unit_for(act.material_or_default(''))}{'' if measure.required else left_out})"
        for name, measure in act.measures.items()
    ]
    if told:
        yield f"A record also carries {', '.join(told)}."
    for name, what, required in (
        ("asset_ref", act.asset, act.asset_required),
        ("counterpart_ref", act.counterpart, act.counterpart_required),
    ):
        if what:
            yield f"`{name}` names the {what}{'' if required else ', where it is known'}."


def _unit(text: str) -> str:
    return "" if text == "1" else f" {text}"


def _formula(act: Act, material: str) -> Iterator[str]:
    formula = act.formula(material)
    yield f"Formula{f' ({material})' if material else ''}, in gCO2e, never below 0:"
    yield ""
    yield "```"
    for name in ("baseline", "project", "leakage", "most"):
        if getattr(formula, name):
            yield f"{name:<8} = {getattr(formula, name)}"
    if formula.zero_below:
        yield f"nothing where {formula.zero_below[0]} < {formula.zero_below[1]}"
    if formula.zero_up_to:
        yield f"nothing where {formula.zero_up_to[0]} <= {formula.zero_up_to[1]}"
    words = formula.baseline.split() + formula.project.split()
    for name in DERIVED:
        if name in words:
            yield f"{name} = {DERIVED[name]}"
    yield "```"
    yield ""


def _bases(act: Act) -> list[Basis]:
    in_force = parameters.in_force(EDITION)
    evidence = next(iter(act.evidence))
    return [in_force.basis(act.code, material=material, evidence=evidence) for material in act.materials or ("",)]


def _figures(act: Act) -> Iterator[str]:
    yield f"## Figures on {EDITION.isoformat()}"
    yield ""
    yield "| name | value | per | source | tag |"
    yield "|---|---|---|---|---|"
    rows: dict[tuple[str, str], Figure] = {}
    for basis in _bases(act):
        for name, figure in basis.figures.items():
            rows.setdefault((name, figure.key), figure)
    for (name, key), row in rows.items():
        told = f"`{key}`" if name == "factor" else f"`{name}`"
        yield f"| {told} | {row.value}{_unit(row.unit)} |{_unit(row.per)} | `{row.source}`: {row.locator} | {row.tag} |"
    coins = _bases(act)[0].coins
    if coins:
        yield f"| coins | {coins.value} {coins.unit} | {coins.per} | `{coins.source}`: {coins.locator} | {coins.tag} |"
    yield ""
    yield "A figure with tag U is unconfirmed: until the board approves it the reduction is shown, and 0 mg is posted."
    yield ""


def _limits(act: Act) -> Iterator[str]:
    yield "## Limits"
    yield ""
    table = coefficients.load(FOLDER / f"{LIMITS}.csv")
    keys = [key for key in table.keys() if key.split(".")[0] in {act.code, act.limits_key}]  # noqa: SIM118
    if not keys:
        yield "None."
    else:
        yield "| limit | value | source |"
        yield "|---|---|---|"
    for key in keys:
        row = table.at(key, regions=regions.chain(regions.FUZHOU), on=EDITION)
        yield f"| `{key}` | {row.value:f}{_unit(row.unit)} / {row.per} | `{row.source}`: {row.locator} |"
    yield ""


def _case(act: Act) -> Iterator[str]:
    case = worked_cases.of_each_act()[act.code]
    basis = approved(EDITION).basis(act.code, material=case.material, evidence=case.evidence)
    told = traces.trace(basis, quantity=case.quantity, measures=case.measures)
    yield "## Worked example"
    yield ""
    number, coins = (f"{case.case}: " if case.case else ""), (f", and {case.coins} coins" if case.coins else "")
    gross, net = f"**{case.gross_mg / 1000:.3f} g**", f"**{case.net_mg / 1000:.3f} g**"
    yield f"{number}{gross} before the discount of class {basis.letter}, {net} after it{coins};"
    yield "every figure approved, electricity of 2022."
    yield ""
    yield "| step | formula | value |"
    yield "|---|---|---|"
    for step in told.steps:
        if step.code != "figure" and not (step.code == "coins" and not case.coins):
            yield f"| {step.en} | {f'`{step.formula}`' if step.formula else ''} | {step.value} |"


def main(arguments: Sequence[str]) -> int:
    """Write the pages; with ``--check`` only say which are not up to date."""
    stale = [act for act in ACTS.values() if _text(act) != page(act)]
    for act in stale:
        if "--check" in arguments:
            print(f"{act.code}: not up to date")
        else:
            (PAGES / f"{act.code}.md").write_text(page(act), encoding="utf-8")
    return int("--check" in arguments and bool(stale))


def _text(act: Act) -> str:
    path = PAGES / f"{act.code}.md"
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
