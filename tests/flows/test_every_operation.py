"""Every documented operation, fuzzed from its own description and met with every hostile input, is never a fault."""

import functools
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
import schemathesis
from django.db import connection
from django.test.utils import CaptureQueriesContext, setup_databases, teardown_databases
from django.urls import get_resolver
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.api import api
from tests.flows.served_story import ServedStory

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
CORPUS = json.loads((Path(__file__).parents[1] / "hostile_inputs.json").read_text(encoding="utf-8"))
EVERYDAY_EXAMPLES, LONG_EXAMPLES = 10, 300


@functools.cache
def document():
    """Return the OpenAPI document as the site serves it."""
    return json.loads(json.dumps(api.get_openapi_schema()))


def operations():
    return [(method, path) for path, methods in document()["paths"].items() for method in methods]


@pytest.fixture(scope="module")
def site(django_db_blocker):
    """Tell the story once, in a database of its own."""
    test = connection.settings_dict["TEST"]
    usual_name = test["NAME"]
    test["NAME"] = f"{usual_name.removesuffix('.sqlite3')}_fuzz"
    with django_db_blocker.unblock():
        databases = setup_databases(verbosity=0, interactive=False)
        try:
            served = ServedStory()
            yield served
            served.close()
        finally:
            teardown_databases(databases, verbosity=0)
            test["NAME"] = usual_name


@functools.cache
def described():
    return schemathesis.openapi.from_dict(document())


def fuzz(site, method, path, *, mode, examples):
    schema = described()
    schema.app = site
    operation = schema[path][method]

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def run(case, data):
        for name, known in site.known.items():
            for place in (case.path_parameters, case.query):
                if place and name in place and data.draw(st.booleans()):
                    place[name] = data.draw(st.sampled_from(known))
        case.call_and_validate(checks=CHECKS)

    run()


def cases():
    """Return every operation with well formed input, and with malformed where there is something to get wrong."""
    for method, path in operations():
        yield method, path, GenerationMode.POSITIVE
        told = document()["paths"][path][method]
        if "requestBody" in told or any(parameter["in"] == "query" for parameter in told.get("parameters", [])):
            yield method, path, GenerationMode.NEGATIVE


@pytest.mark.parametrize(("method", "path", "mode"), cases())
def test_an_operation_answers_as_it_is_documented(site, method, path, mode):
    """Trap T16: fuzzed from its description; the hostile inputs below are asked as well."""
    fuzz(site, method, path, mode=mode, examples=EVERYDAY_EXAMPLES)


@pytest.mark.long
@pytest.mark.parametrize(("method", "path", "mode"), cases())
def test_an_operation_answers_as_it_is_documented_for_long(site, method, path, mode):
    fuzz(site, method, path, mode=mode, examples=LONG_EXAMPLES)


def ask(site, method, address, body=b"", content_type="application/json"):
    """Send a request as everyone who may; return the status and the body."""
    from werkzeug.test import Client as WsgiClient

    answer = WsgiClient(site).open(
        address, method=method.upper(), data=body, content_type=content_type if body else None,
        headers={"Idempotency-Key": "hostile-input-key-1"},
    )  # fmt: skip
    return answer.status_code, answer.headers.get("Content-Type", ""), answer.get_data()


def filled(site, path, method, *, instead=None):
    """Return the address with a known value for every path parameter, or ``instead`` in the place of all."""
    for parameter in document()["paths"][path][method].get("parameters", []):
        if parameter["in"] == "path":
            value = site.known[parameter["name"]][0] if instead is None else instead
            path = path.replace("{" + parameter["name"] + "}", quote(value, safe=":/", errors="surrogatepass"))
    return path


def no_fault(site, method, address, body=b"", **more):
    status, kind, told = ask(site, method, address, body, **more)
    assert status < 500, (method, address, body, told)
    if status >= 400:
        assert kind == "application/problem+json", (method, address, body, told)


@pytest.mark.parametrize(("method", "path"), operations())
def test_no_hostile_address_is_a_fault(site, method, path):
    for text in CORPUS["texts"]:
        no_fault(site, method, filled(site, path, method, instead=text))
    names = [p["name"] for p in document()["paths"][path][method].get("parameters", []) if p["in"] == "query"]
    for name in [*names, "unknown"]:
        for text in CORPUS["texts"]:
            value = quote(text, safe="", errors="surrogatepass")
            no_fault(site, method, f"{filled(site, path, method)}?{name}={value}")


