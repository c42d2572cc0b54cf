"""The method of an account: a profile (data), its switches, and every figure it takes from the coefficient tables."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import regions
from core.coefficients import Coefficient, CoefficientMissing, CoefficientTable, load
from gep import ecosystems, own_figures, price_years
from gep.method_profiles import (
    Profile,
    UnknownProfile,
    UnknownSwitch,
    indicator_list,
    profile,
    profile_names,
    switches,
)
from gep.valuation import Price

HERE = Path(__file__).parent
INDICATORS = tuple(indicator_list())
UNITS = {name: listed.unit for name, listed in indicator_list().items()}


class FigureOfOtherUnit(ValueError):
    """An account's own figure is in another unit than the method's; the text names both."""


@dataclass
class Method:
    """A profile for one region, year and price year; remembers each figure that was taken, with its source.

    ``overrides`` is a table of an account's own; its keys name the table too, as in ``soil_retention.bulk_density``,
    and its rows go before the built-in ones. ``taken`` is by table and the key that was asked for; ``unindexed`` are
    the years of prices that no index brought to the price year.
    """

    profile: Profile
    region: str
    year: int
    price_year: int
    overrides: CoefficientTable | None = None
    taken: dict[tuple[str, str], Coefficient] = field(default_factory=dict)
    unindexed: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse figures of the account's own that would have no effect. Raises FigureUnknown."""
        if self.overrides is not None:
            own_figures.refuse_unknown(self.overrides)

    def figure(self, table: str, key: str) -> float:
        """Return a figure as of the end of the year. Raises CoefficientMissing, which names table, key, region, day."""
        return float(self.coefficient(table, key).value)

    def coefficient(self, table: str, key: str) -> Coefficient:
        """Return a figure as of the end of the year with where it comes from. Raises CoefficientMissing."""
        return self._take(table, key, on=date(self.year, 12, 31))

    def states(self, table: str, key: str) -> bool:
        """Return whether there is such a figure for the region and year; it is not taken by that."""
        on, chain = date(self.year, 12, 31), regions.chain(self.region)
        if self._overriding(table, key, on=on) is not None:
            return True
        try:
            _table(table).at(self._row_key(table, key), regions=chain, on=on)
        except CoefficientMissing:
            return False
        return True

    def price(self, key: str) -> Price:
        """Return a price in yuan of the price year, with the year in which it was stated.

        ``key`` is what is priced ("carbon"); the profile may name another row of prices.csv for it. Where none was
        stated for the year, that of the nearest year is brought to it by its index. Without an index number it stands
        as stated, unconfirmed, and ``unindexed_prices`` tells; or, as the switch of that name asks, IndexMissing.
        """
        on, own = date(self.price_year, 12, 31), True
        row = self._own_price(key, on=on)
        if row is None:
            own, row_key = False, self._row_key("prices", key)
            row = _table("prices").nearest(row_key, regions=regions.chain(self.region), on=on)
        self.unindexed.pop(key, None)
        if not price_years.is_of(row, self.price_year, key=key, own=own):
            row = self._at_price_year(row, key)
        self.taken["prices", key] = row
        return Price.of(row)

    def _own_price(self, key: str, *, on: date) -> Coefficient | None:
        """An account's own price of the price year, or of the year nearest to it."""
        if self.overrides is None:
            return None
        try:
            row = self.overrides.nearest(f"prices.{key}", regions=regions.chain(self.region), on=on)
        except CoefficientMissing:
            return None
        return self._held_against(row, "prices", key, on=on)

    def _at_price_year(self, row: Coefficient, key: str) -> Coefficient:
        try:
            return price_years.at_year(row, self.price_year, key=key, index_number=self._index_number)
        except price_years.IndexMissing as lacking:
            if self.switch("unindexed_prices") == "pending":
                raise
            self.unindexed[key] = row.valid_from.year
            return price_years.as_stated(row, self.price_year, lacking=lacking.figure)

    def _index_number(self, index: str, year: int) -> Coefficient:
        row = self._found(price_years.INDICES, index, on=date(year, 12, 31))
        self.taken[price_years.INDICES, f"{index}@{year}"] = row
        return row

    def by_class(self, table: str, prefix: str, *, indicator: str) -> dict[str, float]:
        """Return the figure of each class in the indicator's scope, from the rows ``prefix.<class>``.

        Raises CoefficientMissing for a class in scope that the table has no figure for.
        """
        left_out = self._left_out(indicator)
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
        """Return where a class counts nothing for the indicator; an unknown class (0) is neither in nor out.

        ``indicator`` may be ``indicator.variant`` or ``indicator.part``; where the profile says nothing of that, the
        indicator's own scope holds.
        """
        if indicator not in self._outside:
            self._outside[indicator] = np.isin(np.arange(1_000), [int(code) for code in self._left_out(indicator)])
        return self._outside[indicator][codes]

    @cached_property
    def _outside(self) -> dict[str, NDArray[np.bool_]]:
        """By scope, whether each code from 0 to 999 is out of it."""
        return {}

    def in_scope(self, indicator: str, codes: NDArray[np.int16]) -> NDArray[np.bool_]:
        """Return where a class counts for the indicator."""
        return (codes != ecosystems.NO_CLASS) & ~self.out_of_scope(indicator, codes)

    def note(self, table: str, row: Coefficient) -> None:
        """Remember a figure that was taken from a table by someone else."""
        self.taken[table, row.key] = row

    def note_crosswalk(self, table: str, scheme: str) -> None:
        """Remember what nobody confirmed of the crosswalk that classes come by: ``land_cover`` or ``land_use``."""
        for row in ecosystems.unconfirmed(table, scheme):
            self.note(
                table,
                Coefficient(
                    key=f"{scheme}.{row['code']}", value=Decimal(row["class"]), unit="class", per="code",
                    region=regions.NATION, valid_from=date.min, valid_to=None, source="gep-proposals",
                    locator=f"crosswalks/{table}.csv, {scheme} {row['version']}", tag=row["tag"],
                ),
            )  # fmt: skip

    def variants(self, indicator: str) -> tuple[str, ...]:
        """Return the variants that can be run for want of no figure, in the profile's order of preference."""
        listed = indicator_list()[indicator]
        if listed.follows:
            return self.variants(listed.follows)
        names = self.profile.variants.get(indicator, tuple(listed.variants))
        ways = [listed.variants[name] for name in names if name in listed.variants]
        return tuple(way.name for way in ways if not way.formula_only and self._has(indicator, way.figures))

    def figures_lacking(self, indicator: str) -> tuple[str, ...]:
        """Return the figures that the first variant wants and nobody stated, as table.key, for one that cannot run."""
        if indicator_list()[indicator].follows:
            return self.figures_lacking(indicator_list()[indicator].follows)
        ways = indicator_list()[indicator].variants
        asked = [ways[name] for name in self.profile.variants.get(indicator, tuple(ways)) if name in ways]
        wanted = [figure for way in asked[:1] for figure in way.figures if not self._has(indicator, (figure,))]
        found = [f"{indicator}.{figure}" + ("<class>" if figure.endswith(".") else "") for figure in wanted]
        return tuple(found) or (indicator,)

    def accounts_for(self, indicator: str) -> bool:
        """Return whether the profile asks for the indicator."""
        return indicator in self.profile.indicators

    def unit(self, indicator: str) -> str:
        """Return the unit of an indicator's own quantity."""
        return UNITS[indicator]

    def switch(self, name: str) -> Any:
        """Return the setting of a switch."""
        return self.profile.switches[name]

    @property
    def unconfirmed(self) -> bool:
        """Whether any figure taken so far, or any cell of the profile that counts, is one that nobody confirmed."""
        return bool(self.unconfirmed_cells()) or any(not row.confirmed for row in self.taken.values())

    def unconfirmed_cells(self) -> list[str]:
        """Return the cells of the profile that no text at hand confirms, but for those of indicators left out."""
        return [cell for cell in self.profile.unconfirmed if self._counts(cell)]

    def _counts(self, cell: str) -> bool:
        kind, _, name = cell.partition(".")
        if kind == "switches":
            touched = switches()[name].indicators
            return not touched or any(map(self.accounts_for, touched))
        return self.accounts_for(name) if kind == "indicators" and name else True

    def unindexed_prices(self) -> list[str]:
        """Return the prices that stand as stated in another year than the price year, as "key (year)"."""
        return sorted(f"{key} ({year})" for key, year in self.unindexed.items())

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
        row = self._known.get((table, key, on))  # blocks ask for the same figures thousands of times
        if row is None:
            row = self._known[table, key, on] = self._found(table, key, on=on)
        self.taken[table, key] = row
        return row

    @cached_property
    def _known(self) -> dict[tuple[str, str, date], Coefficient]:
        return {}

    def _found(self, table: str, key: str, *, on: date) -> Coefficient:
        return self._overriding(table, key, on=on) or _table(table).at(
            self._row_key(table, key), regions=regions.chain(self.region), on=on
        )

    def _overriding(self, table: str, key: str, *, on: date) -> Coefficient | None:
        if self.overrides is None:
            return None
        chain = regions.chain(self.region)
        try:
            own = self.overrides.at(f"{table}.{key}", regions=chain, on=on)
        except CoefficientMissing:
            return None
        return self._held_against(own, table, key, on=on)

    def _held_against(self, own: Coefficient, table: str, key: str, *, on: date) -> Coefficient:
        """An account's own figure beside the built-in one: of the same unit, and no surer for being copied."""
        try:
            built_in = _table(table).at(self._row_key(table, key), regions=regions.chain(self.region), on=on)
        except CoefficientMissing:
            return own
        priced = table == "prices"  # a price keeps its basis, which is held against the quantity where it is used
        if not priced and (own.unit, own.per) != (built_in.unit, built_in.per):
            raise FigureOfOtherUnit(
                f"{own.key} is in {own.unit} per {own.per}, the method takes {built_in.unit} per {built_in.per}"
            )
        return replace(own, tag=built_in.tag) if own.value == built_in.value and not built_in.confirmed else own

    def _row_key(self, table: str, key: str) -> str:
        """The key of the row that the profile takes for a figure; the longest beginning that it names counts."""
        if table == "prices":
            return self.profile.prices.get(key, key)
        parts = key.split(".")
        for length in range(len(parts), 0, -1):
            named = self.profile.coefficients.get(f"{table}.{'.'.join(parts[:length])}")
            if named:
                return ".".join([named, *parts[length:]])
        return key

    def _left_out(self, scope: str) -> tuple[str, ...]:
        stated = self.profile.out_of_scope
        return stated[scope] if scope in stated else stated[scope.split(".")[0]]

    def _has(self, indicator: str, beginnings: tuple[str, ...]) -> bool:
        if not beginnings:
            return True
        keys = [f"{indicator}.{key}" for key in _keys(indicator)] if indicator in tables() else []
        keys += self.overrides.keys() if self.overrides else []
        return all(any(key.startswith(f"{indicator}.{beginning}") for key in keys) for beginning in beginnings)


def tables_digest() -> str:
    """Return one SHA-256 over every table, crosswalk, profile and switch of the method: other data, other digest."""
    digest = hashlib.sha256()
    data = [path for pattern in ("*/*.csv", "*.csv", "profiles/*.toml", "*.toml")
            for path in HERE.glob(pattern)]  # fmt: skip
    for path in sorted(data):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@cache
def tables() -> tuple[str, ...]:
    """Return the names of the coefficient tables."""
    return tuple(sorted(path.stem for path in (HERE / "coefficients").glob("*.csv")))


def _keys(table: str) -> list[str]:
    return _table(table).keys()


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
    "profile_names",
    "tables",
]
