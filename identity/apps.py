"""The app's name and label."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """People, organisations, roles, consent."""

    name = "identity"
    verbose_name = "身份"
