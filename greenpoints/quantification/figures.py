"""One figure of a calculation with all that is known about it, as it is kept with the result."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.coefficients import Coefficient
from greenpoints.quantification.dimensions import Unit, unit

UNCONFIRMED = "U"


@dataclass(frozen=True, slots=True)
class Decision:
    """A figure that two people decided on: it is in force from ``effective_on`` until a later one of its key.

    ``value`` is written as in a table; ``reference`` names the decision.
    """

    table: str
    key: str
    value: str
    unit: str
    per: str
    source: str
    locator: str
    effective_on: date
    reference: str


@dataclass(frozen=True, slots=True)
class Figure:
    """``value`` (as it is written) ``unit`` per ``per``; ``approved`` is False where nobody confirmed it.

    ``decision``: the reference of the decision it rests on, "" for a row of the tables.
    """

    key: str
    value: str
    unit: str
    per: str
    region: str
    valid_from: str
    source: str
    locator: str
    tag: str
    approved: bool
    decision: str = ""

    @classmethod
    def of_row(cls, row: Coefficient) -> "Figure":
        """Return the figure of a row; an unconfirmed one is not approved."""
        return cls(
            key=row.key, value=f"{row.value:f}", unit=row.unit, per=row.per, region=row.region,
            valid_from=row.valid_from.isoformat(), source=row.source, locator=row.locator, tag=row.tag,
            approved=row.tag != UNCONFIRMED,
        )  # fmt: skip

    @classmethod
    def of_decision(cls, decision: Decision, *, region: str, tag: str) -> "Figure":
        """Return the figure that was decided on; it is approved, and keeps the tag of what it replaces."""
        return cls(
            key=decision.key, value=decision.value, unit=decision.unit, per=decision.per, region=region,
            valid_from=decision.effective_on.isoformat(), source=decision.source, locator=decision.locator, tag=tag,
            approved=True, decision=decision.reference,
        )  # fmt: skip

    @property
    def exact(self) -> Fraction:
        """Return the value as it is written."""
        return Fraction(Decimal(self.value))

    @property
    def dimension(self) -> Unit:
        """Return its unit per what it is stated for."""
        return unit(self.unit).times(unit(self.per), power=-1)

    @property
    def version(self) -> str:
        """Return key, value, unit and source as one text."""
        return f"{self.key} {self.value} {self.unit}/{self.per} {self.region} {self.decision or self.source} {self.tag}"

    def told(self) -> dict[str, Any]:
        """Return its members by name."""
        return asdict(self)
