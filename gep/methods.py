"""The method of an account: a profile (data), its switches, and every figure it takes from the coefficient tables."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import regions
from core.coefficients import Coefficient, CoefficientMissing, CoefficientTable, load
from gep import ecosystems
from gep.valuation import Price

HERE = Path(__file__).parent
TABLES = ("water_retention", "soil_retention", "carbon_sequestration", "prices")
INDICATORS = ("water_retention", "soil_retention", "carbon_sequestration")
UNITS = {"water_retention": "m3", "soil_retention": "t", "carbon_sequestration": "t"}
ALLOWED_SWITCHES: dict[str, tuple[Any, ...]] = {
    "clip_negative": (False, True),
    "soil_P_factor": (False, True),
}


class UnknownProfile(ValueError):
    """There is no profile of that name."""


class UnknownSwitch(ValueError):
    """A switch that no profile has, or a value that it cannot take."""


@dataclass(frozen=True)
class Profile:
    """What a norm asks for, as data: switches, and the classes that each indicator leaves out."""

    name: str
    document: str
    zh: str
    switches: Mapping[str, Any]
    out_of_scope: Mapping[str, tuple[str, ...]]
    variants: Mapping[str, tuple[str, ...]]  # of each indicator, in the order of preference


@dataclass
class Method:
    """A profile for one region, year and price year; remembers each figure that was taken, with its source."""

    profile: Profile
    region: str
    year: int
    price_year: int
    taken: dict[tuple[str, str], Coefficient] = field(default_factory=dict)

    def figure(self, table: str, key: str) -> float:
        """Return a figure as of the end of the year. Raises CoefficientMissing, which names table, key, region, day."""
        return float(self._take(table, key, on=date(self.year, 12, 31)).value)

    def price(self, key: str) -> Price:
        """Return a price as of the end of the price year; it keeps the year in which it was stated."""
        return Price.of(self._take("prices", key, on=date(self.price_year, 12, 31)))

    def by_class(self, table: str, prefix: str, *, indicator: str) -> dict[str, float]:
        """Return the figure of each class in the indicator's scope, from the rows ``prefix.<class>``.

        Raises CoefficientMissing for a class in scope that the table has no figure for.
        """
        left_out = self.profile.out_of_scope[indicator]
        wanted = [kind.code for kind in ecosystems.CLASSES if kind.code not in left_out]
        return {code: self.figure(table, f"{prefix}.{code}") for code in wanted}

    def of_class(self, table: str, prefix: str, *, indicator: str, codes: NDArray[np.int16]) -> NDArray[np.float64]:
        """Return the figure of the class of each unit, from the rows ``prefix.<class>``; NaN out of scope.

        Only figures of classes that occur are taken. Raises CoefficientMissing for one in scope without a figure.
        """
        figures = np.full(1_000, np.nan)
        for code in np.unique(codes[self.in_scope(indicator, codes)]).tolist():
            figures[code] = self.figure(table, f"{prefix}.{code}")
        return figures[codes]

    def out_of_scope(self, indicator: str, codes: NDArray[np.int16]) -> NDArray[np.bool_]:
        """Return where a class counts nothing for the indicator; an unknown class (0) is neither in nor out."""
        return np.isin(codes, [int(code) for code in self.profile.out_of_scope[indicator]])

    def in_scope(self, indicator: str, codes: NDArray[np.int16]) -> NDArray[np.bool_]:
        """Return where a class counts for the indicator."""
        return (codes != ecosystems.NO_CLASS) & ~self.out_of_scope(indicator, codes)

    def variants(self, indicator: str) -> tuple[str, ...]:
        """Return the variants of an indicator in the order of preference; the one that a switch asks for alone."""
        asked = self.profile.switches.get(f"{indicator}_variant")
        return (asked,) if asked else self.profile.variants[indicator]

    def switch(self, name: str) -> Any:
        """Return the setting of a switch."""
        return self.profile.switches[name]

    @property
    def unconfirmed(self) -> bool:
        """Whether any figure taken so far is one that nobody confirmed."""
        return any(not row.confirmed for row in self.taken.values())

    def unindexed_prices(self) -> list[str]:
        """Return the prices that are older or younger than the price year, as "key (year)"."""
        rows = [row for (table, _), row in self.taken.items() if table == "prices"]
        return sorted(f"{row.key} ({row.valid_from.year})" for row in rows if row.valid_from.year != self.price_year)

    def figures(self) -> list[dict[str, str]]:
        """Return every figure taken, in order, with unit, source, locator and tag; fit for JSON."""
        return [
            {
                "table": table,
                "key": key,
                "value": str(row.value),
                "unit": row.unit,
                "per": row.per,
                "region": row.region,
                "source": row.source,
                "locator": row.locator,
                "tag": row.tag,
            }
            for (table, key), row in sorted(self.taken.items())
        ]

    def _take(self, table: str, key: str, *, on: date) -> Coefficient:
        row = _table(table).at(key, regions=regions.chain(self.region), on=on)
        self.taken[table, key] = row
        return row


def profile(name: str, *, switches: Mapping[str, Any] | None = None) -> Profile:
    """Return a profile with the given switches set. Raises UnknownProfile, UnknownSwitch."""
    path = HERE / "profiles" / f"{name}.toml"
    if not name.isidentifier() or not path.is_file():
        raise UnknownProfile(f"there is no profile {name!r}; there are {', '.join(profile_names())}")
    stated = tomllib.loads(path.read_text(encoding="utf-8"))
    for switch, setting in (switches or {}).items():
        indicator = switch.removesuffix("_variant")
        allowed = stated["variants"].get(indicator) if indicator != switch else ALLOWED_SWITCHES.get(switch)
        if setting not in (allowed or ()):
            raise UnknownSwitch(f"switch {switch} = {setting!r}; allowed: {allowed or 'no such switch'}")
    return Profile(
        name=stated["name"],
        document=stated["document"],
        zh=stated["zh"],
        switches={**stated["switches"], **(switches or {})},
        out_of_scope={indicator: tuple(codes) for indicator, codes in stated["out_of_scope"].items()},
        variants={indicator: tuple(names) for indicator, names in stated["variants"].items()},
    )


def profile_names() -> list[str]:
    """Return the names of the profiles there are."""
    return sorted(path.stem for path in (HERE / "profiles").glob("*.toml"))


def tables_digest() -> str:
    """Return one SHA-256 over the coefficient tables and profiles: other figures, other digest."""
    digest = hashlib.sha256()
    for path in sorted([*(HERE / "coefficients").glob("*.csv"), *(HERE / "profiles").glob("*.toml")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _table(name: str) -> CoefficientTable:
    return load(HERE / "coefficients" / f"{name}.csv")


__all__ = [
    "INDICATORS",
    "UNITS",
    "CoefficientMissing",
    "Method",
    "Profile",
    "UnknownProfile",
    "UnknownSwitch",
    "profile",
]
