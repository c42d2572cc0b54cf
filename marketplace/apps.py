"""The app's name and label, what it installs and the events it tells."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class MarketplaceConfig(AppConfig):
    """Rights over ecological products and their sale."""

    name = "marketplace"
    verbose_name = "生态产品交易"

    def ready(self) -> None:
        """Name the facts that this app writes into the journal; have its triggers put in place."""
        from core import events
        from marketplace import triggers

        post_migrate.connect(triggers.TRIGGERS.install_after_migrate, sender=self)
        events.declare("marketplace.right_registered", zh="权利已登记", en="Right registered")
        events.declare("marketplace.right_transferred", zh="权利已过户", en="Right transferred")
        events.declare("marketplace.listing_published", zh="挂牌已发布", en="Listing published")
        events.declare("marketplace.session_awarded", zh="竞价已成交", en="Auction awarded")
        events.declare("marketplace.session_unsold", zh="竞价已流拍", en="Auction ended unsold")
        events.declare("marketplace.sale_settled", zh="交易已结算过户", en="Sale settled")
