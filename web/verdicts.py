"""The last word of every invariant, kept in the journal so that everyone may read it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from core import events, invariants
from web import figures

VERIFIED = "web.book_verified"


@dataclass(frozen=True)
class Told:
    """What an invariant says, how many rows were looked at (None: not counted), how many are broken."""

    code: str
    label: str
    rows: int | None
    broken: int


@dataclass(frozen=True)
class LastVerdicts:
    """Every verdict of one check of the whole book, and when it was made."""

    at: datetime
    verdicts: list[Told]

    @property
    def hold(self) -> bool:
        """Return whether every invariant holds."""
        return not any(one.broken for one in self.verdicts)


def check(*, at: datetime) -> list[invariants.Verdict]:
    """Check the whole book, return the verdicts and keep them: counts only, no row is named in public."""
    found = list(invariants.verify())
    kept = {one.invariant.code: [one.rows, len(one.broken)] for one in found}
    with transaction.atomic():
        events.record(VERIFIED, subject="book", occurred_at=at, detail={"verdicts": kept})
    return found


def last() -> LastVerdicts | None:
    """Return the verdicts of the last check; None where the book was not checked yet."""
    event = events.latest(VERIFIED)
    if event is None:
        return None
    labels = {one.code: one.zh if figures.reads_chinese() else one.en for one in invariants.registered()}
    kept = event.detail["verdicts"]
    order = [*labels, *(code for code in kept if code not in labels)]
    rows = [Told(code, labels.get(code, code), *kept[code]) for code in order if code in kept]
    return LastVerdicts(at=event.occurred_at, verdicts=rows)
