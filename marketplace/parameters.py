"""The figures of the market by day: the most a deposit may be, what a seller pays."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from core import coefficients, regions
from core.coefficients import CoefficientMissing
from core.rounding import percentage_fee

TABLE = coefficients.load(Path(__file__).parent / "coefficients" / "market_parameters.csv")
ANY_ORGANISATION = "organisation"


def most_deposit_fen(*, start_fen: int, on: date) -> int:
    """Return the largest deposit that a start price allows on the day, rounded down."""
    return int(Fraction(_value("deposit.cap_share", on=on)) * start_fen)


def fee_fen(*, seller_kind: str, price_fen: int, on: date) -> int:
    """Return what a seller of this kind pays on the day, rounded half up; unnamed kinds pay as any organisation."""
    try:
        rate = _value(f"fee.{seller_kind}", on=on)
    except CoefficientMissing:
        rate = _value(f"fee.{ANY_ORGANISATION}", on=on)
    return percentage_fee(price_fen=price_fen, rate=rate)


def _value(key: str, *, on: date) -> Decimal:
    return TABLE.at(key, regions=regions.chain(regions.FUZHOU), on=on).value
