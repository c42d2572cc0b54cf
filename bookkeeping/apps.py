"""The app's name and label, and what it installs."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BookkeepingConfig(AppConfig):
    """Double entry for every asset."""

    name = "bookkeeping"
    verbose_name = "账簿"

    def ready(self) -> None:
        """Have the triggers put in place after every migration; name the kinds of events."""
        from bookkeeping import triggers
        from core import events

        post_migrate.connect(triggers.TRIGGERS.install_after_migrate, sender=self)
        events.declare("bookkeeping.account_frozen", zh="账户已冻结", en="Account frozen")
        events.declare("bookkeeping.account_unfrozen", zh="账户已解冻", en="Account unfrozen")
