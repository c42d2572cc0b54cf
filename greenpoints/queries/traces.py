"""How a record became milligrams, worked out again from what is stored with it and from nothing else."""

import json
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from greenpoints.models import Behaviour
from greenpoints.quantification import bases, traces
from greenpoints.quantification.traces import Trace
from greenpoints.reasons import REASONS


class TraceMissing(RuleViolation):
    """There is no such record, or it never came to a calculation."""

    code = "trace_missing"
    message = _("没有这条行为的计算过程。")
    status = 404


@dataclass(frozen=True, slots=True)
class BehaviourTrace:
    """The record, what was answered and posted then, and the calculation done again now.

    ``quantity`` as reported, ``counted_quantity`` what caps and exclusion left of it, ``reason`` why in both languages.
    """

    act: str
    material: str
    evidence: str
    quantity: int
    counted_quantity: int
    unit: str
    measures: dict[str, int]
    status: str
    reason: str
    told_zh: str
    told_en: str
    gross_mg: int
    net_mg: int
    posted_mg: int
    flat_coins: int
    basis: str
    again: Trace

    @property
    def reproduces(self) -> bool:
        """Return whether the calculation gives what was posted, to the milligram and the coin."""
        now = self.again
        return (self.gross_mg, self.net_mg, self.posted_mg, self.flat_coins) == (
            now.gross_mg, now.net_mg, now.posted_mg, now.flat_coins,
        )  # fmt: skip


def trace(behaviour: int) -> BehaviourTrace:
    """Return how the record with this key became what it is; TraceMissing where it was never calculated."""
    row = Behaviour.objects.select_related("basis").filter(pk=behaviour).first()
    if row is None or row.basis is None:
        raise TraceMissing(behaviour=behaviour)
    measures = json.loads(row.measures) if row.measures else {}
    return BehaviourTrace(
        act=row.act,
        material=row.material,
        evidence=row.evidence,
        quantity=row.quantity,
        counted_quantity=row.counted_quantity,
        unit=row.unit,
        measures=measures,
        status=row.status,
        reason=row.reason,
        told_zh=REASONS[row.reason].zh,
        told_en=REASONS[row.reason].en,
        gross_mg=row.gross_mg,
        net_mg=row.net_mg,
        posted_mg=row.posted_mg,
        flat_coins=row.flat_coins,
        basis=row.basis.digest,
        again=traces.trace(bases.read(row.basis.content), quantity=row.counted_quantity, measures=measures),
    )
