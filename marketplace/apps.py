"""The app's name and label."""

from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """Rights, listings, sessions, settlements."""

    name = "marketplace"
    verbose_name = "生态产品交易"
