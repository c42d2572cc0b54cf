"""What the report says, page by page, as text that is ready to print; the template only lays it out."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from core.coefficients import source_title
from core.units import M2_PER_KM2
from gep import methods
from gep.method_profiles import indicator_list
from gep.outputs import money, summary, sums, words
from gep.outputs.money import FEN_PER_WAN, FEN_PER_YI
from gep.outputs.statement import ALLOCATED, Statement
from gep.outputs.sums import AreaSum
from gep.uncertainty import Interval

MOST_KEY_FIGURES = 6
MOST_AREAS = 20  # bars and rows of one page


def data(statement: Statement) -> dict[str, Any]:
    """Return the report's words and figures, fit for JSON."""
    method, region = statement.account.method, sums.whole(statement.account)
    sources = sorted({row["source"] for row in method.figures()})
    return {
        "title": statement.title,
        "name": statement.name,
        "place": statement.place,
        "year": str(statement.year),
        "labels": list(statement.labels),
        "facts": _facts(statement, region),
        "key_figures": _key_figures(statement, region),
        "total": {
            "wan": money.wan(region.total_fen),
            "interval": _interval(statement.total_interval),
            "grade": summary.grade(statement.account) or "",
        },
        "indicators": list(_indicators(statement, region)),
        "counties": _areas(statement, "county"),
        "towns": _areas(statement, "town"),
        "ecosystems": _ecosystems(statement),
        "left_out": _left_out(statement),
        "method": f"{method.profile.document}《{method.profile.zh}》",
        "formulas": _formulas(statement),
        "figures": _figures(statement, sources),
        "sources": [source_title(name) for name in sources],
        "unindexed": method.unindexed_prices(),
        "inputs": [{"name": given.name, "sha256": given.sha256, "label": given.label} for given in statement.inputs],
        "figures_sha256": methods.tables_digest(),
        "code_version": statement.code_version,
        "example": _example(statement),
        "allocated": ALLOCATED,
    }


def readable(quantity: float) -> str:
    """Return a quantity with 万 or 亿 where it is long: 100530230.4 is 1.0053 亿."""
    for size, word in ((1e8, " 亿"), (1e4, " 万")):
        if abs(quantity) >= size:
            return f"{quantity / size:,.4g}{word}" if abs(quantity) < size * 1e4 else f"{quantity / size:,.0f}{word}"
    return f"{quantity:,.2f}"


def _facts(statement: Statement, region: AreaSum) -> list[tuple[str, str]]:
    method = statement.account.method
    return [
        ("核算区域", f"{statement.place}（{statement.region}）"),
        ("核算年份", f"{statement.year} 年，价格年份 {statement.price_year} 年"),
        ("核算方法", f"{method.profile.document} {method.profile.zh}"),
        ("核算单元", f"{region.parcels:,} 个图斑，{region.area_m2 / M2_PER_KM2:,.2f} km²"),
        ("坐标系", statement.crs),
        ("程序版本", statement.code_version),
    ]


def _key_figures(statement: Statement, region: AreaSum) -> list[dict[str, str]]:
    """Five or six figures that a reader takes away."""
    account = statement.account
    by_group = [(group, sum(region.fen[name] for name in names))
                for group, names in words.indicators_by_group(frozenset(account.results))]  # fmt: skip
    largest = max(region.fen, key=lambda name: region.fen[name])
    figures = [
        ("生态产品总值", money.yi(region.total_fen, decimals=2), "亿元", f"{money.exact(region.total_fen)} 元"),
        ("单位面积价值", f"{region.total_fen / FEN_PER_WAN / (region.area_m2 / M2_PER_KM2):,.1f}", "万元/km²",
         f"总面积 {region.area_m2 / M2_PER_KM2:,.2f} km²"),
    ]  # fmt: skip
    if drawn := statement.account.simulation:
        bounds = [money.yi(bound, decimals=2) for bound in (drawn.total_fen.low95, drawn.total_fen.high95)]
        figures.append(("95% 区间", "–".join(bounds), "亿元", f"{drawn.draws:,} 次模拟"))
    for group, fen in by_group:
        figures.append((words.GROUPS[group][0], money.yi(fen, decimals=2), "亿元", f"占 {_percent(fen, region)}"))
    figures.append(("最大指标", words.name(largest), "", f"占 {_percent(region.fen[largest], region)}"))
    covered = float(np.average(np.nan_to_num(account.parcels.inside_share), weights=account.parcels.area_m2))
    figures.append(("图层覆盖", f"{covered:.1%}", "面积", f"待补数据指标 {len(account.pending)} 个"))
    return [dict(zip(("name", "figure", "unit", "note"), told, strict=True)) for told in figures[:MOST_KEY_FIGURES]]


def _percent(fen: int, region: AreaSum) -> str:
    return f"{fen / region.total_fen:.1%}" if region.total_fen else "—"