def example_of(schema):
    """Return a plausible value of a field, so that the others are what is refused."""
    kinds = {"string": "a", "integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
    if schema.get("format") == "date":
        return "2026-05-20"
    return kinds.get(schema.get("type", "object"))


@pytest.mark.parametrize(("method", "path"), [pair for pair in operations() if pair[0] == "post"])
def test_no_hostile_body_is_a_fault(site, method, path):
    address = filled(site, path, method)
    for case in CORPUS["bodies"]:
        no_fault(site, method, address, case["raw"].encode("utf-8", "surrogatepass"))
    no_fault(site, method, address, b"\xff\xfe", content_type="application/x-ndjson")
    body = document()["paths"][path][method].get("requestBody")
    if body is None:
        return
    reference = body["content"]["application/json"]["schema"]
    shape = document()["components"]["schemas"][reference["$ref"].rpartition("/")[2]]
    fields = shape.get("properties", {})
    usual = {name: json.dumps(example_of(field)) for name, field in fields.items()}
    for name in fields:
        for value in CORPUS["values"]:
            raw = ", ".join(f'"{field}": {written}' for field, written in {**usual, name: value}.items())
            no_fault(site, method, address, f"{{{raw}}}".encode())


# Read-only, though they are sent by POST: they compute an answer and store nothing.
# Datasets and runs move no value: they are named by their content, and their steps are guarded by If-Match.
MOVES_NO_VALUE = "/api/v1/gep/"
ASKS_ONLY = {"/api/v1/policy/assess", "/api/v1/rights/conflict-check"}


def test_every_operation_that_may_move_value_carries_the_idempotency_contract(site):
    changing = {(m, p) for m, p in operations() if m not in ("get", "head", "options") and p not in ASKS_ONLY}
    changing = {(method, path) for method, path in changing if not path.startswith(MOVES_NO_VALUE)}
    assert len(changing) >= 7
    for method, path in changing:
        parameters = document()["paths"][path][method].get("parameters", [])
        keys = [parameter for parameter in parameters if parameter["name"] == "Idempotency-Key"]
        assert [(key["in"], key["required"]) for key in keys] == [("header", True)], (method, path)


@pytest.mark.parametrize("path", sorted(ASKS_ONLY))
def test_what_only_asks_stores_nothing(site, path):
    bodies = {
        "/api/v1/policy/assess": {"programme": "DEMO-RIGHT-SALE", "facts": {}, "on": "2026-05-20"},
        "/api/v1/rights/conflict-check": {
            "kind": "forest_tenure", "valid_from": "2026-01-01", "valid_to": "2027-01-01",
            "geometry": {"type": "Polygon", "coordinates": [[[117, 27], [117.001, 27], [117, 27.001], [117, 27]]]},
        },
    }  # fmt: skip
    with CaptureQueriesContext(connection) as run:
        status, _kind, told = ask(site, "post", path, json.dumps(bodies[path]).encode())
    assert status == 200, told
    assert [query["sql"] for query in run if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))] == []


FIELDS_OF_PAGES = (
    "reference",
    "person",
    "order",
    "sort",
    "page",
    "q",
    "after",
    "next",
    "county",
    "account",
    "kind",
    "status",
)


def pages():
    """Return the addresses of all pages, with a blank for each part that a reader may write."""
    found = {str(pattern.pattern) for pattern in get_resolver("web.urls").url_patterns}
    return sorted(route for route in found if "<int" not in route and not route.startswith(("i18n", "sign-out")))


@pytest.mark.parametrize("route", pages())
def test_no_hostile_address_of_a_page_is_a_fault(site, route):
    for text in CORPUS["texts"]:
        value = quote(text, safe="", errors="surrogatepass")
        path = "/" + re.sub(r"<str:\w+>", "HOSTILE", route).replace("HOSTILE", value)
        query = "&".join(f"{name}={value}" for name in FIELDS_OF_PAGES)
        for address in (path, f"{path}?{query}"):
            status, _kind, told = ask(site, "get", address)
            assert status < 500, (address, told[-2000:])
