"""Units of the city's pool are sold: they go to the buyer, and the price to the points fund and the operation.

Off until the setting ``CARBON_TRADE_ENABLED`` and the method's own permit both allow it. The market calls ``sell`` when
it settles; money and units move in the caller's transaction, or neither does.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookkeeping import chart, postings
from bookkeeping.chart import Nature
from bookkeeping.postings import Leg
from core.errors import RuleViolation
from greenpoints.certification import issuance, rules
from greenpoints.registry import methods, units
from greenpoints.registry.pools import POOL_HOLDER
from greenpoints.registry.units import OrderView
from identity import queries as identity_queries

MOST_FEN = 10**15
OPERATION = "fen:operation/lvbao"


class TradeNotEnabled(RuleViolation):
    """Selling residents' pooled grams is not allowed here, or not for this method."""

    code = "carbon_trade_not_enabled"
    message = _("碳普惠减排量交易尚未获准开展。")


class PriceRefused(RuleViolation):
    """A price of nothing, or beyond any price."""

    code = "unit_price_refused"
    message = _("成交价必须大于零且在合理范围内。")
    status = 422


def sell(
    *,
    order: str,
    method: str,
    vintage: int,
    quantity_kg: int,
    buyer: str,
    price_fen: int,
    payer_account: str,
    sponsor: str,
    by: str,
    at: datetime,
) -> OrderView:
    """Sell units of the pool: serial numbers to ``buyer``, ``price_fen`` from ``payer_account`` to fund and operation.

    ``payer_account`` is the account of the book that holds the buyer's price (an escrow); ``sponsor`` names the points
    fund that gets its share. The same order again changes nothing. Raises TradeNotEnabled, PriceRefused, the book's
    Overdrawn, and what ``units.transfer`` raises.
    """
    if not settings.CARBON_TRADE_ENABLED or not methods.method(method).trade_permit:
        raise TradeNotEnabled(method=method)
    if not 0 < price_fen <= MOST_FEN:
        raise PriceRefused(price_fen=price_fen)
    identity_queries.organisation(buyer)
    fund_share = rules.in_force(timezone.localdate(at)).fund_share
    fund_fen, operation_fen = issuance.revenue_shares(price_fen, fund_share=fund_share)
    with transaction.atomic():
        done = units.sale(
            order=order,
            series=f"{method}-{vintage}",
            quantity_kg=quantity_kg,
            holder=POOL_HOLDER,
            buyer=buyer,
            price_fen=price_fen,
            by=by,
            at=at,
        )
        fund = f"fen:fund/{sponsor}"
        chart.open_accounts([fund, OPERATION], nature=Nature.HOLDER)
        legs = [Leg(payer_account, fund, fund_fen), Leg(payer_account, OPERATION, operation_fen)]
        postings.post(reference=f"units/revenue/{order}", legs=[leg for leg in legs if leg.quantity], occurred_at=at)
    return done
