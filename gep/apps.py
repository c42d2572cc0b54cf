"""The app's name and label, and the facts it tells."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GepConfig(AppConfig):
    """Parcel accounts of ecosystem products."""

    name = "gep"
    verbose_name = _("生态产品总值核算")

    def ready(self) -> None:
        """Declare the facts that the app records."""
        from core import events

        events.declare("gep.account_compiled", zh="核算账户完成", en="GEP account compiled")
        events.declare("gep.account_published", zh="核算账户正式发布", en="GEP account published as official")
