"""The contract of Idempotency-Key, row by row."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.db.models.functions import Now
from django.http import HttpResponse
from django.test import Client

from core import idempotency
from core.models import IdempotencyKey, Job
from tests.integration.core import small_api

URL = "/api/test/transfers/a"
pytestmark = pytest.mark.urls("tests.integration.core.small_api")


def send(key="k1", *, amount=5, caller="bank", url=URL, raw=None):
    headers = {"X-Caller": caller} if caller else {}
    if key is not None:
        headers["Idempotency-Key"] = key
    body = raw or json.dumps({"amount": amount})
    return Client(raise_request_exception=False).post(url, body, content_type="application/json", headers=headers)


def effects():
    return Job.objects.filter(kind="effect").count()


@pytest.mark.django_db
def test_the_first_answer_is_replayed_byte_for_byte():
    first, second = send(), send()
    assert (first.status_code, json.loads(first.content)) == (201, {"account": "a", "amount": 5, "number": 1})
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    assert ("Idempotency-Replayed" in first.headers, second.headers["Idempotency-Replayed"]) == (False, "true")
    assert effects() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", [None, "", "k" * 256, "a b", "密钥"])
def test_a_route_that_moves_value_needs_a_key(key):
    response = send(key) if key != "密钥" else send("\u5bc6".encode().decode("latin-1"))
    assert (response.status_code, json.loads(response.content)["code"]) == (400, "idempotency-key-required")
    assert (effects(), IdempotencyKey.objects.count()) == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"amount": 6}, id="other body"),
        pytest.param({"url": "/api/test/transfers/b"}, id="other address"),
    ],
)
def test_the_key_of_another_request_is_refused_without_telling_what_it_was(other):
    send()
    response = send(**other)
    body = json.loads(response.content)
    assert (response.status_code, body["code"], list(body["context"])) == (
        422,
        "idempotency-key-reused",
        ["first_used_at"],
    )
    assert effects() == 1


@pytest.mark.django_db
def test_another_spelling_of_the_same_body_is_the_same_request():
    send(raw='{"amount": 5, "note": "\u00e9"}')
    assert send(raw='{ "note":"e\u0301", "amount":5 }').headers["Idempotency-Replayed"] == "true"


@pytest.mark.django_db
def test_the_same_key_of_another_caller_is_another_key():
    assert [send(caller="bank").status_code, send(caller="shop").status_code] == [201, 201]
    assert effects() == 2


@pytest.mark.django_db
def test_what_fails_before_the_operation_leaves_the_key_free():
    assert send(raw='{"amount": true}').status_code == 422
    assert send(raw="{").status_code == 400
    assert send(caller=None).status_code == 401
    assert send().status_code == 201


@pytest.mark.django_db
def test_a_rules_no_is_a_decision_that_stays():
    first, second = send(amount=101), send(amount=101)
    assert (first.status_code, json.loads(first.content)["code"]) == (409, "test_too_few")
    assert (second.status_code, second.content) == (409, first.content)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert effects() == 0


@pytest.mark.django_db
def test_a_crash_leaves_no_trace_and_the_retry_runs_once(monkeypatch):
    def crash():
        raise ZeroDivisionError

    monkeypatch.setitem(small_api.happen, "after", crash)
    assert send().status_code == 500
    assert (effects(), IdempotencyKey.objects.count()) == (0, 0)
    monkeypatch.setitem(small_api.happen, "after", lambda: None)
    assert (send().status_code, send().status_code, effects()) == (201, 201, 1)


@pytest.mark.django_db
def test_a_key_older_than_thirty_days_is_new():
    send()
    IdempotencyKey.objects.update(created_at=Now() - timedelta(days=30, seconds=1))
    assert "Idempotency-Replayed" not in send().headers
    assert (effects(), IdempotencyKey.objects.count()) == (2, 1)
    IdempotencyKey.objects.update(created_at=Now() - timedelta(days=29))
    assert send().headers["Idempotency-Replayed"] == "true"


@pytest.mark.django_db
def test_an_answer_of_500_is_not_kept():
    answers = iter([HttpResponse(status=503), HttpResponse("done")])

    def work():
        Job.objects.create(kind="effect", cause_key=str(effects()), payload={}, due_at="2026-01-01T00:00Z")
        return next(answers)

    terms = {"caller": "c", "key": "k", "fingerprint": "f" * 64, "work": work, "refused": lambda violation: None}
    assert [idempotency.once(**terms).status_code for _ in range(3)] == [503, 200, 200]
    assert effects() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_sends_of_one_key_have_one_effect(monkeypatch):
    start = threading.Barrier(20)
    answers = []

    def one():
        try:
            start.wait()
            answers.append(send())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert effects() == 1
    created = [answer for answer in answers if answer.status_code == 201]
    running = [answer for answer in answers if answer.status_code == 409]
    assert len(created) + len(running) == 20
    assert len({answer.content for answer in created}) == 1
    assert len([answer for answer in created if "Idempotency-Replayed" not in answer.headers]) == 1
    assert {answer.headers["Retry-After"] for answer in running} <= {"1"}
    assert {json.loads(answer.content)["code"] for answer in running} <= {"idempotency-key-in-use"}


@pytest.mark.django_db(transaction=True)
def test_a_second_request_does_not_wait_for_the_first_on_postgresql(monkeypatch):
    inside, go_on = threading.Event(), threading.Event()
    answers = []

    def stay():
        inside.set()
        go_on.wait(10)

    def one():
        try:
            answers.append(send())
        finally:
            connections.close_all()

    monkeypatch.setitem(small_api.happen, "before", stay)
    first = threading.Thread(target=one)
    first.start()
    assert inside.wait(10)
    if connection.vendor == "postgresql":
        second = send()
        assert (second.status_code, second.headers["Retry-After"]) == (409, "1")
    go_on.set()
    first.join()
    assert answers[0].status_code == 201
    assert send().headers["Idempotency-Replayed"] == "true"
