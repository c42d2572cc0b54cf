"""The description of the API as a page of our own: no scripts, nothing loaded from elsewhere."""

import json
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve, reverse

METHODS = ("get", "post", "put", "patch", "delete")
DEEPEST_EXAMPLE = 6


@dataclass(frozen=True)
class Operation:
    """One operation as the page lists it."""

    method: str
    path: str
    anchor: str
    summary: str
    description: str
    parameters: list[dict]
    body_example: str
    responses: dict[str, str]


def resolved(schema: dict, *, components: dict) -> dict:
    """Return the schema that a ``$ref`` names, or the schema itself."""
    reference = schema.get("$ref", "")
    return components.get(reference.rsplit("/", 1)[-1], {}) if reference else schema


def example(schema: dict, *, components: dict, depth: int = 0) -> object:
    """Return a value of the shape that ``schema`` asks for, with its own examples and defaults where it has them."""
    schema = resolved(schema, components=components)
    if "example" in schema or schema.get("examples"):
        return schema.get("example", (schema.get("examples") or [None])[0])
    if "default" in schema or schema.get("enum"):
        return schema.get("default", (schema.get("enum") or [None])[0])
    for choice in ("anyOf", "oneOf", "allOf"):
        if schema.get(choice):
            return example(schema[choice][0], components=components, depth=depth + 1)
    if depth > DEEPEST_EXAMPLE:
        return None
    if schema.get("type") == "object" or "properties" in schema:
        inside = schema.get("properties", {})
        return {name: example(part, components=components, depth=depth + 1) for name, part in inside.items()}
    if schema.get("type") == "array":
        return [example(schema.get("items", {}), components=components, depth=depth + 1)]
    formats = {"date-time": "2026-01-01T08:00:00+08:00", "date": "2026-01-01"}
    plain = {"integer": 1, "number": 1.5, "boolean": True, "string": formats.get(schema.get("format", ""), "…")}
    return plain.get(str(schema.get("type")))


def body_example(operation: dict, *, components: dict) -> str:
    """Return an example of the JSON body, or empty text where the operation takes none."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if not content:
        return ""
    given = content.get("example") or example(content.get("schema", {}), components=components)
    return json.dumps(given, ensure_ascii=False, indent=2)


def described(schema: dict) -> list[Operation]:
    """Return every operation of an OpenAPI document in the order of their paths."""
    components = schema.get("components", {}).get("schemas", {})
    rows = []
    for path, item in sorted(schema.get("paths", {}).items()):
        for method, operation in ((name, item[name]) for name in METHODS if name in item):
            responses = {str(status): told.get("description", "") for status, told in operation["responses"].items()}
            row = Operation(
                method=method.upper(),
                path=path,
                anchor=operation.get("operationId", f"{method}-{path}"),
                summary=operation.get("summary", ""),
                description=operation.get("description", ""),
                parameters=operation.get("parameters", []),
                body_example=body_example(operation, components=components),
                responses=responses,
            )
            rows.append(row)
    return rows


def page(request: HttpRequest) -> HttpResponse:
    """List every operation of the API with its parameters, an example body and its answers."""
    served = resolve(reverse("api:openapi-json"))
    schema = json.loads(served.func(request, **served.kwargs).content)
    return render(request, "api_docs/page.html", {"operations": described(schema), "title": schema["info"]["title"]})
