"""What must hold of claims, payments and budgets at any time."""

from collections.abc import Iterator

from django.db.models import Count, F, Q, Sum

from core.invariants import Broken, Checked, invariant
from policy import assessment, queries
from policy.models import (
    MATCHES,
    Approval,
    BankAnswerLine,
    BankFile,
    Claim,
    ClaimStatus,
    Decision,
    InstructionStatus,
    PaymentInstruction,
)


@invariant(
    code="I12",
    zh="每个申领至多一条有效支付指令；支付不超过批准，批准不超过规则结果",
    en="A claim has at most one live instruction; paid <= approved <= what the rule gave",
)
def instructions_follow_approvals() -> Iterator[Broken | Checked]:
    """Compare each instruction with its claim, its approvals and its decision."""
    live = PaymentInstruction.objects.exclude(status=InstructionStatus.RETURNED)
    doubled = live.values("claim__number").annotate(times=Count("pk")).filter(times__gt=1)
    for twice in doubled:
        yield Broken(f"claim {twice['claim__number']}", f"{twice['times']} live instructions")
    for claim in Claim.objects.filter(
        Q(decision__amount_fen__isnull=True) | Q(amount_fen__gt=F("decision__amount_fen"))
    ):
        if claim.amount_fen is not None:
            yield Broken(f"claim {claim.number}", "its amount is above what the rule gave")
    rows = PaymentInstruction.objects.select_related("claim").prefetch_related("claim__approvals")
    for row in rows.iterator(chunk_size=1000):
        signed = {one.step: one for one in row.claim.approvals.all() if one.round == row.claim.round}
        yield from _wrong_approvals(row, signed)
    yield Checked(Claim.objects.count())


def _wrong_approvals(row: PaymentInstruction, signed: dict[str, Approval]) -> Iterator[Broken]:
    if not {Approval.CHECK, Approval.FIRST, Approval.SECOND} <= set(signed):
        yield Broken(f"instruction {row.reference}", "its claim lacks a check or an approval")
    elif len({one.user_id for one in signed.values()}) < len(signed):
        yield Broken(f"instruction {row.reference}", "one person stands behind two steps of its claim")
    elif row.amount_fen > min(one.amount_fen for one in signed.values()):
        yield Broken(f"instruction {row.reference}", "pays more than was approved")


@invariant(
    code="I13",
    zh="银行回单逐行可解释：已核对加例外等于合计，每行至多核对一次",
    en="Bank answers are explained line by line: matched + exceptions = total, each line matched at most once",
)
def answers_are_explained() -> Iterator[Broken | Checked]:
    """Compare each file with its lines, and each matched line with its instruction."""
    for file in BankFile.objects.annotate(count=Count("lines"), sum=Sum("lines__amount_fen", default=0)):
        if (file.count, file.sum) != (file.lines_count, file.total_fen):
            yield Broken(f"bank file {file.number}", "its lines do not add up to its total")
    wrong = BankAnswerLine.objects.filter(result__in=MATCHES).filter(
        Q(instruction__isnull=True)
        | ~Q(instruction__amount_fen=F("amount_fen"))
        | ~Q(instruction__reference=F("reference"))
    )
    for line in wrong.select_related("file"):
        yield Broken(f"line {line.number} of {line.file.number}", "is matched to what it does not name")
    settled = PaymentInstruction.objects.filter(status__in=[InstructionStatus.PAID, InstructionStatus.RETURNED])
    for row in settled.exclude(answers__result__in=MATCHES):
        yield Broken(f"instruction {row.reference}", "is settled without a line of the bank")
    yield Checked(BankAnswerLine.objects.count())


@invariant(
    code="I14",
    zh="预算科目已支出加已占用不超过预算",
    en="Spent and reserved never exceed the budget line",
)
def budgets_hold() -> Iterator[Broken | Checked]:
    """Compare the pots of each line in the book with the appropriation and with the claims and instructions."""
    lines = queries.budget_lines()
    for line in lines:
        pots = line.free_fen + line.reserved_fen + line.in_payment_fen + line.paid_fen
        if pots != line.appropriated_fen or line.free_fen < 0:
            yield Broken(f"budget line {line.code}", f"its pots hold {pots} of {line.appropriated_fen} fen")
        for pot, held, told in _pots_as_claimed(line):
            if held != told:
                yield Broken(f"budget line {line.code}", f"{pot}: the book holds {held}, the claims say {told} fen")
    yield Checked(len(lines))


def _pots_as_claimed(line: queries.BudgetView) -> Iterator[tuple[str, int, int]]:
    waiting = Claim.objects.filter(budget_line=line.code, status__in=[ClaimStatus.RESERVED, ClaimStatus.BATCHED])
    sent = PaymentInstruction.objects.filter(batch__line__code=line.code)
    yield "reserved", line.reserved_fen, _total(waiting)
    yield "in payment", line.in_payment_fen, _total(sent.filter(status=InstructionStatus.SENT))
    yield "paid", line.paid_fen, _total(sent.filter(status=InstructionStatus.PAID))


def _total(rows: object) -> int:
    return rows.aggregate(sum=Sum("amount_fen", default=0))["sum"]  # type: ignore[attr-defined]


@invariant(
    code="P27",
    zh="已作决定按其政策版本和事实重算，结果完全一致",
    en="Every stored decision comes out the same from its version and its facts",
)
def decisions_repeat() -> Iterator[Broken | Checked]:
    """Decide every stored case again with the text of its version."""
    rows = 0
    for decision in Decision.objects.select_related("version").order_by("pk").iterator(chunk_size=500):
        rows += 1
        again = assessment.assess(queries.stored_programme(decision.version.text), decision.facts).as_dict()
        told = (again["status"], again["amount_fen"])
        if again != decision.explanation or told != (decision.status, decision.amount_fen):
            yield Broken(f"decision {decision.pk}", "comes out otherwise when it is repeated")
    yield Checked(rows)
