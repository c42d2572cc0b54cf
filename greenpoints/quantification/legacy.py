"""The rate cards that 绿宝 paid by before, in coins an act; old statements reproduce with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from core import coefficients, regions
from core.coefficients import Coefficient, CoefficientMissing
from greenpoints.quantification.parameters import FOLDER

LB_2018, LB_2021 = "LB-2018", "LB-2021"
RULE_SETS = (LB_2018, LB_2021)


class NotOnTheRateCard(LookupError):
    """The rule set paid nothing for this act, did not count it in this unit, or did not apply on that day."""


@dataclass(frozen=True, slots=True)
class OldAct:
    """What somebody did on a day, in the unit that the rate card counted: a ride on a bike was a ``trip`` in 2018 and
    minutes (``min``) in 2021."""

    on: date
    act: str
    quantity: int
    unit: str


@dataclass(frozen=True, slots=True)
class OldLine:
    """The coins of one act of one day; ``rule`` is the row of the rate card in words."""

    on: date
    act: str
    quantity: int
    unit: str
    coins: int
    rule: str


def statement(rule_set: str, acts: Iterable[OldAct]) -> list[OldLine]:
    """Return what the rule set paid, a line for each day and act in their order; what does not make a coin is lost.

    The quantities of one act add up over a day: 6,000 steps a day were a coin in however many walks. Raises
    NotOnTheRateCard.
    """
    totals: dict[tuple[date, str, str], int] = {}
    for one in acts:
        if one.quantity < 0:
            raise ValueError("a quantity is never negative")
        key = (one.on, one.act, one.unit)
        totals[key] = totals.get(key, 0) + one.quantity
    return [_line(rule_set, on, act, unit, quantity) for (on, act, unit), quantity in sorted(totals.items())]


def _line(rule_set: str, on: date, act: str, unit: str, quantity: int) -> OldLine:
    row = _row(rule_set, act, on)
    if row.unit != unit:
        raise NotOnTheRateCard(f"{rule_set} counted {act} in {row.unit}, not in {unit}")
    needed_numerator, needed_denominator = row.value.as_integer_ratio()
    coins = quantity * needed_denominator // needed_numerator
    return OldLine(on, act, quantity, unit, coins, row.locator)


def _row(rule_set: str, act: str, on: date) -> Coefficient:
    table = coefficients.load(FOLDER / "legacy_points.csv")
    try:
        return table.at(f"{rule_set}.{act}", regions=regions.chain(regions.FUZHOU), on=on)
    except CoefficientMissing:
        raise NotOnTheRateCard(f"{rule_set} had no rate for {act} on {on.isoformat()}") from None
