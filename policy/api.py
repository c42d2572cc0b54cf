"""The API of policy: programmes in plain words, and what one says about a case. Nothing here moves value."""

from django.http import HttpRequest
from ninja import Router

from policy import programmes, queries
from policy.programmes import ProgrammeMissing
from policy.queries import ProgrammeView
from policy.schemas import AssessIn, AssessmentOut, ProgrammeDetailOut, ProgrammeOut

router = Router(tags=["policy"])


@router.get("/programmes", response=list[ProgrammeOut], summary="Programmes in force")
def list_programmes(request: HttpRequest) -> list[dict[str, object]]:
    """Return every programme in force in plain words; ``demo`` marks made-up figures."""
    return [_programme(view) for view in queries.programmes(active_only=True)]


@router.get("/programmes/{code}", response=ProgrammeDetailOut, summary="One programme")
def get_programme(request: HttpRequest, code: str) -> dict[str, object]:
    """Return a programme with its conditions, the questions it asks, and its sources."""
    view = queries.programme(code)
    if view is None:
        raise ProgrammeMissing(programme=code)
    written = view.programme
    return _programme(view) | {
        "conditions": [vars(condition) for condition in written.conditions],
        "facts": [vars(fact) | {"one_of": list(fact.one_of)} for fact in written.facts.values()],
        "sources": [vars(source) for source in written.sources],
    }


@router.post("/assess", response=AssessmentOut, summary="What a programme says about a case")
def assess(request: HttpRequest, case: AssessIn) -> dict[str, object]:
    """Return the decision with every condition answered; nothing is stored."""
    return programmes.assess(case.facts, programme=case.programme, on=case.on).as_dict()


def _programme(view: ProgrammeView) -> dict[str, object]:
    written = view.programme
    return {
        "code": view.code,
        "version": view.version,
        "name_zh": written.name_zh,
        "name_en": written.name_en,
        "summary_zh": written.summary_zh,
        "summary_en": written.summary_en,
        "valid_from": view.valid_from,
        "valid_to": view.valid_to,
        "demo": view.demo,
        "confirmed": view.confirmed,
        "sha256": view.sha256,
    }
