"""Units as exact multiples of base units, so that a formula that does not give a mass is refused.

Base units: mg, m, L, Wh, min, and one for each thing that is counted. ``kWh``, ``person*day``, ``m/day`` are units.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

MASS = "mg"
_MEASURED = {
    "mg": ("mg", 1), "g": ("mg", 1_000), "kg": ("mg", 1_000_000), "t": ("mg", 1_000_000_000),
    "m": ("m", 1), "km": ("m", 1_000), "L": ("L", 1), "m3": ("L", 1_000), "Wh": ("Wh", 1), "kWh": ("Wh", 1_000),
    "min": ("min", 1), "h": ("min", 60), "day": ("min", 1_440),
}  # fmt: skip
_COUNTED = frozenset({"step", "trip", "item", "sheet", "person", "night", "coin"})


class UnknownUnit(ValueError):
    """No unit has this name."""


@dataclass(frozen=True, slots=True)
class Unit:
    """``scale`` base units; ``powers``: base unit -> power, zero powers left out."""

    scale: Fraction
    powers: Mapping[str, int]

    def times(self, other: "Unit", *, power: int = 1) -> "Unit":
        """Return the product with ``other`` taken to ``power`` (1 or -1)."""
        powers = dict(self.powers)
        for name, count in other.powers.items():
            powers[name] = powers.get(name, 0) + power * count
        return Unit(self.scale * other.scale**power, {name: count for name, count in powers.items() if count})


ONE = Unit(Fraction(1), {})


@cache
def unit(text: str) -> Unit:
    """Return the unit that ``text`` names; UnknownUnit where there is none."""
    over, slash, under = text.partition("/")
    found = ONE
    for name in over.split("*"):
        found = found.times(_single(name))
    return found.times(unit(under), power=-1) if slash else found


def _single(name: str) -> Unit:
    if name == "1":
        return ONE
    if name == "W":
        return unit("Wh/h")
    if name in _COUNTED:
        return Unit(Fraction(1), {name: 1})
    if name not in _MEASURED:
        raise UnknownUnit(f"{name!r} is not a unit")
    base, scale = _MEASURED[name]
    return Unit(Fraction(scale), {base: 1})
