"""The words of the outputs, Chinese with English: units, groups, statuses, formulas in words."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gep import ecosystems
from gep.accounting.land_changes import OUTSIDE
from gep.files import layers
from gep.method_profiles import indicator_list
from gep.outputs.sums import UNALLOCATED
from gep.statistics import products

FORMULAS = Path(__file__).with_name("formulas.csv")
UNITS = {"m3": "立方米", "t": "吨", "kwh": "千瓦时", "yuan": "元", "": ""}
GROUPS = {
    "provisioning": ("物质供给", "provisioning"),
    "regulating": ("调节服务", "regulating"),
    "cultural": ("文化服务", "cultural"),
}
PARTS = {
    "potential": "潜在侵蚀量", "actual": "实际侵蚀量", "sediment": "减少泥沙淤积", "nitrogen": "保持氮",
    "phosphorus": "保持磷",
    "vegetation": "植被", "lake": "湖泊", "reservoir": "水库", "marsh": "沼泽", "paddy": "水田", "water": "水面",
    "air": "空气降温", "yield": "产水量（核对）",
    "so2": "二氧化硫", "nox": "氮氧化物", "dust": "粉尘", "cod": "化学需氧量", "tn": "总氮", "tp": "总磷",
}  # fmt: skip
TAGS = {"V": "公开文献", "D": "据公开文献推算", "U": "未证实"}
PLACES = {UNALLOCATED: "未分摊", OUTSIDE: "另一年度核算范围外"}  # what stands in the place of a class
GRADES = {"A": "可靠", "B": "可用", "C": "仅供参考"}


@dataclass(frozen=True)
class Formula:
    """What a variant of an indicator calculates, in words."""

    zh: str
    en: str


@cache
def _formulas() -> dict[tuple[str, str], Formula]:
    with FORMULAS.open(encoding="utf-8", newline="") as file:
        return {(row["indicator"], row["variant"]): Formula(row["zh"], row["en"]) for row in csv.DictReader(file)}


def formula(indicator: str, variant: str) -> Formula:
    """Return the formula of a variant in words. Raises KeyError for one that formulas.csv does not tell."""
    return _formulas()[indicator, variant]


def part(column: str) -> tuple[str, str]:
    """Return the Chinese name and the unit of a part's column, such as ``so2_t``."""
    name, _, unit = column.rpartition("_")
    found = products.catalogue().get(name)
    return PARTS.get(name) or (found.zh if found else name), unit


def service(name: str) -> str:
    """Return the Chinese name of an indicator, or of a product or part of one such as ``crops.rice``."""
    indicator, _, product = name.partition(".")
    zh = indicator_list()[indicator].zh
    return f"{zh}·{part(f'{product}_')[0]}" if product else zh


def needed(names: Iterable[str]) -> str:
    """Return what inputs that are lacking are called."""
    return "、".join(_input(name) for name in names)


def _input(name: str) -> str:
    """A layer, a product of statistics, or all products of an indicator."""
    if name in layers.known():
        return f"{layers.known()[name].zh}（{name}）"
    if name in products.catalogue():
        return f"{products.catalogue()[name].zh}统计（{name}）"
    return f"{indicator_list()[name].zh}统计（{name}）" if name in indicator_list() else name


def name(indicator: str) -> str:
    """Return the Chinese name of an indicator."""
    return indicator_list()[indicator].zh


def indicators_by_group(names: frozenset[str]) -> list[tuple[str, list[str]]]:
    """Return the groups that have any of the indicators, with those, in the order of the norm's tables."""
    grouped = [
        (group, [name for name, listed in indicator_list().items() if listed.group == group and name in names])
        for group in GROUPS
    ]
    return [(group, found) for group, found in grouped if found]


def in_order(names: Iterable[str]) -> list[str]:
    """Return the names of indicators in the order of the norm's tables."""
    return [name for _, found in indicators_by_group(frozenset(names)) for name in found]


def class_name(code: str) -> str:
    """Return the Chinese name of an ecosystem class, or of what stands in its place."""
    if code in PLACES:
        return PLACES[code]
    return ecosystems.BY_CODE[code].zh if code in ecosystems.BY_CODE else "未知类型"
