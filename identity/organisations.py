"""Looks after organisations: partners, merchants, sellers, funds, banks, government, villages."""

import re
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import events, regions
from core.errors import RuleViolation
from identity import credit_codes
from identity.models import Organisation, OrganisationKind

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class OrganisationRefused(RuleViolation):
    """An organisation whose code, kind or region cannot be used; ``reason`` says which."""

    code = "organisation_refused"
    message = _("机构信息不符合要求。")
    status = 422


class CreditCodeWrong(RuleViolation):
    """A unified social credit code whose form or check character is wrong."""

    code = "credit_code_wrong"
    message = _("统一社会信用代码不正确，请核对 18 位代码。")
    status = 422


class OrganisationDiffers(RuleViolation):
    """An organisation of this code is registered with other particulars."""

    code = "organisation_differs"
    message = _("该机构代码已登记，登记内容不同。")


def register(*, code: str, name: str, kind: str, region: str, at: datetime, credit_code: str = "") -> None:
    """Register an organisation. Again with the same particulars changes nothing; others raise OrganisationDiffers."""
    _check(code, name, kind, region, credit_code)
    told = {"name": name, "kind": kind, "region": region, "credit_code": credit_code}
    with transaction.atomic():
        found, made = Organisation.objects.get_or_create(code=code, defaults={**told, "registered_at": at})
        if not made and any(getattr(found, field) != value for field, value in told.items()):
            raise OrganisationDiffers(organisation=code)
        if made:
            detail = {"kind": kind, "region": region}
            events.record("identity.organisation.registered", subject=code, occurred_at=at, detail=detail)


def _check(code: str, name: str, kind: str, region: str, credit_code: str) -> None:
    if not CODE.fullmatch(code) or len(code) > 60:
        raise OrganisationRefused(reason="code", value=code)
    if kind not in OrganisationKind.values:
        raise OrganisationRefused(reason="kind", value=kind)
    if region not in regions.table():
        raise OrganisationRefused(reason="region", value=region)
    if not name or len(name) > 200:
        raise OrganisationRefused(reason="name")
    if credit_code and not credit_codes.is_valid(credit_code):
        raise CreditCodeWrong(value=credit_code)
