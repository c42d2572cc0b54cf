"""The figures of the registry in force on a day, read from the coefficient table. No database."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from core import coefficients, regions

TABLE = Path(__file__).parents[1] / "coefficients" / "registry_rules.csv"
KEYS = (
    "deduction",
    "buffer",
    "audit_share",
    "audit_least",
    "audit_tolerance",
    "notice_days",
    "late_days",
    "fund_share",
    "lifetime",
)


@dataclass(frozen=True, slots=True)
class Rules:
    """Shares are exact fractions from 0 to 1; ``unconfirmed`` names the figures that nobody has confirmed."""

    deduction: Fraction
    buffer: Fraction
    audit_share: Fraction
    audit_least: int
    audit_tolerance: Fraction
    notice_days: int
    late_days: int
    fund_share: Fraction
    lifetime_years: int
    unconfirmed: tuple[str, ...]


@lru_cache(maxsize=64)
def in_force(day: date) -> Rules:
    """Return the figures of ``day`` in Fuzhou; CoefficientMissing where one is not there."""
    table, chain = coefficients.load(TABLE), regions.chain(regions.FUZHOU)
    row = {key: table.at(key, regions=chain, on=day) for key in KEYS}
    value = {key: Fraction(found.value) for key, found in row.items()}
    return Rules(
        deduction=value["deduction"],
        buffer=value["buffer"],
        audit_share=value["audit_share"],
        audit_least=int(value["audit_least"]),
        audit_tolerance=value["audit_tolerance"],
        notice_days=int(value["notice_days"]),
        late_days=int(value["late_days"]),
        fund_share=value["fund_share"],
        lifetime_years=int(value["lifetime"]),
        unconfirmed=tuple(key for key, found in row.items() if not found.confirmed),
    )
