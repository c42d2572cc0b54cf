"""The API of policy: programmes in plain words, what one says about a case, and the one click of consent."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from ninja.security import SessionAuth

from core.idempotency import idempotent
from identity import roles
from identity.role_codes import Role
from policy import claims, programmes, queries
from policy.claims import ClaimMissing, ClaimView, NotYourClaim
from policy.programmes import ProgrammeMissing
from policy.queries import ProgrammeView
from policy.schemas import AssessIn, AssessmentOut, ClaimOut, ProgrammeDetailOut, ProgrammeOut

router = Router(tags=["policy"])


class SignedIn(SessionAuth):
    """A session with its CSRF token; ``request.auth`` is the user."""

    param_name = settings.SESSION_COOKIE_NAME


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


@router.post("/claims/{number}/consent", response=ClaimOut, auth=SignedIn(), summary="Consent to a claim")
@idempotent
def consent(request: HttpRequest, number: str) -> ClaimView:
    """Say yes to a matched claim: residents to their own, its sellers to an organisation's."""
    claim = queries.claim(number)
    if claim is None:
        raise ClaimMissing(claim=number)
    if not _may_consent(request.auth, party=claim.party):  # type: ignore[attr-defined]
        raise NotYourClaim(claim=number)
    return claims.consent(number, party=claim.party, at=timezone.now())


def _may_consent(user: Any, *, party: str) -> bool:
    """Return whether the user is the party, or seller for the organisation that is, in the region of that."""
    if user.person is not None and user.person.ref == party:
        return True
    own = user.organisation
    if own is None or own.code != party:
        return False
    return roles.holds(user, Role.SELLER, region=own.region, organisation=own.code)


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
