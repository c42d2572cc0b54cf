"""The app's name and label."""

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    """Programmes, claims, payments, credit."""

    name = "policy"
    verbose_name = "奖补与金融"
