"""The app's name and label."""

from django.apps import AppConfig


class BookkeepingConfig(AppConfig):
    """Double entry for every asset."""

    name = "bookkeeping"
    verbose_name = "账簿"
