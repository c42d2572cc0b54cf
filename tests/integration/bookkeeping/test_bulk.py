"""Batches: the same books as one by one, in a constant number of statements."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookkeeping import bulk, chart, leg_columns, postings, queries
from bookkeeping.postings import Leg
from core.errors import RuleViolation

NOW = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
A, B, TEA, BUS = "coin:resident/a", "coin:resident/b", "coin:merchant/tea", "coin:fund/bus"


def post_rows(rows, legs=None):
    """Post ``rows``; ``legs`` counts the legs of each posting, without it every row is one."""
    references, sources, targets, quantities = zip(*rows, strict=True)
    return bulk.post_many(
        references=references, sources=sources, targets=targets, quantities=quantities, occurred_at=NOW, legs=legs
    ).status.tolist()


@pytest.mark.usefixtures("accounts")
def test_each_row_gets_its_answer():
    post_rows([("gift", BUS, A, 10)])
    chart.freeze("coin:resident/c", at=NOW)
    answers = post_rows(
        [
            ("gift", BUS, A, 10),
            ("one", A, B, 4),
            ("gift", BUS, A, 11),
            ("two", A, B, 7),
            ("three", A, B, 3),
            ("three", A, TEA, 3),
            ("one", A, B, 4),
            ("four", BUS, "coin:resident/nobody", 1),
            ("five", BUS, "coin:resident/c", 1),
            ("six", BUS, "fen:budget/forest", 1),
            ("seven", A, A, 1),
            ("one", A, B, 5),
            ("eight", BUS, TEA, 51),
            ("gift", BUS, "coin:resident/nobody", 10),
            ("three", BUS, "coin:resident/nobody", 10),
        ],
        legs=[0, 0, 0, 0, 0, 1] + [0] * 9,
    )
    assert answers == [
        "replayed",
        "posted",
        "reference_reused",
        "overdrawn",
        "posted",
        "posted",
        "replayed",
        "account_missing",
        "account_frozen",
        "assets_differ",
        "same_account",
        "reference_reused",
        "over_limit",
        "reference_reused",
        "reference_reused",
    ]
    assert [queries.balance(code).posted for code in (BUS, A, B, TEA)] == [-10, 0, 7, 3]
    assert [leg.leg for leg in queries.posting("three")] == [0, 1]


@pytest.mark.usefixtures("accounts")
def test_a_row_sent_twice_counts_once_also_next_to_itself():
    assert post_rows([("d", BUS, A, 10), ("d", BUS, A, 10), ("d", BUS, A, 11)]) == [
        "posted",
        "replayed",
        "reference_reused",
    ]
    assert queries.balance(A).posted == 10


@pytest.mark.usefixtures("accounts")
def test_bad_rows_do_not_stop_the_good_ones_of_a_plain_batch():
    answers = post_rows([("x", BUS, A, 1), ("y", BUS, "coin:resident/nobody", 1), ("z", BUS, B, 1)])
    assert answers == ["posted", "account_missing", "posted"]
    assert (queries.balance(A).posted, queries.balance(B).posted) == (1, 1)


@pytest.mark.usefixtures("accounts")
def test_an_empty_batch_is_nothing():
    empty = bulk.post_many(references=[], sources=[], targets=[], quantities=[], occurred_at=NOW)
    assert empty.status.tolist() == []


@pytest.mark.usefixtures("accounts")
def test_a_hundred_thousand_take_as_many_statements_as_ten():
    counts = {}
    for size in (10, 100_000):
        columns = {
            "references": [f"batch/{size}/row/{n}" for n in range(size)],
            "sources": BUS,
            "targets": [A, B] * (size // 2),
            "quantities": [1, 2] * (size // 2),
            "occurred_at": NOW,
        }
        with CaptureQueriesContext(connection) as first:
            assert set(bulk.post_many(**columns).status) == {"posted"}
        columns["references"][3] = f"batch/{size}/new"
        columns["quantities"][4] = 9
        with CaptureQueriesContext(connection) as again:
            statuses = bulk.post_many(**columns).status.tolist()
        assert (statuses[3], statuses[4]) == ("posted", "reference_reused")
        assert statuses.count("replayed") == size - 2
        counts[size] = (len(first), len(again))
    assert counts[10] == counts[100_000]
    assert max(counts[10]) <= 14
    assert queries.balance(A).posted == 5 + 50_000
    assert queries.balance(B).posted == 12 + 100_002


CODES = ["coin:fund/bus", "coin:fund/bike", "coin:resident/a", "coin:resident/b", "coin:merchant/tea", "coin:nobody"]
LEGS = st.tuples(st.sampled_from(CODES), st.sampled_from([*CODES, "fen:budget/forest"]), st.integers(1, 40))
POSTINGS = st.tuples(st.integers(0, 12), st.lists(LEGS, min_size=1, max_size=3))


def one_by_one(wanted):
    answers = []
    for reference, legs in wanted:
        try:
            posted = postings.post(reference=reference, legs=[Leg(*leg) for leg in legs], occurred_at=NOW)
            answers += ["replayed" if posted.replayed else "posted"] * len(legs)
        except RuleViolation as refusal:
            answers += [refusal.code] * len(legs)
    return answers


def book():
    held = queries.balances(CODES[:-1])
    return {code: balance.posted for code, balance in held.items()}


class Undo(Exception):
    """Ends a trial."""


def tried(post):
    """Return the answers and the balances that ``post`` leads to on the small chart, and undo it all."""
    try:
        with transaction.atomic():
            post_rows([("gift", BUS, A, 20)])
            answers = post()
            found = answers, book()
            raise Undo
    except Undo:
        return found


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.lists(POSTINGS, min_size=1, max_size=15), frozen=st.sampled_from([None, "coin:resident/b"]))
def test_a_batch_makes_the_same_books_as_one_by_one(wanted, frozen, accounts):
    named = [(f"r{n}", legs) for n, legs in wanted]
    chart.unfreeze("coin:resident/b", at=NOW)
    if frozen:
        chart.freeze(frozen, at=NOW)
    rows = [(reference, *leg) for reference, legs in named for leg in legs]
    counted = [place for _, legs in named for place in range(len(legs))]
    single, batch = tried(lambda: one_by_one(named)), tried(lambda: post_rows(rows, legs=counted))
    # Where a leg is at fault twice over, which limit is told first is the database's choice.
    either = {"overdrawn": "beyond a limit", "over_limit": "beyond a limit"}
    assert [either.get(a, a) for a in batch[0]] == [either.get(a, a) for a in single[0]]
    assert batch[1] == single[1]


@pytest.mark.usefixtures("accounts")
def test_an_account_that_is_frozen_while_the_batch_is_made_refuses_its_part_only(monkeypatch, now):
    look_up = leg_columns.look_up

    def then_freeze(*codes, **references):
        found = look_up(*codes, **references)
        chart.freeze("coin:resident/b", at=now)
        return found

    monkeypatch.setattr(leg_columns, "look_up", then_freeze)
    result = bulk.post_many(
        references=["bus/1", "bus/2"], sources="coin:fund/bike", targets=["coin:resident/a", "coin:resident/b"],
        quantities=[5, 5], occurred_at=now,
    )  # fmt: skip
    assert result.status.tolist() == ["posted", "account_frozen"]
    assert [queries.balance(f"coin:resident/{name}").posted for name in "ab"] == [5, 0]
