"""The facts of an event, gathered from the apps that own them. What an app does not know is None, never a guess."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from gep import queries as gep_queries
from marketplace import queries as marketplace_queries

SALE_SETTLED = "marketplace.sale_settled"
CITY_PREFIX = "3610"


@dataclass(frozen=True)
class Case:
    """Who may claim for an event, for what, on which day, and what is known about it (dotted names)."""

    party: str
    subject: str
    on: date
    facts: Mapping[str, Any]


def of_sale(session: str) -> Case:
    """Return the case of the seller in a settled session."""
    sale = marketplace_queries.settlement(session)
    settled_on = timezone.localdate(sale.settled_at)
    facts = {
        "sale.settled_on": settled_on.isoformat(),
        "sale.price_fen": sale.price_fen,
        "sale.county_code": county_of_parcels(sale.parcels),
        "sale.seller_county_code": sale.seller_region or None,
        "sale.same_party": sale.seller == sale.buyer,
        "sale.gep_value_fen": value_of_parcels(sale.parcels),
    }
    return Case(party=sale.seller, subject=sale.right, on=settled_on, facts=facts)


def county_of_parcels(codes: Sequence[str]) -> str | None:
    """Return the county of the parcels; of several, one outside Fuzhou comes first, so that it decides.

    None where the right names no parcel, or one that the survey does not know.
    """
    try:
        counties = sorted({gep_queries.parcel(code).county for code in codes})
    except ObjectDoesNotExist:
        return None
    outside = [county for county in counties if not county.startswith(CITY_PREFIX)]
    return next(iter(outside or counties), None)


def value_of_parcels(codes: Sequence[str]) -> int | None:
    """Return the value of the parcels in the latest account, in fen; None where there is no account, or no parcel."""
    if not codes or gep_queries.latest_account() is None:
        return None
    return sum(gep_queries.parcel_value_fen(code) for code in codes)


GATHERERS: dict[str, Callable[[str], Case]] = {SALE_SETTLED: of_sale}
