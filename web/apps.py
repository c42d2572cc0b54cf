"""The app's name and label."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The face of the platform."""

    name = "web"
    verbose_name = "页面"