def _indicators(statement: Statement, region: AreaSum) -> Iterator[dict[str, Any]]:
    for group, names in words.indicators_by_group(frozenset(statement.account.results)):
        for name in names:
            listed, result = indicator_list()[name], statement.account.results[name]
            yield {
                "group": group,
                "group_zh": words.GROUPS[group][0],
                "zh": listed.zh,
                "en": listed.en,
                "physical": "" if result.unit == sums.IN_YUAN else readable(region.quantity[name]),
                "unit": "" if result.unit == sums.IN_YUAN else words.UNITS[result.unit],
                "wan": money.wan(region.fen[name]),
                "yi": region.fen[name] / FEN_PER_YI,
                "yi_text": money.yi(region.fen[name], decimals=3),
                "share": _percent(region.fen[name], region),
                "interval": _interval(statement.value_interval(name)),
                "grade": result.grade,
            }


def _interval(found: Interval | None) -> str:
    return f"{money.wan(found.low95, decimals=0)} – {money.wan(found.high95, decimals=0)}" if found else ""


def _areas(statement: Statement, level: str) -> list[dict[str, Any]]:
    """The areas of a level, the most valuable first; beyond a page's worth, the others as one."""
    found = sorted(
        sums.by_area(statement.account, level=level).values(), key=lambda area: (-area.total_fen, area.code)
    )  # fmt: skip
    rows = [_area(statement, area) for area in found[:MOST_AREAS]]
    others = found[MOST_AREAS:]
    if others:
        fen, area_m2 = sum(area.total_fen for area in others), sum(area.area_m2 for area in others)
        rows.append(_row(f"其余 {len(others)} 个", fen, area_m2))
    return rows


def _area(statement: Statement, area: AreaSum) -> dict[str, Any]:
    name = statement.area_name(area.code) or area.code or "（未注明）"
    return _row(name, area.total_fen, area.area_m2)


def _row(name: str, fen: int, area_m2: float) -> dict[str, Any]:
    density = fen / FEN_PER_WAN / (area_m2 / M2_PER_KM2) if area_m2 else None
    return {
        "name": name,
        "area": f"{area_m2 / M2_PER_KM2:,.2f}",
        "wan": money.wan(fen),
        "yi": fen / FEN_PER_YI,
        "yi_text": money.yi(fen, decimals=3),
        "density": "" if density is None else f"{density:,.1f}",
    }


def _ecosystems(statement: Statement) -> list[dict[str, Any]]:
    found = summary.by_ecosystem(statement).values()
    rows = sorted(found, key=lambda told: (-told["total_fen"], told["name"]))
    return [_row(told["name"], told["total_fen"], told["area_m2"]) for told in rows]


def _left_out(statement: Statement) -> list[dict[str, str]]:
    return [
        {
            "zh": told["zh"],
            "status": "待补数据" if told["status"] == summary.PENDING else "本方法不计",
            "lacking": words.needed(told["lacking"]),
        }
        for told in summary.indicators(statement).values()
        if told["status"] != summary.ACCOUNTED
    ]


def _formulas(statement: Statement) -> list[dict[str, str]]:
    return [
        {"zh": words.name(name), "variant": result.variant, "formula": words.formula(name, result.variant).zh}
        for name, result in statement.account.results.items()
    ]


def _figures(statement: Statement, sources: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "key": f"{row['table']}.{row['key']}",
            "value": row["value"],
            "unit": f"{row['unit']}/{row['per']}" if row["per"] not in ("1", row["unit"]) else row["unit"],
            "source": sources.index(row["source"]) + 1,
            "locator": row["locator"],
            "tag": row["tag"],
        }
        for row in statement.account.method.figures()
    ]


def _example(statement: Statement) -> Mapping[str, Any]:
    """One parcel, explained: the most valuable one, its quantities, prices and values."""
    account = statement.account
    total = sum((found.value_fen for found in account.results.values()), np.zeros(len(account.parcels), np.int64))
    most = np.flatnonzero(total == total.max())
    chosen = int(most[np.argmin(account.parcels.codes[most])])  # of equals the first by id, in whatever order they came
    lines = []
    for name, result in account.results.items():
        quantity, fen = float(result.quantity[chosen]), int(result.value_fen[chosen])
        lines.append({
            "zh": words.name(name),
            "physical": "缺数据" if np.isnan(quantity) else f"{quantity:,.2f} {words.UNITS[result.unit]}",
            "price": f"{result.yuan_per_unit:,.6g} 元/{words.UNITS[result.unit]}" if result.prices else "统计分摊",
            "yuan": money.exact(fen),
            "coverage": f"{float(result.coverage_share[chosen]):.1%}",
        })  # fmt: skip
    return {
        "code": str(account.parcels.codes[chosen]),
        "ecosystem": words.class_name(str(account.parcels.ecosystem[chosen])),
        "area": f"{account.parcels.area_m2[chosen]:,.1f} m²",
        "inside": f"{account.parcels.inside_share[chosen]:.1%}",
        "lines": lines,
        "total": money.exact(int(total[chosen])),
    }
