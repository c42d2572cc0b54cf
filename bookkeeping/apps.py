"""The app's name and label, and what it installs."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BookkeepingConfig(AppConfig):
    """Double entry for every asset."""

    name = "bookkeeping"
    verbose_name = "账簿"

    def ready(self) -> None:
        """Have the triggers put in place after every migration."""
        from bookkeeping import triggers

        post_migrate.connect(triggers.install_after_migrate, sender=self)
