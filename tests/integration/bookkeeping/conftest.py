"""A small chart: a fund that issues, three residents, a merchant with a ceiling, a budget in fen."""

from datetime import UTC, datetime

import pytest

from bookkeeping import chart

NOW = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def accounts(db):
    open_chart()


def open_chart():
    chart.open_accounts(["coin:fund/bus"], nature=chart.Nature.SOURCE, striped=True)
    chart.open_accounts(["coin:fund/bike", "fen:bank/custody"], nature=chart.Nature.SOURCE)
    chart.open_accounts([f"coin:resident/{name}" for name in "abc"], nature=chart.Nature.HOLDER)
    chart.open_accounts(["coin:merchant/tea"], nature=chart.Nature.SINK, ceiling=50)
    chart.open_accounts(["fen:budget/forest"], nature=chart.Nature.HOLDER)
