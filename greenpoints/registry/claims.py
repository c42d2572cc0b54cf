"""Claims on savings: one per kind, key and period, whoever makes it; and the papers that say who may make one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import events
from core.errors import RuleViolation
from greenpoints import bulk_rows
from greenpoints.certification import collisions
from greenpoints.models import Attestation, AttestationKind, Claim

_COLUMNS = ("kind", "key", "period", "claimant", "cause", "batch_id", "claimed_at")
_TAKEN = "SELECT key, kind, period, cause FROM greenpoints_claim WHERE key {among}"
_TEXT = 120


class AlreadyClaimed(RuleViolation):
    """Somebody claimed the same saving before; ``claimant`` says who."""

    code = "already_claimed"
    message = _("同一减排量已被其他项目主张，不得重复计算。")


class ClaimRefused(RuleViolation):
    """What was sent is no claim or attestation; ``reason`` names the member at fault."""

    code = "claim_refused"
    message = _("权属主张或证明的内容不符合要求。")
    status = 422


@dataclass(frozen=True, slots=True)
class Wanted:
    """A claim that an event of a batch needs; ``cause`` names the event."""

    kind: str
    key: str
    period: str
    cause: str


def salt() -> bytes:
    """Return the salt that programmes share to compare rides without showing them; ours alone where none is agreed."""
    return (settings.CROSS_PROGRAMME_SALT or settings.SECRET_KEY).encode()


def make(*, kind: str, key: str, period: str, claimant: str, cause: str, at: datetime) -> None:
    """Enter a claim of another programme, or of ours; the same again changes nothing. Raises AlreadyClaimed.

    ``key`` is the salted hash for the kinds that residents' records claim, and plain for parcels:
    ``PARCEL/service`` with the year as ``period``.
    """
    if kind not in collisions.KINDS:
        raise ClaimRefused(reason="kind", value=kind[:40])
    lengths = {"key": (key, 64), "period": (period, 24), "claimant": (claimant, 40), "cause": (cause, _TEXT)}
    for name, (text, most) in lengths.items():
        if len(text) > most or (not text and name != "period"):
            raise ClaimRefused(reason=name)
    row, made = Claim.objects.get_or_create(
        kind=kind,
        key=key,
        period=period,
        defaults={"claimant": claimant, "cause": cause, "claimed_at": at},
    )
    if not made and (row.claimant, row.cause) != (claimant, cause):
        raise AlreadyClaimed(kind=kind, period=period, claimant=row.claimant)


def make_many(wanted: Sequence[Wanted], *, batch_id: int, at: datetime) -> set[str]:
    """Claim what the events of a batch need, in the caller's transaction; return the causes that lost a claim.

    An event gets all of its claims or none. Of several that want one, the first wins. Two statements, and a third
    where somebody lost.
    """
    if not wanted:
        return set()
    rows = [(one.kind, one.key, one.period, collisions.OURS, one.cause, batch_id, at) for one in wanted]
    bulk_rows.insert_missing("greenpoints_claim", _COLUMNS, rows)
    keys = list(dict.fromkeys(one.key for one in wanted))
    holder = {(kind, key, period): cause for key, kind, period, cause in bulk_rows.select_among(_TAKEN, keys)}
    lost = {one.cause for one in wanted if holder[one.kind, one.key, one.period] != one.cause}
    if lost:
        Claim.objects.filter(batch_id=batch_id, cause__in=lost).delete()
    return lost


def release_batch(batch_id: int) -> None:
    """Give up all claims of a cancelled batch."""
    Claim.objects.filter(batch_id=batch_id).delete()


def attest(
    *, kind: str, subject: str, valid_from: date, valid_to: date, document_ref: str, by: str, at: datetime
) -> None:
    """Enter what a paper says of a meter, vehicle, device (by its reference) or partner; again: nothing.

    ``valid_to`` is exclusive. Raises ClaimRefused.
    """
    if kind not in AttestationKind.values:
        raise ClaimRefused(reason="kind", value=kind[:40])
    if not 0 < len(subject) <= 64 or not 0 < len(document_ref) <= _TEXT:
        raise ClaimRefused(reason="subject" if not 0 < len(subject) <= 64 else "document_ref")
    if valid_to <= valid_from:
        raise ClaimRefused(reason="valid_to", value=valid_to.isoformat())
    with transaction.atomic():
        _row, made = Attestation.objects.get_or_create(
            kind=kind,
            subject=subject,
            valid_from=valid_from,
            valid_to=valid_to,
            document_ref=document_ref,
            defaults={"by": by, "at": at},
        )
        if made:
            detail = {"kind": kind, "document": document_ref, "by": by}
            events.record("greenpoints.attested", subject=f"attestation/{subject}", occurred_at=at, detail=detail)


class Papers:
    """The attestations that touch a period, at hand: there are as many as meters and partners, not as events."""

    def __init__(self, *, valid_from: date, valid_to: date) -> None:
        self._periods: dict[tuple[str, str], list[tuple[date, date]]] = {}
        rows = Attestation.objects.filter(valid_from__lt=valid_to, valid_to__gt=valid_from)
        for kind, subject, begins, ends in rows.values_list("kind", "subject", "valid_from", "valid_to"):
            self._periods.setdefault((kind, subject), []).append((begins, ends))

    def hold(self, kind: str, subject: str, *, on: date) -> bool:
        """Return whether a paper of this kind says so of the subject on that day."""
        return any(begins <= on < ends for begins, ends in self._periods.get((kind, subject), ()))
