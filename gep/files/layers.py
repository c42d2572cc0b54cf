"""The layers that indicators read: their names, units, plausible ranges; and units of others turned into ours."""

import csv
import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LAYERS = Path(__file__).parents[1] / "layers.csv"
CONVERSIONS = Path(__file__).parents[1] / "unit_conversions.csv"
SAME = {"毫米": "mm", "米": "m", "%": "percent", "％": "percent", "百分比": "percent", "": "", "-": "1", "none": "1"}


class UnknownLayer(ValueError):
    """A layer whose name no indicator reads, or one that is asked for and missing."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer; ``least`` and ``most`` bound what is plausible (NaN: no bound), and reject nothing by themselves.

    ``yearly`` tells whether its values are those of one year, such as rain, and not lasting, such as altitude.
    """

    name: str
    zh: str
    en: str
    unit: str
    least: float
    most: float
    classes: bool
    yearly: bool
    source: str


@functools.cache
def known() -> Mapping[str, Layer]:
    """Return every layer by name, in the order of layers.csv."""
    with LAYERS.open(encoding="utf-8", newline="") as file:
        return {
            row["name"]: Layer(
                name=row["name"], zh=row["zh"], en=row["en"], unit=row["unit"], least=float(row["min"] or math.nan),
                most=float(row["max"] or math.nan), classes=row["kind"] == "classes",
                yearly=row["time"] == "year", source=row["source"],
            )
            for row in csv.DictReader(file)
        }  # fmt: skip


def layer(name: str) -> Layer:
    """Return a layer by name. Raises UnknownLayer, which names those that there are."""
    if name not in known():
        raise UnknownLayer(f"the layer {name!r} is not known; there are {', '.join(known())}")
    return known()[name]


@functools.cache
def conversions() -> Mapping[tuple[str, str], float]:
    """Return the factor that turns the first unit into the second."""
    with CONVERSIONS.open(encoding="utf-8", newline="") as file:
        return {(row["from"], row["to"]): float(row["factor"]) for row in csv.DictReader(file)}


def factor(name: str, *, unit: str) -> float | None:
    """Return what a layer's values in ``unit`` are multiplied by; "" takes the layer's own; None where nobody knows."""
    wanted, stated = layer(name).unit, SAME.get(unit.strip(), unit.strip())
    if stated in ("", wanted):
        return 1.0
    return conversions().get((stated, wanted))
