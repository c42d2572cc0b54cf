"""The tables of the app: programme versions, decisions, claims, approvals, budgets, payments, bank answers."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from identity.encrypted_fields import EncryptedTextField

LARGEST_FEN = 10**15


class ProgrammeStatus(models.TextChoices):
    """Where a version of a programme stands on its way into force."""

    DRAFT = "DRAFT", _("草案")
    REVIEWED = "REVIEWED", _("已审查")
    SIMULATED = "SIMULATED", _("已试算")
    ACTIVE = "ACTIVE", _("执行中")
    PAUSED = "PAUSED", _("已暂停")
    CLOSED = "CLOSED", _("已结束")


class ProgrammeVersion(models.Model):
    """One version of a programme with its whole text, so that a decision can be repeated years later."""

    NEXT_STATUSES: ClassVar[dict[str, set[str]]] = {
        ProgrammeStatus.DRAFT: {ProgrammeStatus.REVIEWED},
        ProgrammeStatus.REVIEWED: {ProgrammeStatus.SIMULATED},
        ProgrammeStatus.SIMULATED: {ProgrammeStatus.ACTIVE},
        ProgrammeStatus.ACTIVE: {ProgrammeStatus.PAUSED, ProgrammeStatus.CLOSED},
        ProgrammeStatus.PAUSED: {ProgrammeStatus.ACTIVE, ProgrammeStatus.CLOSED},
        ProgrammeStatus.CLOSED: set(),
    }

    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    status = models.CharField(max_length=12, choices=ProgrammeStatus, default=ProgrammeStatus.DRAFT)
    trigger = models.CharField(max_length=60)
    valid_from = models.DateField()
    valid_to = models.DateField()
    demo = models.BooleanField()
    sha256 = models.CharField(max_length=64, unique=True)
    text = models.TextField()
    registered_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    activated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="policy_one_text_per_version"),
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="policy_version_has_days"),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True)
                | Q(activated_by__isnull=True)
                | ~Q(reviewed_by=F("activated_by")),
                name="policy_reviewer_is_not_activator",
            ),
        ]


class BudgetLine(models.Model):
    """A line of the budget. Its money stands in the book under ``fen:budget/<code>`` and its three sisters."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    appropriated_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(appropriated_fen__gte=0, appropriated_fen__lte=LARGEST_FEN), name="policy_budget_in_range"
            ),
        ]


class Payee(models.Model):
    """Where a party is paid: the bank's own token for the account, never the account number itself."""

    party = models.CharField(max_length=64, unique=True)
    name = EncryptedTextField()
    token = EncryptedTextField()
    recorded_at = models.DateTimeField()


class Decision(models.Model):
    """What a programme said about a case: never changed, and repeatable from the version and the facts."""

    version = models.ForeignKey(ProgrammeVersion, on_delete=models.PROTECT)
    cause = models.CharField(max_length=120)
    party = models.CharField(max_length=64)
    subject = models.CharField(max_length=80)
    event_on = models.DateField()
    facts = models.JSONField()
    explanation = models.JSONField()
    status = models.CharField(
        max_length=12,
        choices=[("ELIGIBLE", _("符合")), ("NOT_ELIGIBLE", _("不符合")), ("UNKNOWN", _("待补充信息"))],
    )
    amount_fen = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "cause"], name="policy_one_decision_per_cause"),
            models.CheckConstraint(
                condition=Q(amount_fen__isnull=True) | Q(amount_fen__gte=0, amount_fen__lte=LARGEST_FEN),
                name="policy_decision_in_range",
            ),
        ]
        indexes = [models.Index(fields=["party", "-id"], name="policy_decisions_of_party")]


class ClaimStatus(models.TextChoices):
    """Where a claim stands between the event and the reconciled payment."""

    NEED_INFO = "NEED_INFO", _("待补充信息")
    MATCHED = "MATCHED", _("已匹配")
    CONSENTED = "CONSENTED", _("已同意")
    CHECKED = "CHECKED", _("已核对")
    APPROVED_L1 = "APPROVED_L1", _("初审通过")
    PUBLIC_NOTICE = "PUBLIC_NOTICE", _("公示中")
    APPROVED_L2 = "APPROVED_L2", _("复审通过")
    WAITLISTED = "WAITLISTED", _("等待预算")
    RESERVED = "RESERVED", _("已留预算")
    BATCHED = "BATCHED", _("已编入批次")
    SENT = "SENT", _("已发往银行")
    PAID = "PAID", _("已到账")
    RETURNED = "RETURNED", _("已退票")
    CORRECTED = "CORRECTED", _("已更正")
    RECONCILED = "RECONCILED", _("已对账")
    OBJECTED = "OBJECTED", _("有异议")
    REJECTED = "REJECTED", _("未通过")
    WITHDRAWN = "WITHDRAWN", _("已撤回")


