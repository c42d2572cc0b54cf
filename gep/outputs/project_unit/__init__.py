"""What a project unit is worth (VEP) in files of its own: a workbook, a paper, a summary. Never added to a GEP."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.fonts import NoChineseFont
from core.typesetting import typeset
from gep.outputs.money import exact, wan
from gep.outputs.project_unit import workbook
from gep.outputs.statement import SYNTHETIC, code_version
from gep.outputs.words import GROUPS
from gep.unit_files import UnitValue

TEMPLATE = Path(__file__).with_name("paper.typ")
APART = "特定地域单元生态产品价值为独立核算，不与 GEP 相加。 An account of its own, never added to GEP."
STATED = "收入、贴现率与可比案例由项目方提供，平台只核对形式。 Figures are the project's own statements."


@dataclass(frozen=True)
class Written:
    """The files by name, and a sentence for each that could not be written."""

    paths: Mapping[str, Path]
    refusals: tuple[str, ...]


def write_all(found: UnitValue, folder: Path) -> Written:
    """Write ``vep.json``, ``vep.xlsx`` and ``vep.pdf``; the last is refused where there is no Chinese font."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / name for name in ("vep.json", "vep.xlsx", "vep.pdf")}
    paths["vep.json"].write_text(json.dumps(summary(found), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    workbook.write(found, paths["vep.xlsx"], labels=labels(found))
    try:
        paths["vep.pdf"].write_bytes(typeset(TEMPLATE, paper(found))[0])
    except NoChineseFont as error:
        return Written({name: path for name, path in paths.items() if name != "vep.pdf"}, (str(error),))
    return Written(paths, ())


def labels(found: UnitValue) -> tuple[str, ...]:
    """Return what every file must say about the value."""
    return (*((SYNTHETIC,) if found.unit.synthetic else ()), APART)


def summary(found: UnitValue) -> dict[str, Any]:
    """Return the value for programs, fit for JSON; fen are whole numbers, rates and prices texts."""
    unit = found.unit
    return {
        "name": unit.name,
        "place": unit.place,
        "first_year": unit.first_year,
        "years": unit.years,
        "discount_rate": str(unit.discount_rate) if unit.products else None,
        "labels": list(labels(found)),
        "income_fen": found.income.fen if found.income else None,
        "comparables_fen": found.comparables.fen if found.comparables else None,
        "products": {
            product.name: {
                "group": product.group, "payer": product.payer, "net_income_fen": list(product.net_income_fen),
                "present_fen": list(found.present_fen[product.name]),
                "value_fen": found.income.by_product_fen[product.name] if found.income else None,
            }
            for product in unit.products
        },
        "comparables": {
            like.name: {
                "yuan_per_unit": str(like.yuan_per_unit),
                "factors": {name: str(factor) for name, factor in like.factors.items()},
                "adjusted_yuan_per_unit": f"{float(like.adjusted()):.6f}",
            }
            for like in unit.comparables
        },
        "sources": dict(unit.sources),
        "stated_by": unit.stated_by,
        "sha256": unit.sha256,
        "code_version": code_version(),
    }  # fmt: skip


def paper(found: UnitValue) -> dict[str, Any]:
    """Return the words and figures of the paper."""
    unit = found.unit
    values = [("收益法", found.income), ("市场比较法", found.comparables)]
    return {
        "title": f"{unit.name}特定地域单元生态产品价值报告",
        "name": unit.name,
        "labels": list(labels(found)),
        "facts": [
            ["地点", unit.place],
            ["经营期", f"{unit.first_year}—{unit.first_year + unit.years - 1} 年" if unit.years else "—"],
            ["贴现率", f"{float(unit.discount_rate):.2%}（年末贴现）" if unit.products else "—"],
            ["数据提供", unit.stated_by],
            ["输入校验", f"SHA-256 {unit.sha256[:16]}…"],
            ["程序版本", code_version()],
        ],
        "values": [[name, wan(one.fen), exact(one.fen)] for name, one in values if one],
        "products": [
            [
                product.name, GROUPS[product.group][0], product.payer or "市场出售",
                wan(sum(product.net_income_fen)), wan(found.income.by_product_fen[product.name]),
            ]
            for product in unit.products if found.income
        ],
        "years": [_year(found, year) for year in range(unit.years)],
        "comparables": [
            [
                like.name, f"{like.yuan_per_unit:,}", "、".join(f"{n} {f}" for n, f in like.factors.items()) or "—",
                f"{float(like.adjusted()):,.2f}",
            ]
            for like in unit.comparables
        ],
        "size": f"{unit.size:,} {unit.size_unit}",
        "sources": [[name, source] for name, source in unit.sources.items()],
        "notes": [APART, STATED],
    }  # fmt: skip


def _year(found: UnitValue, year: int) -> list[str]:
    income = sum(product.net_income_fen[year] for product in found.unit.products if year < len(product.net_income_fen))
    present = sum(by_year[year] for by_year in found.present_fen.values() if year < len(by_year))
    return [str(found.unit.first_year + year), wan(income), wan(present)]
