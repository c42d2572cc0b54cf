"""The app's name and label."""

from django.apps import AppConfig


class GepConfig(AppConfig):
    """Parcel accounts of ecosystem products."""

    name = "gep"
    verbose_name = "生态产品总值核算"