class Claim(models.Model):
    """One party's claim under one programme for one subject and period; its facts are frozen in its decision."""

    S = ClaimStatus
    NEXT_STATUSES: ClassVar[dict[str, set[str]]] = {
        S.NEED_INFO: {S.MATCHED, S.REJECTED, S.WITHDRAWN},
        S.MATCHED: {S.CONSENTED, S.WITHDRAWN},
        S.CONSENTED: {S.CHECKED, S.REJECTED, S.WITHDRAWN},
        S.CHECKED: {S.APPROVED_L1, S.REJECTED},
        S.APPROVED_L1: {S.PUBLIC_NOTICE},
        S.PUBLIC_NOTICE: {S.APPROVED_L2, S.OBJECTED, S.REJECTED},
        S.OBJECTED: {S.CHECKED, S.REJECTED},
        S.APPROVED_L2: {S.RESERVED, S.WAITLISTED},
        S.WAITLISTED: {S.RESERVED, S.WITHDRAWN},
        S.RESERVED: {S.BATCHED},
        S.BATCHED: {S.SENT, S.RESERVED},
        S.SENT: {S.PAID, S.RETURNED},
        S.PAID: {S.RECONCILED, S.RETURNED},
        S.RETURNED: {S.CORRECTED, S.WITHDRAWN},
        S.CORRECTED: {S.RESERVED, S.WAITLISTED},
        S.RECONCILED: set(),
        S.REJECTED: set(),
        S.WITHDRAWN: set(),
    }

    number = models.CharField(max_length=40, unique=True)
    programme = models.CharField(max_length=40)
    party = models.CharField(max_length=64)
    subject = models.CharField(max_length=80)
    period = models.CharField(max_length=12)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT)
    budget_line = models.CharField(max_length=40)
    status = models.CharField(max_length=16, choices=ClaimStatus)
    amount_fen = models.BigIntegerField(null=True)
    round = models.PositiveIntegerField(default=1)
    payment_attempt = models.PositiveIntegerField(default=1)
    notice_from = models.DateField(null=True)
    notice_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "party", "subject", "period"], name="policy_one_claim_per_event"
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__isnull=True) | Q(amount_fen__gte=0, amount_fen__lte=LARGEST_FEN),
                name="policy_claim_in_range",
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__isnull=False) | Q(status__in=["NEED_INFO", "REJECTED", "WITHDRAWN"]),
                name="policy_claim_has_amount",
            ),
        ]
        indexes = [
            models.Index(fields=["party", "-id"], name="policy_claims_of_party"),
            models.Index(fields=["budget_line", "status"], name="policy_claims_of_line"),
        ]


