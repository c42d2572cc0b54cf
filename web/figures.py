"""Numbers as people read them, in the reader's language, each as a value and its unit."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from django.utils.translation import get_language, gettext

FEN_PER_YUAN = 100
M2_PER_KM2 = 1_000_000
M2_PER_HECTARE = 10_000
MG_PER_KG = 1_000_000


class Figure(NamedTuple):
    """A number ready to print: digits with separators, and the unit beside them."""

    digits: str
    unit: str

    def __str__(self) -> str:
        return f"{self.digits} {self.unit}".strip()


def grouped(number: int | float | Decimal, *, places: int = 0) -> str:
    """Return ``number`` rounded half up to ``places`` decimals, thousands separated by commas."""
    return f"{Decimal(str(number)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP):,f}"


def reads_chinese() -> bool:
    """Return whether the page is in Chinese, where large numbers are counted in 万 and 亿."""
    return (get_language() or "zh").startswith("zh")


def money(fen: int) -> Figure:
    """Return an exact amount: 1234567 fen is 12,345.67 元."""
    return Figure(grouped(Decimal(fen) / FEN_PER_YUAN, places=2), gettext("元"))


def large_money(fen: int) -> Figure:
    """Return an amount in the largest usual unit: 万元 and 亿元, or million and billion yuan."""
    yuan = Decimal(fen) / FEN_PER_YUAN
    steps = (("亿元", 10**8), ("万元", 10**4)) if reads_chinese() else (("bn CNY", 10**9), ("m CNY", 10**6))
    for unit, size in steps:
        if abs(yuan) >= size:
            return Figure(grouped(yuan / size, places=2), unit)
    return money(fen)


def area(m2: float) -> Figure:
    """Return an area in km² from 10 km² up, in hectares below, in m² below a hectare."""
    if m2 >= 10 * M2_PER_KM2:
        return Figure(grouped(m2 / M2_PER_KM2, places=1), "km²")
    if m2 >= M2_PER_HECTARE:
        return Figure(grouped(m2 / M2_PER_HECTARE, places=2), gettext("公顷"))
    return Figure(grouped(m2), "m²")


def mu(m2: float) -> Figure:
    """Return an area in 亩; one is exactly 1/15 of a hectare."""
    return Figure(grouped(m2 * 15 / M2_PER_HECTARE, places=2), gettext("亩"))


def carbon(mg: int) -> Figure:
    """Return a mass of CO2 equivalent: tonnes from one tonne up, else kilograms."""
    kg = Decimal(mg) / MG_PER_KG
    if abs(kg) >= 1000:
        return Figure(grouped(kg / 1000, places=2), "t CO₂e")
    return Figure(grouped(kg, places=3), "kg CO₂e")


def whole(number: int) -> Figure:
    """Return a count."""
    return Figure(grouped(number), "")


def coins(number: int) -> Figure:
    """Return an amount of 绿宝 coins."""
    return Figure(grouped(number), gettext("碳币"))


def percent(share: float) -> Figure:
    """Return a share between 0 and 1 as a percentage."""
    return Figure(grouped(Decimal(str(share)) * 100, places=1), "%")


UNITS = {"m3": "m³", "m2": "m²", "kwh": "kWh", "hm2": "hm²"}


def quantity(number: float, unit: str, *, of: str = "") -> Figure:
    """Return a physical amount in the largest usual step: 万 and 亿, or thousand and million; carbon as CO2."""
    if unit == "yuan":
        return large_money(round(number * FEN_PER_YUAN))
    shown = unit_sign(unit, of=of)
    steps = (("亿", 10**8), ("万", 10**4)) if reads_chinese() else (("bn ", 10**9), ("m ", 10**6), ("k ", 10**3))
    for name, size in steps:
        if abs(number) >= size:
            return Figure(grouped(number / size, places=2), f"{name}{shown}")
    return Figure(grouped(number, places=0 if abs(number) >= 100 else 3), shown)


def unit_sign(unit: str, *, of: str = "") -> str:
    """Return a unit as people write it: m3 is m³; tonnes of carbon sequestration are of CO2."""
    if unit == "yuan":
        return gettext("元")
    return "t CO₂" if unit == "t" and of == "carbon_sequestration" else UNITS.get(unit, unit)


def ready(figure: Figure) -> Figure:
    """Return a figure that is printable already."""
    return figure


KINDS: dict[str, Callable[[Any], Figure]] = {
    "money": money, "large_money": large_money, "area": area, "mu": mu, "carbon": carbon, "whole": whole,
    "coins": coins, "percent": percent, "ready": ready,
}  # fmt: skip
