"""The app's name and label, and what it installs."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

EVENTS = {
    "identity.person.registered": ("居民已登记", "Resident registered"),
    "identity.person.verified": ("实名已核验", "Real name confirmed"),
    "identity.person.corrected": ("个人信息已更正", "Personal data corrected"),
    "identity.person.erased": ("个人信息已删除", "Personal data erased"),
    "identity.guardian.bound": ("监护人已绑定", "Guardian bound"),
    "identity.guardian.released": ("监护关系已结束", "Guardianship ended"),
    "identity.people.enrolled": ("数据方居民已绑定", "Residents enrolled by a partner"),
    "identity.organisation.registered": ("机构已登记", "Organisation registered"),
    "identity.role.granted": ("角色已授予", "Role granted"),
    "identity.role.revoked": ("角色已撤销", "Role revoked"),
    "identity.consent.given": ("已同意", "Consent given"),
    "identity.consent.withdrawn": ("已撤回同意", "Consent withdrawn"),
    "identity.key.issued": ("签名密钥已签发", "Signing key issued"),
    "identity.key.revoked": ("签名密钥已吊销", "Signing key revoked"),
}


class IdentityConfig(AppConfig):
    """People, organisations, roles, consent."""

    name = "identity"
    verbose_name = "身份"

    def ready(self) -> None:
        """Declare the kinds of events, and have the triggers put in place after every migration."""
        from core import events
        from identity import triggers

        post_migrate.connect(triggers.TRIGGERS.install_after_migrate, sender=self)
        for kind, (zh, en) in EVENTS.items():
            events.declare(kind, zh=zh, en=en)
