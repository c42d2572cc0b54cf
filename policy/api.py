"""The API of policy: programmes in plain words, what one says about a case, and the one click of consent."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from core.idempotency import idempotent
from identity import roles
from policy import claims, programmes, queries
from policy.claims import ClaimMissing, ClaimView, NotYourClaim
from policy.programmes import ProgrammeMissing
from policy.queries import ProgrammeView
from policy.schemas import AssessIn, AssessmentOut, ClaimOut, ProgrammeDetailOut, ProgrammeOut

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


@router.post("/claims/{number}/consent", response=ClaimOut, auth=roles.Staff("seller"), summary="Consent to a claim")
@idempotent
def consent(request: HttpRequest, number: str) -> ClaimView:
    """Say yes to a matched claim on behalf of its party, whose role the signed-in user holds."""
    claim = queries.claim(number)
    if claim is None:
        raise ClaimMissing(claim=number)
    if not roles.holds(request.auth, "seller", organisation=claim.party):  # type: ignore[attr-defined]
        raise NotYourClaim(claim=number)
    return claims.consent(number, party=claim.party, at=timezone.now())


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
