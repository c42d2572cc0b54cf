"""The figures in force on a day, resolved from the coefficient tables. No database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from core import coefficients, regions
from greenpoints.quantification.acts import ACTS

FOLDER = Path(__file__).parents[1] / "coefficients"
UNCONFIRMED = "U"
_MG = {"mg": 1, "g": 1_000, "kg": 1_000_000}
_COUNTED_PER = {"km": ("m", 1_000), "kg": ("g", 1_000)}  # a factor per km serves acts counted in m
_TABLES = ("reduction_factors", "limits", "evidence_discounts", "points_rules")


@dataclass(frozen=True, slots=True)
class Factor:
    """Milligrams per counted unit, exactly, with its version as a text that finds the row again."""

    mg_per_unit: Fraction
    version: str
    approved: bool


NOTHING = Factor(mg_per_unit=Fraction(0), version="", approved=True)  # an act that carries no grams


@dataclass(frozen=True, slots=True)
class Parameters:
    """Everything that one civil day needs: factors, limits, discounts, points rules.

    ``factors``: by act and material, e.g. ``W03.pet``; ``limits``: by act and limit, e.g. ``M02.fastest`` (km/h);
    ``discounts``: by evidence class; ``flat_coins``: by act, coins per counted unit; ``version`` names the rule set.
    """

    factors: Mapping[str, Factor]
    limits: Mapping[str, int]
    discounts: Mapping[str, Fraction]
    flat_coins: Mapping[str, int]
    mg_per_coin: int
    unit_cost_fen: int
    version: str


@lru_cache(maxsize=64)
def in_force(day: date, *, approved: frozenset[str] = frozenset()) -> Parameters:
    """Return the parameters of ``day`` in Fuzhou; CoefficientMissing where one is not there.

    ``approved`` holds the keys of unconfirmed factors that the method board has approved.
    """
    tables = {name: coefficients.load(FOLDER / f"{name}.csv") for name in _TABLES}
    chain = regions.chain(regions.FUZHOU)

    def at(table: str, key: str) -> coefficients.Coefficient:
        return tables[table].at(key, regions=chain, on=day)

    coin = at("points_rules", "grams_per_coin")
    return Parameters(
        factors={
            key: _factor(key, at("reduction_factors", key), approved)
            for key in tables["reduction_factors"].keys()  # noqa: SIM118
        },
        limits=_whole_numbers(tables["limits"], tables["limits"].keys(), day, chain),
        discounts={letter: _exact(at("evidence_discounts", letter).value) for letter in "ABCD"},
        flat_coins=_whole_numbers(tables["points_rules"], tuple(ACTS), day, chain),
        mg_per_coin=int(_exact(coin.value) * _MG[coin.unit]),
        unit_cost_fen=int(_exact(at("points_rules", "unit_cost").value)),
        version=f"{coin.value} {coin.unit}/coin {coin.source}",
    )


def _factor(key: str, row: coefficients.Coefficient, approved: frozenset[str]) -> Factor:
    counted, scale = _COUNTED_PER.get(row.per, (row.per, 1))
    expected = ACTS[key.partition(".")[0]].unit
    if counted != expected:
        raise ValueError(f"reduction_factors: {key} is per {row.per}, but the act is counted in {expected}")
    return Factor(
        mg_per_unit=_exact(row.value) * _MG[row.unit] / scale,
        version=f"{key} {row.value} {row.unit}/{row.per} {row.region} {row.source} {row.tag}",
        approved=row.tag != UNCONFIRMED or key in approved,
    )


def _whole_numbers(
    table: coefficients.CoefficientTable, keys: Iterable[str], day: date, chain: tuple[str, ...]
) -> dict[str, int]:
    """Return those of ``keys`` that the table has on ``day``; a limit that is not there does not apply."""
    found: dict[str, int] = {}
    for key in keys:
        try:
            found[key] = int(table.at(key, regions=chain, on=day).value)
        except coefficients.CoefficientMissing:
            continue
    return found


def _exact(value: object) -> Fraction:
    """Return the figure as it is written in the table, whether it was kept as a text, a Decimal or a float."""
    return Fraction(Decimal(str(value)))
