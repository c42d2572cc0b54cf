"""The app's name and label."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """What at least two apps share."""

    name = "core"
    verbose_name = "基础"
