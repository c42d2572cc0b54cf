"""Every error of the API is a problem with a code, a text in the reader's language and an id, never a stack."""

import json
from pathlib import Path

import pytest
from django.test import Client

CORPUS = json.loads((Path(__file__).parents[2] / "hostile_inputs.json").read_text(encoding="utf-8"))
pytestmark = [pytest.mark.urls("tests.integration.core.small_api"), pytest.mark.django_db]


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


def post(client, raw, *, to="echo", content_type="application/json", **headers):
    return client.post(f"/api/test/{to}", raw, content_type=content_type, headers=headers)


def told(response):
    assert response.headers["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert set(body) >= {"type", "title", "status", "detail", "code", "errors", "request_id"}
    assert body["status"] == response.status_code
    assert body["request_id"] == response.headers["X-Request-Id"]
    return body


@pytest.mark.parametrize("case", CORPUS["bodies"], ids=lambda case: case["name"])
def test_hostile_bodies_are_refused(client, case):
    """Trap T10: what made naive endpoints answer 500."""
    response = post(client, case["raw"].encode("utf-8", "surrogatepass"))
    assert response.status_code == case["status"]
    told(response)


@pytest.mark.parametrize("case", CORPUS["addresses"], ids=lambda case: case["name"])
def test_hostile_addresses_are_refused(client, case):
    response = client.get("/api/test/" + case["address"].replace("DIGITS", "9" * 10_000))
    assert response.status_code == case["status"]
    if case["status"] >= 400:
        told(response)


def test_a_good_body_is_read_with_its_text_composed(client):
    response = post(client, '{"amount": 9223372036854775807, "note": "e\u0301", "at": "2026-01-01T08:00:00+08:00"}')
    assert response.status_code == 200
    assert json.loads(response.content)["note"] == "é"


def test_errors_point_at_the_field(client):
    body = told(post(client, '{"amount": true, "a/b~c": 1, "parts": [1, "2"]}'))
    assert sorted((error["pointer"], error["type"]) for error in body["errors"]) == [
        ("/amount", "int_type"),
        ("/a~1b~0c", "extra_forbidden"),
        ("/parts/1", "int_type"),
    ]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("text/plain", 415),
        ("application/jsonp", 415),
        ("application/json; charset=gbk", 415),
    ],
)
def test_only_json_is_read_as_json(client, content_type, status):
    """Trap T11: text that is sent as something else is not parsed."""
    assert post(client, b'{"amount": 1}', content_type=content_type).status_code == status


def test_depth_and_length_are_bounded(client):
    assert told(post(client, b'{"amount": 1, "parts": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"))["status"] == 400
    assert told(post(client, json.dumps({"amount": 1, "parts": [1] * 10_001})))["status"] == 400
    assert post(client, json.dumps({"amount": 1, "parts": [1] * 10_000})).status_code == 200


def test_bodies_are_limited_by_route(client):
    assert told(post(client, b" " * (1024 * 1024 + 1)))["code"] == "body_too_large"
    assert post(client, b" " * (1024 * 1024) + b"{}").status_code == 413
    assert post(client, b"x" * (8 * 1024 * 1024), to="batches").status_code == 200
    assert told(post(client, b"x" * (8 * 1024 * 1024 + 1), to="batches"))["status"] == 413


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("missing", 404, "not_found"),
        ("forbidden", 403, "forbidden"),
        ("rule", 409, "test_too_few"),
        ("locked", 503, "temporarily_unavailable"),
        ("no-table", 500, "internal_error"),
        ("bug", 500, "internal_error"),
    ],
)
def test_exceptions_are_told_as_problems(client, name, status, code):
    response = client.get(f"/api/test/faults/{name}")
    assert (response.status_code, told(response)["code"]) == (status, code)
    assert b"secret" not in response.content
    assert ("Retry-After" in response.headers) == (status == 503)


def test_a_bug_is_logged_with_its_stack(client, caplog):
    client.get("/api/test/faults/bug")
    assert [record.exc_info[0] for record in caplog.records if record.name == "core.problems"] == [ZeroDivisionError]


def test_a_rule_tells_what_is_needed_to_act(client):
    body = told(client.get("/api/test/faults/rule"))
    assert (body["title"], body["context"]) == ("不够。", {"asked": 5, "held": 3})


def test_the_wrong_method_is_told_with_those_allowed(client):
    response = client.get("/api/test/echo")
    assert (told(response)["code"], response.headers["Allow"]) == ("method_not_allowed", "POST")


def test_errors_speak_the_readers_language(client):
    assert told(client.get("/api/test/nowhere"))["title"] == "找不到所请求的内容。"


def test_a_failing_signature_check_is_a_problem(client):
    assert told(post(client, b'{"amount": 1}', to="transfers/a"))["code"] == "not_authenticated"


def test_a_parameter_that_the_operation_does_not_know_is_refused(client):
    body = told(client.get("/api/test/rows?limit=5&colour=red"))
    assert (body["status"], body["errors"][0]["pointer"]) == (422, "/colour")
    assert told(client.get("/api/test/faults/bug?x=1"))["status"] == 422
    assert client.get("/api/test/rows?limit=5&after=1&name=a").status_code == 200


def test_more_parameters_than_django_reads_are_a_problem_too(client):
    query = "&".join(f"a{n}=1" for n in range(1_100))
    assert told(client.get(f"/api/test/rows?{query}"))["code"] == "too_many_parameters"


def test_a_form_that_django_refuses_to_read_is_a_problem(client):
    form = "&".join(f"a{n}=1" for n in range(1_100))
    answer = post(client, form, to="csrf-forms", content_type="application/x-www-form-urlencoded")
    assert told(answer)["status"] == 400
