"""TEST-2022: the tables as they stand with the electricity factor of 2022, every unconfirmed figure approved."""

from datetime import date

from core import coefficients
from greenpoints.quantification import parameters
from greenpoints.quantification.figures import Decision
from greenpoints.quantification.parameters import DECIDABLE, FOLDER, Parameters

DAY = date(2026, 11, 20)


def everything_approved() -> tuple[Decision, ...]:
    return tuple(
        Decision(
            table=table, key=row.key, value=f"{row.value:f}", unit=row.unit, per=row.per, source=row.source,
            locator=row.locator, effective_on=date(2026, 1, 1), reference=f"TEST-2022/{row.key}",
        )
        for table in DECIDABLE
        for row in coefficients.load(FOLDER / f"{table}.csv").rows()
        if row.tag == "U"
    )  # fmt: skip


def in_force() -> Parameters:
    return parameters.in_force(DAY, decided=everything_approved())
