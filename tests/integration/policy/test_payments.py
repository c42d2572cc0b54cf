"""Payments: two signatures, bank answers of every sort, and a place for every fen."""

import random

import pytest

from bookkeeping import queries as book
from core.invariants import registered
from fixtures.fake_bank import NAME_MISMATCH, PAID, SILENT, WRONG_AMOUNT, FakeBank
from policy import claims, payments, queries
from policy.models import Claim, PaymentInstruction
from policy.programmes import SecondPersonNeeded
from tests.integration.policy.conftest import AFTER_NOTICE, AT

pytestmark = pytest.mark.django_db


def broken():
    return [(one.code, row) for one in registered() if one.code in {"I12", "I13", "I14", "P27"}
            for row in one.check() if hasattr(row, "what")]  # fmt: skip


def statuses():
    return list(PaymentInstruction.objects.order_by("reference").values_list("status", flat=True))


def test_w26_bank_reconciliation(sent):
    number, file = sent(1_000_000, 500_000, 4_000_000, 1_000_000, 2_000_000)
    bank = FakeBank(file, behave={3: NAME_MISMATCH, 4: SILENT})
    payments.read_answer(bank.answer(extra=[["D", "NOBODY-1", "7.77", "成功", "S999", ""]]), at=AFTER_NOTICE)
    found = payments.reconcile(number, at=AFTER_NOTICE)
    assert (found.total_fen, found.paid_fen, found.returned_fen, found.open_fen) == (
        8_500_000, 3_500_000, 4_000_000, 1_000_000,
    )  # fmt: skip
    assert found.matched_fen + found.exceptions_fen == found.answered_fen == 7_500_777
    assert found.exceptions == {"UNKNOWN_REFERENCE": 1}
    assert not found.closable
    with pytest.raises(payments.BatchStillOpen):
        payments.close(number, at=AFTER_NOTICE)
    (line,) = queries.budget_lines()
    assert (line.free_fen, line.in_payment_fen, line.paid_fen) == (95_500_000, 1_000_000, 3_500_000)
    assert book.balance(payments.SUSPENSE).posted == 777
    assert broken() == []


def test_a_late_answer_closes_the_batch_and_a_return_is_paid_again(sent, officers, budget):
    number, file = sent(1_000_000, 500_000)
    bank = FakeBank(file, behave={1: SILENT, 2: NAME_MISMATCH})
    payments.read_answer(bank.answer(), at=AFTER_NOTICE)
    payments.reconcile(number, at=AFTER_NOTICE)
    payments.read_answer(bank.late_answer(1), at=AFTER_NOTICE)
    assert payments.reconcile(number, at=AFTER_NOTICE).closable
    assert payments.close(number, at=AFTER_NOTICE).status == "CLOSED"
    returned = Claim.objects.get(status="RETURNED")
    claims.correct(returned.number, name="资溪县竹业合作社", token="TK0002", party=returned.party, at=AFTER_NOTICE)
    assert claims.reserve(returned.number, at=AFTER_NOTICE).status == "RESERVED"
    second = payments.batch(budget, by=officers["payer"], at=AFTER_NOTICE)
    for signer in ("signer1", "signer2"):
        payments.sign(second.number, user=officers[signer], at=AFTER_NOTICE)
    bank = FakeBank(payments.bank_file(second.number, at=AFTER_NOTICE))
    payments.read_answer(bank.answer(encoding="utf-8", full_width=True), at=AFTER_NOTICE)
    assert payments.reconcile(second.number, at=AFTER_NOTICE).paid_fen == 500_000
    payments.close(second.number, at=AFTER_NOTICE)
    assert set(Claim.objects.values_list("status", flat=True)) == {"RECONCILED"}
    assert broken() == []


def test_repeats_wrong_amounts_and_contradictions_move_nothing(sent):
    number, file = sent(1_000_000, 500_000)
    bank = FakeBank(file, behave={2: WRONG_AMOUNT})
    first = bank.answer()
    payments.read_answer(first, at=AFTER_NOTICE)
    payments.reconcile(number, at=AFTER_NOTICE)
    assert statuses() == ["PAID", "SENT"]
    payments.read_answer(first, at=AFTER_NOTICE)
    payments.read_answer(bank.late_answer(1, 1), at=AFTER_NOTICE)
    found = payments.reconcile(number, at=AFTER_NOTICE)
    assert statuses() == ["PAID", "SENT"]
    assert found.exceptions == {"AMOUNT_DIFFERS": 1, "DUPLICATE": 2}
    assert found.matched_fen + found.exceptions_fen == found.answered_fen == 1_000_000 + 500_100 + 2_000_000
    assert broken() == []


