"""What the tea house has to do with coins in the story: an offer, vouchers, a refund, a statement under dispute."""

from datetime import date, datetime, timedelta

from greenpoints.redemption import offers, redemptions, settlements, vouchers


def serve(person: str, *, merchant: str, on: date, at: datetime) -> None:
    """Offer a cup of tea, let the resident take two and drink one, refund it, and object to the statement of the day.

    One offer costs more than the resident has, so that the catalogue shows what is missing.
    """
    for code, title_zh, title_en, coins in (("tea", "白茶一杯", "A cup of white tea", 1),
                                            ("caddy", "白茶一罐", "A caddy of white tea", 900_000)):  # fmt: skip
        terms = offers.OfferTerms(merchant, title_zh, title_en, coins, 100, 5, 366, on, date(2046, 1, 1))
        offers.propose(code, terms, by="ann")
        offers.open_offer(code, by="bob")
    vouchers.take(person=person, offer="tea", request="kept", at=at)
    drunk = vouchers.take(person=person, offer="tea", request="drunk", at=at)
    order = vouchers.use(merchant=merchant, code=drunk.code, at=at)
    redemptions.refund(merchant=merchant, order=order.order, line="spilt", at=at)
    last_on = settlements.day_of(at)
    settlements.close(merchant=merchant, last_on=last_on, at=at + timedelta(days=1))
    settlements.dispute(
        merchant=merchant, last_on=last_on, order=order.order, reason="茶洒了（演示）", by="merchant",
        at=at + timedelta(days=1),
    )  # fmt: skip
