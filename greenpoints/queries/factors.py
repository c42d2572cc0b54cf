"""The figures that acts are calculated with, and the changes that were proposed and decided."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from greenpoints.models import FactorChange
from greenpoints.quantification import bases, parameters
from greenpoints.quantification.acts import ACTS
from greenpoints.quantification.bases import FACTOR
from greenpoints.quantification.figures import Decision, Figure
from greenpoints.quantification.parameters import FACTORS, GRID, NAMED, Parameters


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure in force: ``table`` and ``key`` name it in a change; ``acts``: the acts that use it."""

    table: str
    key: str
    figure: Figure
    acts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A proposed figure beside the one it was to replace; ``approved`` is None while nobody has decided."""

    code: str
    table: str
    key: str
    value: str
    unit: str
    per: str
    source: str
    locator: str
    before: dict[str, Any]
    effective_on: date
    reason: str
    override_reason: str
    proposed_by: str
    proposed_at: datetime
    approved: bool | None
    note: str
    decided_by: str
    decided_at: datetime | None

    @property
    def difference(self) -> dict[str, tuple[str, str]]:
        """Return what differs, by name: before and after."""
        after = {"value": self.value, "source": self.source, "locator": self.locator}
        return {name: (str(self.before[name]), new) for name, new in after.items() if str(self.before[name]) != new}


def factor_decisions() -> tuple[Decision, ...]:
    """Return every approved figure, of any day, for ``parameters.in_force``."""
    rows = FactorChange.objects.filter(decision__approved=True).order_by("effective_on", "id")
    return tuple(
        Decision(
            table=row.table, key=row.key, value=row.value, unit=row.unit, per=row.per, source=row.source,
            locator=row.locator, effective_on=row.effective_on, reference=row.code,
        )
        for row in rows
    )  # fmt: skip


def figures_in_force(on: date) -> list[FigureView]:
    """Return every figure in force on the day that two people may change, with the acts that use it."""
    in_force = parameters.in_force(on, decided=factor_decisions())
    used = _uses()
    found = [FigureView(FACTORS, key, figure, (key.partition(".")[0],)) for key, figure in in_force.factors.items()]
    for name, figure in in_force.figures.items():
        table, key = (GRID, name) if name == "grid" else (NAMED, figure.key)
        found.append(FigureView(table, key, figure, tuple(used.get(name, ()))))
    return found


def in_force_on(day: date) -> Parameters:
    """Return the parameters of a day with what was decided."""
    return parameters.in_force(day, decided=factor_decisions())


def factor_changes(*, limit: int = 100) -> list[ChangeView]:
    """Return the latest changes, those that wait for a decision first."""
    rows = FactorChange.objects.select_related("decision").order_by("-id")[:limit]
    views = [_view(row) for row in rows]
    return sorted(views, key=lambda view: view.approved is not None)


def _view(row: FactorChange) -> ChangeView:
    decision = getattr(row, "decision", None)
    own = (
        "code", "table", "key", "value", "unit", "per", "source", "locator", "effective_on", "reason",
        "override_reason", "proposed_by", "proposed_at",
    )  # fmt: skip
    return ChangeView(
        **{name: getattr(row, name) for name in own},
        before=json.loads(row.before),
        approved=decision.approved if decision else None,
        note=decision.note if decision else "",
        decided_by=decision.decided_by if decision else "",
        decided_at=decision.decided_at if decision else None,
    )


def _uses() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for act in ACTS.values():
        for material in act.materials or ("",):
            for name in bases.names(act, material):
                if name != FACTOR and act.code not in found.setdefault(name, []):
                    found[name].append(act.code)
    return found