def test_a_reversal_takes_the_money_back_and_cannot_be_undone_by_a_late_success(sent):
    number, file = sent(1_000_000)
    bank = FakeBank(file)
    for answer in (bank.answer(), bank.reversal(1), bank.late_answer(1)):
        payments.read_answer(answer, at=AFTER_NOTICE)
    found = payments.reconcile(number, at=AFTER_NOTICE)
    assert (found.paid_fen, found.returned_fen) == (0, 1_000_000)
    assert found.exceptions == {"CONTRADICTS": 1}
    (line,) = queries.budget_lines()
    assert (line.free_fen, line.paid_fen) == (100_000_000, 0)
    assert broken() == []


def test_a_file_that_does_not_add_up_posts_nothing(sent):
    number, file = sent(1_000_000)
    raw = FakeBank(file).answer()
    with pytest.raises(payments.BankFileRefused):
        payments.read_answer(raw.replace(b"10000.00", b"10000.01", 1), at=AFTER_NOTICE)
    payments.read_answer(raw, at=AFTER_NOTICE)
    with pytest.raises(payments.BankFileRefused):
        payments.read_answer(raw.replace("成功".encode("gb18030"), "退票".encode("gb18030")), at=AFTER_NOTICE)
    assert payments.reconcile(number, at=AFTER_NOTICE).paid_fen == 1_000_000


def test_the_bank_file_goes_out_once_and_reads_the_same_again(sent):
    number, file = sent(1_000_000)
    assert payments.bank_file(number, at=AFTER_NOTICE) == file
    (line,) = queries.budget_lines()
    assert line.in_payment_fen == 1_000_000


def test_two_other_people_sign(approved, officers, budget):
    approved("s1", amount_fen=10_000)
    batch = payments.batch(budget, by=officers["payer"], at=AFTER_NOTICE)
    with pytest.raises(SecondPersonNeeded):
        payments.sign(batch.number, user=officers["payer"], at=AFTER_NOTICE)
    assert payments.sign(batch.number, user=officers["signer1"], at=AFTER_NOTICE).status == "LOCKED"
    with pytest.raises(SecondPersonNeeded):
        payments.sign(batch.number, user=officers["signer1"], at=AFTER_NOTICE)
    with pytest.raises(payments.BatchStepNotPossible):
        payments.bank_file(batch.number, at=AFTER_NOTICE)
    assert payments.sign(batch.number, user=officers["signer2"], at=AFTER_NOTICE).status == "SIGNED"


def test_an_altered_batch_is_neither_signed_nor_sent(approved, officers, budget):
    approved("s1", amount_fen=10_000)
    batch = payments.batch(budget, by=officers["payer"], at=AFTER_NOTICE)
    PaymentInstruction.objects.update(payee_token="TK6666")
    with pytest.raises(payments.BatchAltered):
        payments.sign(batch.number, user=officers["signer1"], at=AFTER_NOTICE)


def test_seeded_faults_are_found(sent):
    number, file = sent(1_000_000)
    payments.read_answer(FakeBank(file).answer(), at=AFTER_NOTICE)
    payments.reconcile(number, at=AFTER_NOTICE)
    assert broken() == []
    PaymentInstruction.objects.update(amount_fen=1_000_001)
    assert {code for code, _row in broken()} == {"I12", "I13", "I14"}


def test_nothing_to_pay(budget, officers):
    with pytest.raises(payments.NothingToPay):
        payments.batch(budget, by=officers["payer"], at=AT)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_bank_does_every_fen_has_a_place(sent, seed):
    chance = random.Random(seed)
    amounts = [chance.choice([500_000, 500_000, 10_000, 4_999_900]) for _place in range(8)]
    number, file = sent(*amounts)
    ways = [PAID, NAME_MISMATCH, SILENT, WRONG_AMOUNT]
    bank = FakeBank(file, behave={place: chance.choice(ways) for place in range(1, 9)})
    answers = [bank.answer(), bank.late_answer(*chance.sample(range(1, 9), 3)), bank.reversal(chance.randint(1, 8))]
    chance.shuffle(answers)
    for raw in [*answers, answers[0]]:
        payments.read_answer(raw, at=AFTER_NOTICE)
        found = payments.reconcile(number, at=AFTER_NOTICE)
        assert found.paid_fen + found.returned_fen + found.open_fen == found.total_fen == sum(amounts)
        assert found.matched_fen + found.exceptions_fen == found.answered_fen
        assert broken() == []


def test_many_lines_take_a_constant_number_of_statements(sent, django_assert_max_num_queries):
    number, file = sent(*[10_000] * 30)
    payments.read_answer(FakeBank(file).answer(), at=AFTER_NOTICE)
    with django_assert_max_num_queries(40):
        assert payments.reconcile(number, at=AFTER_NOTICE).paid_fen == 300_000
