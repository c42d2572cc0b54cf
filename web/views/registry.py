"""The public register of units: what was issued, the life of a serial number, certificates of retirement."""

from io import BytesIO
from typing import Any

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from bookkeeping import transparency
from core.errors import RuleViolation
from greenpoints.certification import serials
from greenpoints.queries import register
from greenpoints.queries.register import CertificateMissing, NumberUnknown, RetirementLine
from web import certificate_files, parties_shown, regions_shown

RETIREMENTS_SHOWN = 50
POOL_HOLDER, BUFFER = "lvbao-pool", "buffer"


def page(request: HttpRequest) -> HttpResponse:
    """Show what was issued and what became of it; a search leads to the life of a number or to a certificate."""
    asked = request.GET.get("number", "").strip()[:60]
    if serials.parse(asked):
        return redirect("unit_life", serial=asked)
    if asked.startswith("LBR-") and _certificate(asked):
        return redirect("certificate", number=asked)
    after = request.GET.get("after", "")
    lines, following = register.retirements(
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 18 else 0, limit=RETIREMENTS_SHOWN
    )
    context = {
        "series": register.series(),
        "retirements": [_shown(line) for line in lines],
        "next": following,
        "batches": [{"batch": row, "region": regions_shown.name(row.county)} for row in register.batches()],
        "methods": register.methods(),
        "asked": asked,
        "unknown": bool(asked),
    }
    return render(request, "registry/page.html", context)


def life(request: HttpRequest, serial: str) -> HttpResponse:
    """Show who holds a range of numbers now, and everything that led there."""
    try:
        told = register.life(serial)
    except NumberUnknown:
        raise Http404 from None
    now = [{"line": line, "holder": holder_name(line.holder)} for line in told.now]
    lines = [{"line": line, "holder": holder_name(line.holder)} for line in told.lines]
    return render(request, "registry/life.html", {"life": told, "now": now, "lines": lines})


def proof(request: HttpRequest, code: str) -> HttpResponse:
    """Send the proof file of an issued batch."""
    found = register.proof_file(code)
    if found is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{code}.json"'}
    return HttpResponse(found, content_type="application/json", headers=headers)


def certificate(request: HttpRequest, number: str) -> HttpResponse:
    """Show a certificate of retirement, with a QR code that leads back here and its place in the public log."""
    line = _certificate(number)
    if line is None:
        raise Http404
    address = request.build_absolute_uri(reverse("certificate", args=[number]))
    context = {**_shown(line), "address": address, "qr": inline_qr(address), "sealed": _inclusion(line) is not None}
    return render(request, "registry/certificate.html", context)


def certificate_file(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """Send a certificate as PDF, or the proof of its posting for the offline verifier as JSON."""
    line = _certificate(number)
    if line is None:
        raise Http404
    if kind == "json":
        found = _inclusion(line)
        if found is None:
            raise Http404
        return HttpResponse(certificate_files.as_json(line, proof=found), content_type="application/json")
    if kind != "pdf":
        raise Http404
    address = request.build_absolute_uri(reverse("certificate", args=[number]))
    content = certificate_files.as_pdf(line, address=address, qr=qr(address))
    headers = {"Content-Disposition": f'inline; filename="{number}.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def qr(address: str) -> str:
    """Return the QR code of an address as an SVG file."""
    out = BytesIO()
    segno.make(address, error="m").save(out, kind="svg", scale=4, border=2)
    return out.getvalue().decode()


def inline_qr(address: str) -> SafeString:
    """Return the QR code as SVG to stand in a page; segno writes nothing of the address into it but squares."""
    drawn = segno.make(address, error="m").svg_inline(scale=4, border=2)
    return mark_safe(drawn)  # noqa: S308


def holder_name(code: str) -> str:
    """Return how people know a holder: the city's pool, the buffer, or an organisation by its name."""
    if code == POOL_HOLDER:
        return str(_("全市汇集池"))
    return str(_("缓冲账户")) if code == BUFFER else parties_shown.name(code)


def _shown(line: RetirementLine) -> dict[str, Any]:
    return {"line": line, "holder": holder_name(line.holder)}


def _certificate(number: str) -> RetirementLine | None:
    try:
        return register.certificate(number)
    except CertificateMissing:
        return None


def _inclusion(line: RetirementLine) -> dict[str, Any] | None:
    """Return the proof of the retirement's posting, or None until the log covers it."""
    try:
        return transparency.inclusion_proof(line.posting)
    except RuleViolation:
        return None
