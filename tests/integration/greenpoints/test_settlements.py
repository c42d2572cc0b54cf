"""A merchant's statement: what was confirmed, less refunds, is what is paid, to the fen."""

from datetime import date, timedelta

import pytest
from coins import broken, give, noon

from bookkeeping import queries as book
from greenpoints.redemption import redemptions, settlements

FIRST = date(2026, 11, 2)


@pytest.fixture(autouse=True)
def _the_book_holds_afterwards(db):
    yield
    assert broken() == []


@pytest.fixture
def rich(scene):
    give(scene[0], 150, on=FIRST)
    return scene[0]


def redeem(person, coins, order, *, on):
    redemptions.hold(person=person, merchant="tea-house", coins=coins, order=order, at=noon(on))
    redemptions.confirm(merchant="tea-house", order=order, at=noon(on))


def refund(order, line, coins, *, on):
    redemptions.refund(merchant="tea-house", order=order, line=line, coins=coins, at=noon(on))


def close(last_on, *, on=None):
    return settlements.close(merchant="tea-house", last_on=last_on, at=noon(on or last_on + timedelta(days=1)))


def pay(last_on, bank="B-1"):
    at = noon(last_on + timedelta(days=9))
    return settlements.pay(merchant="tea-house", last_on=last_on, bank_reference=bank, by="fay", at=at)


def test_a_week_is_stated_and_paid(rich):
    redeem(rich, 10, "o1", on=FIRST)
    redeem(rich, 20, "o2", on=FIRST + timedelta(days=6))
    redeem(rich, 40, "o3", on=FIRST + timedelta(days=7))
    refund("o2", "r1", 5, on=FIRST + timedelta(days=6))
    week = FIRST + timedelta(days=6)
    told = close(week)
    assert (told.first_on, told.orders, told.confirmed_coins, told.refunded_coins) == (FIRST, 2, 30, 5)
    assert (told.confirmed_fen, told.refunded_fen, told.carried_fen, told.due_fen) == (150, 25, 0, 125)
    assert close(week) == told
    for _again in range(2):
        assert pay(week).paid_fen == 125
    assert (book.balance("fen:paid/tea-house").posted, book.balance("fen:payable/tea-house").posted) == (125, 200)
    assert (book.balance("coin:settled/tea-house").posted, book.balance("coin:merchant/tea-house").posted) == (25, 40)
    with pytest.raises(settlements.StatementNotPayable):
        pay(week, "B-2")


def test_refunds_of_paid_orders_are_kept_back_from_the_next_payment(rich):
    redeem(rich, 10, "o1", on=FIRST)
    close(FIRST)
    pay(FIRST)
    refund("o1", "r1", 10, on=FIRST + timedelta(days=1))
    assert book.balance("fen:clawback/tea-house").posted == -50
    assert book.balance(f"coin:resident/{rich}").posted == 150
    second = FIRST + timedelta(days=1)
    assert close(second).due_fen == -50
    with pytest.raises(settlements.StatementNotPayable):
        pay(second)
    third = FIRST + timedelta(days=2)
    redeem(rich, 16, "o2", on=third)
    told = close(third)
    assert (told.carried_fen, told.due_fen) == (-50, 30)
    assert pay(third, "B-2").paid_fen == 30
    assert (book.balance("fen:clawback/tea-house").posted, book.balance("fen:payable/tea-house").posted) == (0, 0)


def test_a_refund_between_statement_and_payment_goes_to_the_next(rich):
    redeem(rich, 10, "o1", on=FIRST)
    close(FIRST)
    refund("o1", "r1", 4, on=FIRST + timedelta(days=1))
    assert pay(FIRST).paid_fen == 30
    told = close(FIRST + timedelta(days=1))
    assert (told.carried_fen, told.refunded_fen, told.due_fen) == (20, 20, 0)


def test_periods_have_no_gap_and_no_overlap(rich):
    with pytest.raises(settlements.NothingToState):
        close(FIRST)
    redeem(rich, 1, "o1", on=FIRST)
    with pytest.raises(settlements.PeriodNotOver):
        close(FIRST, on=FIRST)
    close(FIRST + timedelta(days=3))
    for early in (FIRST + timedelta(days=2), FIRST):
        with pytest.raises(settlements.PeriodNotOver):
            close(early, on=FIRST + timedelta(days=9))
    with pytest.raises(settlements.FormerStatementOpen):
        close(FIRST + timedelta(days=5))
    with pytest.raises(settlements.StatementMissing):
        pay(FIRST)


def test_a_disputed_statement_waits_for_somebody_elses_answer(rich):
    redeem(rich, 10, "o1", on=FIRST)
    close(FIRST)
    told = {"merchant": "tea-house", "last_on": FIRST, "by": "shop", "at": noon(FIRST)}
    raised = settlements.dispute(reason="少计一单", order="o1", **told)
    assert settlements.dispute(reason="少计一单", order="o1", **told) == raised
    with pytest.raises(settlements.StatementNotPayable):
        pay(FIRST)
    for wrong in ({"reason": ""}, {"reason": "x", "order": "none"}):
        with pytest.raises(settlements.DisputeRefused):
            settlements.dispute(**told | wrong)
    with pytest.raises(settlements.DisputeDecided):
        settlements.answer(raised.pk, accept=False, text="x", by="shop", at=noon(FIRST))
    done = settlements.answer(raised.pk, accept=False, text="已计入", by="fay", at=noon(FIRST))
    assert done.status == "rejected"
    with pytest.raises(settlements.DisputeDecided):
        settlements.answer(raised.pk, accept=True, text="x", by="fay", at=noon(FIRST))
    assert pay(FIRST).paid_fen == 50
    with pytest.raises(settlements.DisputeRefused):
        settlements.dispute(reason="too late", **told)