class ClaimStep(models.Model):
    """One step of a claim with its instant: the progress line that people see; never changed."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="steps")
    status = models.CharField(max_length=16, choices=ClaimStatus)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()


class Approval(models.Model):
    """Who checked and who approved a claim; one person stands behind one step of a round only."""

    CHECK, FIRST, SECOND = "CHECK", "FIRST", "SECOND"

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="approvals")
    round = models.PositiveIntegerField()
    step = models.CharField(max_length=8, choices=[(CHECK, _("核对")), (FIRST, _("初审")), (SECOND, _("复审"))])
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    amount_fen = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "round", "user"], name="policy_maker_is_not_checker"),
            models.UniqueConstraint(fields=["claim", "round", "step"], name="policy_one_approval_per_step"),
            models.CheckConstraint(condition=Q(amount_fen__gte=0), name="policy_approval_in_range"),
        ]


class BatchStatus(models.TextChoices):
    """Where a payment batch stands."""

    LOCKED = "LOCKED", _("已锁定")
    SIGNED = "SIGNED", _("已签发")
    SENT = "SENT", _("已发往银行")
    PART_CONFIRMED = "PART_CONFIRMED", _("部分已回")
    CLOSED = "CLOSED", _("已结清")


class PaymentBatch(models.Model):
    """Instructions that go to the bank as one file, locked with their count, sum and hash."""

    NEXT_STATUSES: ClassVar[dict[str, set[str]]] = {
        BatchStatus.LOCKED: {BatchStatus.SIGNED},
        BatchStatus.SIGNED: {BatchStatus.SENT},
        BatchStatus.SENT: {BatchStatus.PART_CONFIRMED, BatchStatus.CLOSED},
        BatchStatus.PART_CONFIRMED: {BatchStatus.CLOSED},
        BatchStatus.CLOSED: set(),
    }

    number = models.CharField(max_length=40, unique=True)
    line = models.ForeignKey(BudgetLine, on_delete=models.PROTECT)
    status = models.CharField(max_length=16, choices=BatchStatus, default=BatchStatus.LOCKED)
    instructions_count = models.PositiveIntegerField()
    total_fen = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    locked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    locked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(total_fen__gt=0, total_fen__lte=LARGEST_FEN), name="policy_batch_in_range"
            ),
        ]


class BatchSignature(models.Model):
    """One of the two signatures under a batch."""

    batch = models.ForeignKey(PaymentBatch, on_delete=models.PROTECT, related_name="signatures")
    place = models.PositiveSmallIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "user"], name="policy_two_people_sign"),
            models.UniqueConstraint(fields=["batch", "place"], name="policy_one_signature_per_place"),
            models.CheckConstraint(condition=Q(place__in=[1, 2]), name="policy_two_signatures"),
        ]


class InstructionStatus(models.TextChoices):
    """What is known about one payment. SENT means: not known yet."""

    LOCKED = "LOCKED", _("待发出")
    SENT = "SENT", _("结果未知")
    PAID = "PAID", _("已到账")
    RETURNED = "RETURNED", _("已退票")


class PaymentInstruction(models.Model):
    """One payment that the bank is asked to make."""

    batch = models.ForeignKey(PaymentBatch, on_delete=models.PROTECT, related_name="instructions")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="instructions")
    reference = models.CharField(max_length=60, unique=True)
    payee_name = EncryptedTextField()
    payee_token = EncryptedTextField()
    amount_fen = models.BigIntegerField()
    status = models.CharField(max_length=12, choices=InstructionStatus, default=InstructionStatus.LOCKED)
    bank_serial = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim"], condition=~Q(status="RETURNED"), name="policy_one_live_instruction_per_claim"
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0, amount_fen__lte=LARGEST_FEN), name="policy_instruction_in_range"
            ),
        ]


class BankFile(models.Model):
    """An answer of the bank as it came; the same file number comes once."""

    number = models.CharField(max_length=60, unique=True)
    batch_number = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    lines_count = models.PositiveIntegerField()
    total_fen = models.BigIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(total_fen__gte=0), name="policy_bank_file_in_range")]


class LineResult(models.TextChoices):
    """What a line of the bank came to. Everything but the two matches is an exception that a person looks at."""

    MATCHED_PAID = "MATCHED_PAID", _("已核对：到账")
    MATCHED_RETURNED = "MATCHED_RETURNED", _("已核对：退票")
    UNKNOWN_REFERENCE = "UNKNOWN_REFERENCE", _("例外：没有这条指令")
    OTHER_BATCH = "OTHER_BATCH", _("例外：属于另一批次")
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS", _("例外：金额不符")
    DUPLICATE = "DUPLICATE", _("例外：重复")
    CONTRADICTS = "CONTRADICTS", _("例外：与先前结果矛盾")


MATCHES = (LineResult.MATCHED_PAID, LineResult.MATCHED_RETURNED)


class BankAnswerLine(models.Model):
    """One line of a bank answer; it is matched at most once, to the instruction it names."""

    file = models.ForeignKey(BankFile, on_delete=models.PROTECT, related_name="lines")
    number = models.PositiveIntegerField()
    reference = models.CharField(max_length=60)
    amount_fen = models.BigIntegerField()
    outcome = models.CharField(max_length=12, choices=[("PAID", _("到账")), ("RETURNED", _("退票"))])
    bank_serial = models.CharField(max_length=60)
    reason = models.CharField(max_length=120, blank=True)
    result = models.CharField(max_length=20, choices=LineResult, blank=True)
    instruction = models.ForeignKey(PaymentInstruction, null=True, on_delete=models.PROTECT, related_name="answers")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="policy_line_once_per_file"),
            models.UniqueConstraint(
                fields=["instruction", "result"],
                condition=Q(result__in=["MATCHED_PAID", "MATCHED_RETURNED"]),
                name="policy_instruction_matched_once",
            ),
            models.CheckConstraint(condition=Q(amount_fen__gte=0), name="policy_line_in_range"),
        ]


class JournalCursor(models.Model):
    """How far a reader of the event journal has come."""

    name = models.CharField(max_length=60, unique=True)
    sequence = models.BigIntegerField(default=0)
