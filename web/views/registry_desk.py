"""The desk of the register: officers file methods, freeze, audit, issue, cancel, retire; two of them decide."""

import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import regions
from core.errors import RuleViolation
from core.idempotency import idempotent_form
from greenpoints.certification.collisions import TRADABLE
from greenpoints.queries import register
from greenpoints.registry import claims, methods, pools, units
from identity import roles
from identity.role_codes import Role
from web import regions_shown

OFFICERS = (Role.OPERATOR.value, Role.POLICY_OFFICER.value)
READERS = (*OFFICERS, Role.AUDITOR.value)
SAMPLE_SHOWN = 20


class FieldMissing(RuleViolation):
    """A field of the desk's form is empty or cannot be read; ``field`` names it."""

    code = "desk_field_missing"
    message = _("请填写该步骤的全部必填项，数字和日期须能识别。")
    status = 422


class StepUnknown(RuleViolation):
    """The desk has no such step."""

    code = "desk_step_unknown"
    message = _("没有这个步骤。")
    status = 422


def refused(request: HttpRequest, refusal: RuleViolation) -> HttpResponse:
    """Show the desk again, with why the step was refused."""
    return _page(request, {"refusal": refusal}, status=refusal.status)


@roles.required(*READERS)
@idempotent_form(refused=refused)
def desk(request: HttpRequest) -> HttpResponse:
    """Show the desk; a POST takes the step that its button names."""
    if request.method != "POST":
        return _page(request, {})
    step = request.POST.get("step", "")
    if step not in STEPS:
        raise StepUnknown(step=step[:40])
    needed = READERS if step == "finding" else OFFICERS
    if not roles.held(request.user) & set(needed):
        raise roles.RoleMissing(needs=sorted(needed))
    STEPS[step](request, timezone.now())
    return _page(request, {"done": LABELS[step]})


def _text(request: HttpRequest, name: str, *, required: bool = True) -> str:
    found = request.POST.get(name, "").strip()
    if required and not found:
        raise FieldMissing(field=name)
    return found


def _number(request: HttpRequest, name: str) -> int:
    found = _text(request, name)
    if not (found.isascii() and found.isdigit() and len(found) <= 12):
        raise FieldMissing(field=name)
    return int(found)


def _day(request: HttpRequest, name: str) -> date:
    try:
        return date.fromisoformat(_text(request, name))
    except ValueError:
        raise FieldMissing(field=name) from None


def _by(request: HttpRequest) -> str:
    return request.user.get_username()


def _file(request: HttpRequest, at: datetime) -> None:
    methods.file(
        code=_text(request, "code"),
        title_zh=_text(request, "title_zh"),
        title_en=_text(request, "title_en"),
        acts=request.POST.getlist("acts"),
        document_ref=_text(request, "document_ref"),
        document_digest=_text(request, "document_digest").lower(),
        by=_by(request),
        at=at,
    )


def _review(request: HttpRequest, at: datetime) -> None:
    methods.review(_text(request, "code"), review_ref=_text(request, "review_ref"), by=_by(request), at=at)


def _notice(request: HttpRequest, at: datetime) -> None:
    methods.publish_notice(_text(request, "code"), by=_by(request), at=at)


def _approve(request: HttpRequest, at: datetime) -> None:
    methods.approve(_text(request, "code"), by=_by(request), at=at)


def _refuse(request: HttpRequest, at: datetime) -> None:
    methods.refuse(_text(request, "code"), note=_text(request, "note"), by=_by(request), at=at)


def _freeze(request: HttpRequest, at: datetime) -> None:
    pools.freeze(
        method=_text(request, "method"),
        vintage=_number(request, "vintage"),
        county=_text(request, "county"),
        by=_by(request),
        at=at,
    )


def _finding(request: HttpRequest, at: datetime) -> None:
    pools.record_finding(
        _text(request, "batch"),
        partner=_text(request, "partner"),
        external_id=_text(request, "external_id"),
        confirmed=_text(request, "verdict") == "confirmed",
        note=_text(request, "note", required=False),
        by=_by(request),
        at=at,
    )


def _issue(request: HttpRequest, at: datetime) -> None:
    pools.issue(_text(request, "batch"), by=_by(request), at=at)


def _cancel(request: HttpRequest, at: datetime) -> None:
    pools.cancel(_text(request, "batch"), note=_text(request, "note"), by=_by(request), at=at)


def _retire(request: HttpRequest, at: datetime) -> None:
    quantity = _text(request, "quantity_kg", required=False)
    units.retire(
        order=_text(request, "order"),
        serial_or_series=_text(request, "serial_or_series"),
        holder=_text(request, "holder"),
        beneficiary=_text(request, "beneficiary"),
        purpose=_text(request, "purpose"),
        quantity_kg=_number(request, "quantity_kg") if quantity else None,
        by=_by(request),
        at=at,
    )


def _attest(request: HttpRequest, at: datetime) -> None:
    claims.attest(
        kind=_text(request, "kind"),
        subject=_text(request, "subject"),
        valid_from=_day(request, "valid_from"),
        valid_to=_day(request, "valid_to"),
        document_ref=_text(request, "document_ref"),
        by=_by(request),
        at=at,
    )


STEPS: dict[str, Callable[[HttpRequest, datetime], None]] = {
    "file": _file,
    "review": _review,
    "notice": _notice,
    "approve": _approve,
    "refuse": _refuse,
    "freeze": _freeze,
    "finding": _finding,
    "issue": _issue,
    "cancel": _cancel,
    "retire": _retire,
    "attest": _attest,
}
LABELS = {
    "file": _("方法学已申报。"),
    "review": _("专家评审已登记。"),
    "notice": _("公示已开始。"),
    "approve": _("方法学已备案。"),
    "refuse": _("已登记不予备案。"),
    "freeze": _("批次已冻结，后台正在汇集记录。"),
    "finding": _("核查结果已登记。"),
    "issue": _("批次已签发。"),
    "cancel": _("批次已撤销，减排量已退回居民。"),
    "retire": _("单位已注销，证书已生成。"),
    "attest": _("证明已登记。"),
}


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    batches = [
        {
            "batch": row,
            "region": regions_shown.name(row.county),
            "audit": register.audit(row.code, limit=SAMPLE_SHOWN) if row.status == "frozen" else None,
        }
        for row in register.batches()
    ]
    told = {
        "methods": register.methods(),
        "batches": batches,
        "series": register.series(),
        "acts": sorted(TRADABLE),
        "counties": [(county.code, regions_shown.name(county.code)) for county in regions.counties()],
        "may_decide": bool(roles.held(request.user) & set(OFFICERS)),
        "attestations": register.ATTESTATIONS,
        "purposes": register.PURPOSES,
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "registry/desk.html", told | context, status=status)
