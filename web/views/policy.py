"""Programmes in plain words, and claims explained."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from identity import roles
from identity.role_codes import Role
from policy import queries
from policy.queries import ClaimDetail, ProgrammeView
from web import facts_shown, parties_shown

CLAIMS_SHOWN = 50
OFFICIALS = frozenset({Role.POLICY_OFFICER.value, Role.FINANCE_OFFICER.value, Role.AUDITOR.value, Role.OPERATOR.value})
PAYERS = frozenset({Role.FINANCE_OFFICER.value, Role.AUDITOR.value})
BATCHES = {
    "LOCKED": gettext_lazy("已锁定"), "SIGNED": gettext_lazy("已签发"), "SENT": gettext_lazy("已发往银行"),
    "PART_CONFIRMED": gettext_lazy("部分已回"), "CLOSED": gettext_lazy("已结清"),
}  # fmt: skip
GOOD_ENDS = {"PAID", "RECONCILED"}
BAD_ENDS = {"REJECTED", "WITHDRAWN", "RETURNED", "OBJECTED"}
USUAL_WAY = (
    "MATCHED", "CONSENTED", "CHECKED", "APPROVED_L1", "PUBLIC_NOTICE", "APPROVED_L2", "RESERVED", "BATCHED", "SENT",
    "PAID", "RECONCILED",
)  # fmt: skip


def may_see(request: HttpRequest, claim: ClaimDetail) -> bool:
    """Return whether this reader may see the claim: officials all, a party its own, everybody the public."""
    if claim.public or roles.held(request.user) & OFFICIALS:
        return True
    return request.user.is_authenticated and claim.party in request.user.acts_for()


def tone(status: str) -> str:
    """Return how the status of a claim is coloured."""
    if status in GOOD_ENDS:
        return "yes"
    return "no" if status in BAD_ENDS else "mind"


def page(request: HttpRequest) -> HttpResponse:
    """List the programmes in plain words and the latest claims that this reader may see."""
    claims = [claim for claim in queries.recent_claims(limit=CLAIMS_SHOWN) if may_see(request, claim)]
    lines = queries.budget_lines()
    context = {
        "programmes": queries.programmes(active_only=True),
        "claims": [{"claim": claim, "tone": tone(claim.status)} for claim in claims],
        "tiles": budget_tiles(lines) if lines else [],
        "desk_open": bool(roles.held(request.user) & PAYERS),
    }
    return render(request, "policy/page.html", context)


@roles.required(Role.FINANCE_OFFICER, Role.AUDITOR)
def reconciliation_page(request: HttpRequest) -> HttpResponse:
    """Show finance officers and auditors where every fen of the latest batches is, and what matches nothing."""
    batches = [
        {
            "batch": row,
            "status": BATCHES.get(row.status, row.status),
            "exceptions": queries.exceptions(row.batch) if row.exceptions else [],
        }
        for row in queries.reconciliation_desk()
    ]
    return render(request, "policy/reconciliation.html", {"batches": batches})


def budget_tiles(lines: list[queries.BudgetView]) -> list[dict[str, Any]]:
    """Return the budget as tiles: appropriated, free, paid."""
    source = _("账本，{count} 个预算科目").format(count=len(lines))
    amounts = (
        (_("已安排预算"), sum(line.appropriated_fen for line in lines)),
        (_("可用"), sum(line.free_fen for line in lines)),
        (_("已拨付"), sum(line.paid_fen for line in lines)),
    )
    return [{"label": label, "number": fen, "kind": "large_money", "source": source} for label, fen in amounts]


def claim_page(request: HttpRequest, claim: str) -> HttpResponse:
    """Explain one claim: its way with dates, every condition answered, the facts and the version of the rule."""
    found = queries.claim(claim)
    if found is None or not may_see(request, found):
        raise Http404
    programme = queries.programme(found.programme)
    told = found.explanation
    context = {
        "claim": found,
        "programme": programme.programme if programme else None,
        "status_label": found.status_label,
        "steps": way(found),
        "conditions": [answered(row) for row in told["conditions"]],
        "questions": told.get("questions", []),
        "facts": [facts_shown.told(name, value) for name, value in sorted(told.get("facts", {}).items())],
        "version": told["version"],
        "tiles": claim_tiles(found, programme),
        "party": parties_shown.name(found.party),
        "approvals": approvals(request, found),
    }
    return render(request, "policy/claim.html", context)


def approvals(request: HttpRequest, claim: ClaimDetail) -> list[dict[str, Any]]:
    """Return who decided what and when; officers' names for officials only."""
    by_name = bool(roles.held(request.user) & OFFICIALS)
    return [{"step": step, "who": who if by_name else "", "at": at} for step, who, at in claim.approvals]


def claim_tiles(claim: ClaimDetail, programme: ProgrammeView | None) -> list[dict[str, Any]]:
    """Return the amount of a claim as a tile, with the rule it comes from."""
    source = f"{claim.programme} v{programme.version}" if programme else claim.programme
    at = claim.steps[-1].at if claim.steps else None
    return [{"label": _("金额"), "number": claim.amount_fen, "kind": "money", "source": source, "at": at}]


def answered(row: dict[str, Any]) -> dict[str, Any]:
    """Return a condition with its answer in words."""
    words = {"MET": (_("符合"), "yes"), "NOT_MET": (_("不符合"), "no")}
    answer, colour = words.get(str(row["result"]), (_("尚不清楚"), "mind"))
    return row | {"answer": answer, "tone": colour}


def noted(step: queries.StepView) -> str:
    """Return the note of a step in words: of a notice, the day on which it has ended."""
    if step.status == "PUBLIC_NOTICE" and step.note:
        return _("公示期至 {day} 零时止").format(day=step.note)
    return step.note


def way(claim: ClaimDetail) -> list[dict[str, Any]]:
    """Return the steps taken, with dates, and those of the usual way that are still to come."""
    taken = [{"label": step.label, "at": step.at, "note": noted(step)} for step in claim.steps]
    if claim.status in BAD_ENDS or claim.status not in USUAL_WAY:
        return taken
    ahead = USUAL_WAY[USUAL_WAY.index(claim.status) + 1 :]
    return taken + [{"label": queries.status_label(status), "at": None, "note": ""} for status in ahead]
