"""The app's name and label."""

from django.apps import AppConfig


class GreenpointsConfig(AppConfig):
    """绿宝: from behaviour to points."""

    name = "greenpoints"
    verbose_name = "绿宝"
