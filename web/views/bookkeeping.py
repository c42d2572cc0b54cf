"""The public book: tree head, trial balance, a proof for any reference."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from bookkeeping import offline_verifier, readers, statements, transparency
from core.errors import RuleViolation
from web import verdicts

LONGEST_REFERENCE = 120
ASSETS = {"co2e": _("碳减排量"), "coin": _("碳币"), "fen": _("资金"), "unit": _("核证单位")}


@dataclass(frozen=True)
class AssetTable:
    """One asset of the trial balance: its headings, and what they add up to."""

    label: str
    unit: str
    rows: list[statements.TrialLine]

    @property
    def sum(self) -> int:
        """Return the sum over all accounts; zero in a book that balances."""
        return sum(row.balance for row in self.rows)

    @property
    def balanced(self) -> bool:
        """Return whether the asset adds up to zero."""
        return self.sum == 0


def assets() -> list[AssetTable]:
    """Return the trial balance by asset."""
    by_asset: dict[str, list[statements.TrialLine]] = {}
    for line in statements.trial_balance():
        by_asset.setdefault(line.heading.partition(":")[0], []).append(line)
    return [AssetTable(str(ASSETS[name]), rows[0].unit, rows) for name, rows in by_asset.items()]


def proof_of(reference: str) -> dict[str, Any] | None:
    """Return the proof of a posting, checked with the offline verifier; None where the log does not cover it."""
    try:
        proof = transparency.inclusion_proof(reference)
    except RuleViolation:
        return None
    return {"leaves": proof["leaves"], "head": proof["head"], "checked": offline_verifier.check(proof)}


def page(request: HttpRequest) -> HttpResponse:
    """Show the head of the log, what each asset adds up to, and check a reference."""
    reference = request.GET.get("reference", "").strip()[:LONGEST_REFERENCE]
    head = transparency.head()
    context = {
        "head": head,
        "sealed_at": datetime.fromisoformat(head.at) if head else None,
        "assets": assets(),
        "checked": verdicts.last(),
        "reference": reference,
        "proof": proof_of(reference) if reference else None,
    }
    return render(request, "bookkeeping/page.html", context)


@login_required
def proof(request: HttpRequest) -> HttpResponse:
    """Send the proof of a reference as a file for the offline verifier; it tells the accounts, so not to everybody.

    Raises BookNotYours for others than auditors, operators, administrators and the owners of an account in it.
    """
    told = transparency.inclusion_proof(request.GET.get("reference", "").strip()[:LONGEST_REFERENCE])
    readers.require_proof(request.user, told)
    answer = HttpResponse(json.dumps(told, ensure_ascii=False, indent=1), content_type="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="proof.json"'
    return answer


def verifier(request: HttpRequest) -> FileResponse:
    """Send the offline verifier, as it stands in the repository."""
    path = Path(str(offline_verifier.__file__))
    return FileResponse(
        path.open("rb"), as_attachment=True, filename="offline_verifier.py", content_type="text/x-python"
    )
