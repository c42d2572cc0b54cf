"""The app's name and label."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The face of the platform."""

    name = "web"
    verbose_name = "页面"

    def ready(self) -> None:
        """Declare what the pages record."""
        from core import events

        events.declare("web.book_verified", zh="全部不变量已核验", en="Every invariant was checked")
