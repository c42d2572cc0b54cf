"""The ways to find a price, and which of them the law keeps for licensed venues.

国发〔2011〕38号 and 国办发〔2012〕37号 forbid continuous matching, call auction and market making in equal-share
or standardised instruments outside venues that the State approved.
"""

NEEDS_LICENCE = frozenset({"listing_select", "call_auction", "continuous"})


def needs_licence(mode: str) -> bool:
    """Return whether only an instrument with a market licence may be traded in this mode."""
    return mode in NEEDS_LICENCE
