"""The app's name and label."""

from django.apps import AppConfig


class GreenpointsConfig(AppConfig):
    """绿宝: from behaviour to points."""

    name = "greenpoints"
    verbose_name = "绿宝"

    def ready(self) -> None:
        """Name the facts that this app writes into the journal."""
        from core import events

        events.declare("greenpoints.batch_credited", zh="行为批次已入账", en="Batch of behaviours credited")
        events.declare("greenpoints.coins_held", zh="碳币已冻结", en="Coins held")
        events.declare("greenpoints.coins_redeemed", zh="碳币已兑换", en="Coins redeemed")
        events.declare("greenpoints.coins_released", zh="碳币已退回", en="Coins released")
