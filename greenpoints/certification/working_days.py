"""Working days of mainland China: Monday to Friday, but for the holidays and the make-up days of the yearly notice."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path

from core import coefficients, regions

TABLE = Path(__file__).parents[1] / "coefficients" / "working_days.csv"
WORKED, SATURDAY = 1, 5


class CalendarMissing(LookupError):
    """The holidays of a year are not known yet; ``year`` says of which."""

    def __init__(self, year: int) -> None:
        super().__init__(f"working_days.csv has no holidays of {year}")
        self.year = year


def after(day: date, working_days: int) -> date:
    """Return the first day on which ``working_days`` whole working days have passed since ``day``.

    ``day`` itself does not count. Raises CalendarMissing where a year on the way is not in the table.
    """
    left, current = working_days, day
    while left:
        current += timedelta(days=1)
        left -= is_working_day(current)
    return current + timedelta(days=1)


def is_working_day(day: date) -> bool:
    """Return whether offices work on ``day``; CalendarMissing where its year is not in the table."""
    if day.year not in _years():
        raise CalendarMissing(day.year)
    told = _special_days().get(day)
    return day.weekday() < SATURDAY if told is None else told == WORKED


@cache
def _special_days() -> dict[date, int]:
    found: dict[date, int] = {}
    for row in coefficients.load(TABLE).rows():
        assert row.region == regions.NATION and row.valid_to is not None
        for n in range((row.valid_to - row.valid_from).days):
            found[row.valid_from + timedelta(days=n)] = int(row.value)
    return found


@cache
def _years() -> frozenset[int]:
    return frozenset(day.year for day in _special_days())
