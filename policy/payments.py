"""Payments: batches that two people sign, the file for the bank, its answers, and where every fen went.

The platform holds no money. It instructs a bank, mirrors what the bank says in the book, and never guesses: an
instruction without an answer stays SENT, a line that does not fit is an exception that a person looks at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookkeeping import chart, postings
from bookkeeping.chart import Nature
from bookkeeping.postings import Leg
from core import events
from core.errors import RuleViolation
from policy import bank_files, budgets, claims, queries
from policy.bank_files import AnswerLine, InstructionLine
from policy.models import (
    MATCHES,
    BankAnswerLine,
    BankFile,
    BatchSignature,
    BatchStatus,
    BudgetLine,
    Claim,
    ClaimStatus,
    InstructionStatus,
    LineResult,
    Payee,
    PaymentBatch,
    PaymentInstruction,
)
from policy.programmes import SecondPersonNeeded, require_role
from policy.queries import Reconciliation

PAYER = "finance_officer"
SIGNATURES_NEEDED = 2
LARGEST_BATCH = 10_000
REFERENCES_AT_ONCE = 500
UNEXPLAINED, SUSPENSE = "fen:bank/unexplained", "fen:suspense/bank"


class NothingToPay(RuleViolation):
    """No claim of the line waits for payment."""

    code = "nothing_to_pay"
    message = _("没有待支付的申领。")


class BatchMissing(RuleViolation):
    """No batch has this number."""

    code = "batch_missing"
    message = _("没有这个支付批次。")
    status = 404


class BatchStepNotPossible(RuleViolation):
    """The batch does not stand where this step begins."""

    code = "batch_step_not_possible"
    message = _("支付批次的当前状态不允许这一步。")


class BatchAltered(RuleViolation):
    """The instructions are not those that were locked."""

    code = "batch_altered"
    message = _("支付批次与锁定时不一致。")


class BatchStillOpen(RuleViolation):
    """A batch with payments whose outcome is not known cannot be closed; ``detail`` tells how many."""

    code = "batch_still_open"
    message = _("还有结果未知的支付，批次不能结清。")


class BankFileRefused(RuleViolation):
    """The file is refused as a whole and nothing is posted; ``detail`` says why."""

    code = "file_total"
    message = _("银行文件不可用，未作任何入账。")
    status = 422


@dataclass(frozen=True)
class BatchView:
    """A batch with its control sums."""

    number: str
    line: str
    status: str
    count: int
    total_fen: int
    sha256: str


def batch(line: str, *, by: Any, at: datetime) -> BatchView:
    """Lock the reserved claims of a budget line into one batch, at most 10,000, with count, sum and hash."""
    require_role(by, PAYER)
    with transaction.atomic():
        budget = BudgetLine.objects.select_for_update().filter(code=line).first()
        if budget is None:
            raise budgets.BudgetLineMissing(line=line)
        waiting = list(
            Claim.objects.select_for_update()
            .filter(budget_line=line, status=ClaimStatus.RESERVED)
            .order_by("pk")[:LARGEST_BATCH]
        )
        if not waiting:
            raise NothingToPay(line=line)
        row = _lock_batch(budget, waiting, by=by, at=at)
        claims.advance_many(waiting, to=ClaimStatus.BATCHED, at=at)
        _record("policy.batch_locked", row, at=at)
        return _view(row)


def sign(number: str, *, user: Any, at: datetime) -> BatchView:
    """Put one of two signatures under the batch; who locked it, or signed it, cannot."""
    require_role(user, PAYER)
    with transaction.atomic():
        row = _locked(number)
        _check_step(row, to=BatchStatus.SIGNED)
        _check_unaltered(row)
        signed = list(row.signatures.values_list("user_id", flat=True))
        if user.pk in {row.locked_by_id, *signed}:
            raise SecondPersonNeeded(batch=number)
        BatchSignature.objects.create(batch=row, place=len(signed) + 1, user=user, sha256=row.sha256, at=at)
        if len(signed) + 1 == SIGNATURES_NEEDED:
            row.status = BatchStatus.SIGNED
            row.save()
        _record("policy.batch_signed", row, at=at)
        return _view(row)


def bank_file(number: str, *, at: datetime) -> bytes:
    """Return the file for the bank, and count the batch as sent; asked again, the same bytes come and nothing moves."""
    with transaction.atomic():
        row = _locked(number)
        lines = _check_unaltered(row)
        if row.sent_at is None:
            _check_step(row, to=BatchStatus.SENT)
            _send(row, at=at)
        return bank_files.write_instructions(lines, batch=row.number, sha256=row.sha256)


def read_answer(raw: bytes, *, at: datetime) -> str:
    """Store an answer of the bank and return the number of its file; the same bytes again change nothing.

    BankFileRefused where it is unreadable, does not add up, names no batch of ours, or reuses a file number.
    """
    try:
        answer = bank_files.read_answer(raw)
    except bank_files.BankFileUnreadable as error:
        raise BankFileRefused(why=error.why) from error
    with transaction.atomic():
        _locked(answer.batch)
        known = BankFile.objects.filter(number=answer.number).first()
        if known is not None:
            if known.sha256 != answer.sha256:
                raise BankFileRefused(why="another file came under this number", file=answer.number)
            return known.number
        stored = BankFile.objects.create(
            number=answer.number,
            batch_number=answer.batch,
            sha256=answer.sha256,
            lines_count=len(answer.lines),
            total_fen=answer.total_fen,
            received_at=at,
        )
        BankAnswerLine.objects.bulk_create([_stored_line(stored, line) for line in answer.lines], batch_size=1000)
        return stored.number


def reconcile(number: str, *, at: datetime) -> Reconciliation:
    """Match the stored answers of a batch, move the money of the matches, and say where every fen is."""
    with transaction.atomic():
        row = _locked(number)
        lines = list(BankAnswerLine.objects.filter(file__batch_number=number, result="").order_by("file_id", "number"))
        instructions = _named(lines, row=row)
        for line in lines:
            _match(line, instructions.get(line.reference), row=row)
        _apply(row, lines, at=at)
        return queries.reconciliation(row.number)


def close(number: str, *, at: datetime) -> BatchView:
    """Close a batch of which every payment is paid or returned; its paid claims are reconciled."""
    with transaction.atomic():
        row = _locked(number)
        _check_step(row, to=BatchStatus.CLOSED)
        unknown = row.instructions.filter(status=InstructionStatus.SENT).count()
        if unknown:
            raise BatchStillOpen(batch=number, unknown=unknown)
        paid = list(Claim.objects.filter(instructions__batch=row, instructions__status=InstructionStatus.PAID))
        claims.advance_many(paid, to=ClaimStatus.RECONCILED, at=at)
        row.status, row.closed_at = BatchStatus.CLOSED, at
        row.save()
        _record("policy.batch_closed", row, at=at)
        return _view(row)


def _lock_batch(budget: BudgetLine, waiting: Sequence[Claim], *, by: Any, at: datetime) -> PaymentBatch:
    number = f"FZ{timezone.localdate(at):%Y%m%d}-{(PaymentBatch.objects.aggregate(last=Max('pk'))['last'] or 0) + 1:06}"
    payees = {payee.party: payee for payee in Payee.objects.filter(party__in={claim.party for claim in waiting})}
    lines = [
        InstructionLine(
            reference=f"{number}-{place:05}",
            payee_name=payees[claim.party].name,
            payee_token=payees[claim.party].token,
            amount_fen=claim.amount_fen or 0,
        )
        for place, claim in enumerate(waiting, start=1)
    ]
    row = PaymentBatch.objects.create(
        number=number,
        line=budget,
        instructions_count=len(lines),
        total_fen=sum(line.amount_fen for line in lines),
        sha256=bank_files.control_hash(lines),
        locked_by=by,
        locked_at=at,
    )
    PaymentInstruction.objects.bulk_create(
        [PaymentInstruction(batch=row, claim=claim, **vars(line)) for claim, line in zip(waiting, lines, strict=True)],
        batch_size=1000,
    )
    return row


def _check_unaltered(row: PaymentBatch) -> list[InstructionLine]:
    lines = [
        InstructionLine(
            reference=one.reference,
            payee_name=one.payee_name,
            payee_token=one.payee_token,
            amount_fen=one.amount_fen,
        )
        for one in row.instructions.order_by("reference")
    ]
    sums = (len(lines), sum(line.amount_fen for line in lines), bank_files.control_hash(lines))
    if sums != (row.instructions_count, row.total_fen, row.sha256):
        raise BatchAltered(batch=row.number)
    return lines


def _send(row: PaymentBatch, *, at: datetime) -> None:
    budgets.move(
        row.line.code,
        source="reserved",
        target="in-payment",
        amount_fen=row.total_fen,
        reference=f"payment-batch/{row.number}/send",
        at=at,
    )
    row.instructions.update(status=InstructionStatus.SENT)
    claims.advance_many(list(Claim.objects.filter(instructions__batch=row)), to=ClaimStatus.SENT, at=at)
    row.status, row.sent_at = BatchStatus.SENT, at
    row.save()
    _record("policy.batch_sent", row, at=at)


def _stored_line(file: BankFile, line: AnswerLine) -> BankAnswerLine:
    return BankAnswerLine(file=file, **vars(line))


def _named(lines: Sequence[BankAnswerLine], *, row: PaymentBatch) -> dict[str, PaymentInstruction]:
    """Return the instructions that the lines name: those of the batch, and the strangers among them by parts."""
    own = {one.reference: one for one in row.instructions.select_related("claim")} if lines else {}
    strange = sorted({line.reference for line in lines} - set(own))
    for start in range(0, len(strange), REFERENCES_AT_ONCE):
        part = strange[start : start + REFERENCES_AT_ONCE]
        own |= {one.reference: one for one in PaymentInstruction.objects.filter(reference__in=part)}
    return own


def _match(line: BankAnswerLine, instruction: PaymentInstruction | None, *, row: PaymentBatch) -> None:
    """Decide what a line comes to, and move its instruction on where it matches; only exact matches count."""
    line.result = _result(line, instruction, row=row)
    if instruction is None or line.result not in MATCHES:
        return
    line.instruction = instruction
    instruction.status = line.outcome
    instruction.bank_serial, instruction.reason = line.bank_serial, line.reason


def _result(line: BankAnswerLine, instruction: PaymentInstruction | None, *, row: PaymentBatch) -> LineResult:
    if instruction is None:
        return LineResult.UNKNOWN_REFERENCE
    if instruction.batch_id != row.pk:
        return LineResult.OTHER_BATCH
    if instruction.amount_fen != line.amount_fen:
        return LineResult.AMOUNT_DIFFERS
    if instruction.status == line.outcome:
        return LineResult.DUPLICATE
    may_come_back = instruction.status == InstructionStatus.PAID and row.status != BatchStatus.CLOSED
    if instruction.status == InstructionStatus.SENT or (line.outcome == "RETURNED" and may_come_back):
        return LineResult.MATCHED_PAID if line.outcome == "PAID" else LineResult.MATCHED_RETURNED
    return LineResult.CONTRADICTS


def _apply(row: PaymentBatch, lines: Sequence[BankAnswerLine], *, at: datetime) -> None:
    """Post what the lines came to and move the claims; nothing is posted for an exception but suspense."""
    matched = [line for line in lines if line.result in MATCHES]
    legs = _legs_of_matches(row, matched) + _legs_of_suspense(lines)
    if legs:
        first, last = lines[0], lines[-1]
        name = f"payment-batch/{row.number}/answers/{first.pk}-{last.pk}"
        for start in range(0, len(legs), postings.MAX_LEGS):
            part = legs[start : start + postings.MAX_LEGS]
            postings.post(reference=f"{name}/{start // postings.MAX_LEGS + 1}", legs=part, occurred_at=at)
    BankAnswerLine.objects.bulk_update(lines, ["result", "instruction"], batch_size=500)
    touched = list({line.instruction.pk: line.instruction for line in matched if line.instruction}.values())
    PaymentInstruction.objects.bulk_update(touched, ["status", "bank_serial", "reason"], batch_size=500)
    for result, to in (
        (LineResult.MATCHED_PAID, ClaimStatus.PAID),
        (LineResult.MATCHED_RETURNED, ClaimStatus.RETURNED),
    ):
        moved = [line.instruction.claim for line in matched if line.result == result and line.instruction]
        claims.advance_many(moved, to=to, at=at)
    if lines and row.status == BatchStatus.SENT:
        row.status = BatchStatus.PART_CONFIRMED
        row.save()
    if lines:
        _record_answers(row, lines, at=at)


def _record_answers(row: PaymentBatch, lines: Sequence[BankAnswerLine], *, at: datetime) -> None:
    """Write one event for all lines; the way of each claim stands in its steps."""
    sums = {str(result): 0 for result in LineResult}
    for line in lines:
        sums[line.result] += line.amount_fen
    detail = {"line": row.line.code, "lines": len(lines), "fen": {name: fen for name, fen in sums.items() if fen}}
    events.record("policy.batch_reconciled", subject=row.number, occurred_at=at, detail=detail)


def _legs_of_matches(row: PaymentBatch, matched: Sequence[BankAnswerLine]) -> list[Leg]:
    """In payment to paid; in payment back to the budget; a payment that came back after all, paid to the budget."""
    code = row.line.code
    legs, paid_here = [], set()
    already = set(
        BankAnswerLine.objects.filter(instruction__batch=row, result=LineResult.MATCHED_PAID).values_list(
            "instruction_id", flat=True
        )
    )
    for line in matched:
        was_paid = line.instruction_id in already or line.instruction_id in paid_here
        source = budgets.account("paid" if was_paid else "in-payment", code)
        target = budgets.account("paid" if line.result == LineResult.MATCHED_PAID else "budget", code)
        legs.append(Leg(source, target, line.amount_fen))
        if line.result == LineResult.MATCHED_PAID:
            paid_here.add(line.instruction_id)
    return legs


def _legs_of_suspense(lines: Sequence[BankAnswerLine]) -> list[Leg]:
    """What the bank says it moved and we never asked for stands in suspense until a person explains it."""
    strange = [
        line
        for line in lines
        if line.result == LineResult.UNKNOWN_REFERENCE and line.outcome == "PAID" and line.amount_fen
    ]
    if strange:
        chart.open_accounts([UNEXPLAINED], nature=Nature.SOURCE, floor=None)
        chart.open_accounts([SUSPENSE], nature=Nature.HOLDER, floor=0)
    return [Leg(UNEXPLAINED, SUSPENSE, line.amount_fen) for line in strange]


def _locked(number: str) -> PaymentBatch:
    row = PaymentBatch.objects.select_for_update(of=("self",)).select_related("line").filter(number=number).first()
    if row is None:
        raise BatchMissing(batch=number)
    return row


def _check_step(row: PaymentBatch, *, to: BatchStatus) -> None:
    if to not in PaymentBatch.NEXT_STATUSES[row.status]:
        raise BatchStepNotPossible(batch=row.number, status=str(row.status), to=str(to))


def _record(kind: str, row: PaymentBatch, *, at: datetime) -> None:
    detail = {"line": row.line.code, "count": row.instructions_count, "total_fen": row.total_fen, "sha256": row.sha256}
    events.record(kind, subject=row.number, occurred_at=at, detail=detail)


def _view(row: PaymentBatch) -> BatchView:
    return BatchView(
        number=row.number,
        line=row.line.code,
        status=str(row.status),
        count=row.instructions_count,
        total_fen=row.total_fen,
        sha256=row.sha256,
    )
