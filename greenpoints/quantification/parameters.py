"""The figures in force on a day, resolved from the coefficient tables and what was decided since. No database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from core import coefficients, regions
from core.coefficients import CoefficientMissing
from greenpoints.quantification import bases, grid
from greenpoints.quantification.acts import ACTS
from greenpoints.quantification.bases import FACTOR, Basis
from greenpoints.quantification.dimensions import unit
from greenpoints.quantification.figures import UNCONFIRMED, Decision, Figure

FOLDER = Path(__file__).parents[1] / "coefficients"
FACTORS, NAMED, GRID, DISCOUNTS, POINTS, LIMITS = (
    "reduction_factors", "parameters", "electricity_factors", "evidence_discounts", "points_rules", "limits"
)  # fmt: skip
DECIDABLE = (FACTORS, NAMED, GRID)  # the tables whose figures are decided on by two people
_SEASON, _GRID_NAME = "season", "grid"
_NO_DECISIONS: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameters:
    """Everything that one civil day needs: figures, limits, discounts, points rules.

    ``factors``: by act and material, e.g. ``W03.pet``; ``figures``: by the name that formulas use; ``limits``: by act
    and limit, e.g. ``M02.fastest`` (km/h); ``discounts``: by evidence class; ``coins``: by act, coins a counted unit;
    ``version`` names the rule set.
    """

    factors: Mapping[str, Figure]
    figures: Mapping[str, Figure]
    limits: Mapping[str, int]
    discounts: Mapping[str, Figure]
    coins: Mapping[str, Figure]
    mg_per_coin: int
    unit_cost_fen: int
    version: str

    def basis(self, act: str, *, material: str, evidence: str) -> Basis:
        """Return what records of this kind are calculated with; KeyError where the catalogue has no such kind."""
        known, letter = ACTS[act], ACTS[act].evidence[evidence]
        formula = bases.expanded(known.formula(material))
        factor = {FACTOR: self.factors[known.factor_key(material)]} if _uses_factor(formula.baseline) else {}
        named = {name: self.figures[name] for name in bases.names(known, material) if name != FACTOR}
        return Basis(
            act=act,
            material=known.material_or_default(material),
            evidence=evidence,
            letter=letter,
            unit=known.unit,
            measures=known.measures,
            formula=formula,
            figures=factor | named,
            discount=self.discounts[letter],
            coins=self.coins.get(act),
        )


def figure(in_force: Parameters, table: str, key: str) -> Figure | None:
    """Return a figure that can be decided on by its table and key; None where there is none.

    The electricity factor goes by ``grid``, the season of a month by ``season.MM``, the one of the day alone.
    """
    if table == FACTORS:
        return in_force.factors.get(key)
    if table == GRID:
        return in_force.figures[_GRID_NAME] if key == _GRID_NAME else None
    found = in_force.figures.get(key.partition(".")[0])
    return found if table == NAMED and found is not None and found.key == key else None


def _uses_factor(baseline: str) -> bool:
    return FACTOR in baseline.split()


@lru_cache(maxsize=128)
def in_force(day: date, *, decided: tuple[Decision, ...] = _NO_DECISIONS) -> Parameters:
    """Return the parameters of ``day`` in Fuzhou; CoefficientMissing where one is not there.

    ``decided``: decisions of the method board, of any day; of each figure the latest in force on ``day`` replaces the
    row of the table.
    """
    tables = {name: coefficients.load(FOLDER / f"{name}.csv") for name in (FACTORS, NAMED, DISCOUNTS, POINTS, LIMITS)}
    chain = regions.chain(regions.FUZHOU)

    def figure(table: str, key: str) -> Figure:
        return _decided(Figure.of_row(tables[table].at(key, regions=chain, on=day)), table, key, day, decided)

    def figures(table: str, keys: Iterable[str]) -> dict[str, Figure]:
        return {key: figure(table, key) for key in keys if _has(tables[table], key, chain, day)}

    coin = figure(POINTS, "grams_per_coin")
    named = figures(NAMED, [key for key in _keys(tables[NAMED]) if "." not in key])
    named[_SEASON] = figure(NAMED, f"{_SEASON}.{day.month:02}")
    named[_GRID_NAME] = _grid(day, chain, decided)
    return Parameters(
        factors=figures(FACTORS, _keys(tables[FACTORS])),
        figures=named,
        limits={key: int(row.exact) for key, row in figures(LIMITS, _keys(tables[LIMITS])).items()},
        discounts={letter: figure(DISCOUNTS, letter) for letter in "ABCD"},
        coins=figures(POINTS, ACTS),
        mg_per_coin=int(coin.exact * unit(coin.unit).scale),
        unit_cost_fen=int(figure(POINTS, "unit_cost").exact),
        version=f"{coin.value} {coin.unit}/coin {coin.source}",
    )


def _keys(table: coefficients.CoefficientTable) -> list[str]:
    return table.keys()


def _has(table: coefficients.CoefficientTable, key: str, chain: tuple[str, ...], day: date) -> bool:
    try:
        table.at(key, regions=chain, on=day)
    except CoefficientMissing:
        return False
    return True


def _grid(day: date, chain: tuple[str, ...], decided: tuple[Decision, ...]) -> Figure:
    rows = coefficients.load(FOLDER / f"{GRID}.csv").rows()
    row = grid.factor(rows, regions=chain, regional=grid.CENTRAL_CHINA, on=day)
    return _decided(Figure.of_row(row), GRID, _GRID_NAME, day, decided)


def _decided(figure: Figure, table: str, key: str, day: date, decided: tuple[Decision, ...]) -> Figure:
    """Return the latest figure decided on by ``day``, or the one of the table where there is none."""
    chosen = [one for one in decided if (one.table, one.key) == (table, key) and one.effective_on <= day]
    if not chosen:
        return figure
    latest = max(chosen, key=lambda one: (one.effective_on, one.reference))
    return Figure.of_decision(latest, region=regions.FUZHOU, tag=_tag_after(figure, latest))


def _tag_after(figure: Figure, decision: Decision) -> str:
    """Keep the tag where the same value was confirmed: approving a figure gives it no source."""
    return figure.tag if Fraction(decision.value) == figure.exact else UNCONFIRMED
