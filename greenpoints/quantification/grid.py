"""Which electricity factor residents' acts are calculated with on a day: one factor for each year of statements."""

from collections.abc import Iterable, Sequence
from datetime import date

from core.coefficients import Coefficient, CoefficientMissing

AVERAGE = "average"
CENTRAL_CHINA = "central_china"


def factor(rows: Iterable[Coefficient], *, regions: Sequence[str], regional: str, on: date) -> Coefficient:
    """Return the average factor of the grid in force for residents on a day; CoefficientMissing where there is none.

    A factor takes effect on the 1 January after it was published (``valid_from``). Of those, the latest year of the
    province; else of the ``regional`` grid; else of the nation. Before any took effect, the first one of the province
    that was published serves: it is the nearest.
    """
    averages = [row for row in rows if row.key.startswith(AVERAGE)]
    of_grid = {f"{AVERAGE}_{regional}"}
    choices = [(AVERAGE, [region for region in regions if region != "000000"]), (of_grid, None), (AVERAGE, ["000000"])]
    for names, where in choices:
        found = [
            row for row in averages
            if row.key.rpartition(".")[0] in names and (where is None or row.region in where)
            and takes_effect_on(row) <= on
        ]  # fmt: skip
        if found:
            return max(found, key=_year)
    earliest = [row for row in averages if row.key.rpartition(".")[0] == AVERAGE and row.region in regions]
    if not earliest:
        raise CoefficientMissing(table="electricity_factors", key=AVERAGE, region=regions[0], on=on)
    return min(earliest, key=lambda row: (row.valid_from, _year(row)))


def takes_effect_on(row: Coefficient) -> date:
    """Return the 1 January after the factor was published."""
    return date(row.valid_from.year + 1, 1, 1)


def _year(row: Coefficient) -> int:
    return int(row.key.rpartition(".")[2])
