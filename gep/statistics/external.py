"""What comes from outside the area and is taken off: GB/T 46869 counts the products of the area alone. gep.md 5.5."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gep.statistics.products import catalogue
from gep.statistics.tables import StatisticsTable

Place = tuple[str, str]  # indicator, county


class InflowRefused(ValueError):
    """More comes from outside than an indicator is worth, or the indicator is not in the account; both are named."""


@dataclass(frozen=True, slots=True)
class NetValue:
    """The value of an indicator in a county, what of it came from outside, and what is left, in fen."""

    indicator: str
    county: str
    gross_fen: int
    external_fen: int

    @property
    def net_fen(self) -> int:
        """Return what the area itself brought forth."""
        return self.gross_fen - self.external_fen


def inflows(table: StatisticsTable) -> dict[Place, int]:
    """Return the fen that counties state to have come from outside, by indicator and county."""
    found: dict[Place, int] = {}
    for row in np.flatnonzero(table.township == "").tolist():
        product = catalogue()[str(table.product[row])]
        if product.role == "external":
            place = product.indicator, str(table.county[row])
            found[place] = found.get(place, 0) + int(table.value_fen[row])
    return found


def net_of_external(gross_fen: Mapping[Place, int], *, inflow_fen: Mapping[Place, int]) -> tuple[NetValue, ...]:
    """Return the values of an account by indicator and county less what came from outside. Raises InflowRefused."""
    for place, fen in inflow_fen.items():
        if fen and place not in gross_fen:
            raise InflowRefused(f"{place[0]} in {place[1]}: {fen} fen from outside, and it is not in the account")
    values = tuple(
        NetValue(indicator, county, gross, inflow_fen.get((indicator, county), 0))
        for (indicator, county), gross in sorted(gross_fen.items())
    )
    for value in values:
        if value.external_fen > max(value.gross_fen, 0):
            raise InflowRefused(
                f"{value.indicator} in {value.county}: {value.external_fen} fen from outside,"
                f" {value.gross_fen} fen in all"
            )
    return values
