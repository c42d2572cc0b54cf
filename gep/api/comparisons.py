"""Over HTTP: two accounts compared, a scenario against its base, and what a project unit is worth."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from gep import comparisons, project_values, queries
from gep.api.conditions import Code, analysts, reader_of
from gep.project_values import ProjectValue
from gep.schemas.comparisons import ComparisonOut
from gep.schemas.project_values import ComparablesIn, IncomeIn, ProjectValueOut

router = Router(tags=["gep comparisons"])


@router.get("/accounts/{code}/compare/{other}", response=ComparisonOut, summary="Compare two accounts")
def compare_accounts(request: HttpRequest, code: str = Code, other: str = Code) -> dict[str, Any]:
    """Tell how ``other`` differs from ``code``, indicator by indicator; a scenario is compared with its base so too.

    Losses keep their sign. Where the methods are the same a change is split into quantity and price, else what is not
    price is the method's.
    """
    reader = reader_of(request)
    first, second = (queries.account(one, reader=reader) for one in (code, other))
    found = comparisons.compare(first, second)
    rows = [
        {name: value for name, value in row.items() if name not in ("first", "second")}
        | {f"{place}_quantity": None if row[place] is None else float(row[place].quantity)
           for place in ("first", "second")}
        for row in found.rows
    ]  # fmt: skip
    return {
        "first": code, "second": other, "same_region": first.region == second.region, "first_fen": found.first_fen,
        "second_fen": found.second_fen, "change_fen": found.second_fen - found.first_fen, "effects": found.effects,
        "rows": rows,
    }  # fmt: skip


@router.post("/project-values/income", response=ProjectValueOut, auth=analysts, summary="A project unit by income")
def value_by_income(request: HttpRequest, body: IncomeIn) -> ProjectValue:
    """Return the present value of a project unit's marketable products; nothing is kept, nothing added to GEP."""
    said = body.model_dump()
    return project_values.by_income(body.unit, said["products"], discount_rate=body.discount_rate)


@router.post(
    "/project-values/comparables", response=ProjectValueOut, auth=analysts, summary="A project unit by comparables"
)
def value_by_comparables(request: HttpRequest, body: ComparablesIn) -> ProjectValue:
    """Return the mean adjusted price of like units times the size; nothing is kept, nothing added to GEP."""
    return project_values.by_comparables(body.unit, body.model_dump()["comparables"], size=body.size)
