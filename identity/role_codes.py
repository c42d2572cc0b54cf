"""The roles that a user may be granted."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a user may do; a grant adds where, and for which organisation."""

    OPERATOR = "operator", _("平台运营员")
    ANALYST = "analyst", _("核算分析员")
    POLICY_OFFICER = "policy_officer", _("政策经办员")
    FINANCE_OFFICER = "finance_officer", _("财务经办员")
    AUDITOR = "auditor", _("审计员")
    MERCHANT = "merchant", _("商户人员")
    SELLER = "seller", _("经营主体人员")
    PARTNER_ADMIN = "partner_admin", _("数据方管理员")
    SYSTEM_ADMINISTRATOR = "system_administrator", _("系统管理员")
    SECURITY_ADMINISTRATOR = "security_administrator", _("安全管理员")
    AUDIT_ADMINISTRATOR = "audit_administrator", _("审计管理员")


# GB/T 22239: the three duties are held by different people.
ADMINISTRATOR_DUTIES = frozenset(
    {Role.SYSTEM_ADMINISTRATOR.value, Role.SECURITY_ADMINISTRATOR.value, Role.AUDIT_ADMINISTRATOR.value}
)
