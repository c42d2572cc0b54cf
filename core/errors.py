"""A rule that says no is an exception with a stable code and a text for people."""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RuleViolation(Exception):
    """Base of every refusal that a rule makes; answered as problem+json, 409 unless ``status`` says otherwise.

    A subclass stands beside the function that raises it. ``code`` is stable and meant for clients,
    ``message`` is translated and meant for people, ``detail`` holds what is needed to act on it.
    """

    code: ClassVar[str] = "rule_violation"
    message: ClassVar[str | Promise] = _("操作不符合规则。")
    status: ClassVar[int] = 409

    def __init__(self, **detail: Any) -> None:
        super().__init__(self.code)
        self.detail = detail

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.detail.items())
        return f"{self.code}: {self.message}" + (f" ({told})" if told else "")
