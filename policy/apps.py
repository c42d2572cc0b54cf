"""The app's name, and the kinds of facts it records."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

EVENT_LABELS = {
    "policy.programme_advanced": ("政策版本进入下一环节", "Programme version moved on"),
    "policy.claim_matched": ("政策自动匹配", "Claim matched"),
    "policy.claim_duplicate": ("重复申领未受理", "Second claim for one event not taken"),
    "policy.claim_advanced": ("申领进入下一环节", "Claim moved on"),
    "policy.batch_locked": ("支付批次锁定", "Payment batch locked"),
    "policy.batch_signed": ("支付批次签发", "Payment batch signed"),
    "policy.batch_sent": ("支付批次发往银行", "Payment batch sent to the bank"),
    "policy.batch_reconciled": ("银行回单对账", "Bank answer reconciled"),
    "policy.batch_closed": ("支付批次结清", "Payment batch closed"),
}


class PolicyConfig(AppConfig):
    """Programmes, claims, payments, credit."""

    name = "policy"
    verbose_name = "奖补与金融"

    def ready(self) -> None:
        """Declare the kinds of facts; keep what was decided and signed from being changed."""
        from core import events
        from policy import triggers

        for kind, (zh, en) in EVENT_LABELS.items():
            events.declare(kind, zh=zh, en=en)
        post_migrate.connect(triggers.TRIGGERS.install_after_migrate, sender=self)
