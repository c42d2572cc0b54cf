"""Suspicions about partners that send records and merchants that take coins."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from greenpoints.detectors.findings import MERCHANT, PARTNER, Finding, over

Limits = Mapping[str, float]
HOUR_US, MINUTE_US = 3_600_000_000, 60_000_000
FUZHOU_US = 8 * HOUR_US
ROUND = 1_000
_ROBUST = 0.6745  # turns a median absolute deviation into a standard deviation


def partners(events: pd.DataFrame, limits: Limits) -> list[Finding]:
    """Find partners whose records lie in the small hours, are round, or are one resident's. ``EVENT_COLUMNS``."""
    found: list[Finding] = []
    for partner, rows in events.groupby("partner"):
        if len(rows) < limits["partner_rows"]:
            continue
        hour = (rows.started_us + FUZHOU_US) // HOUR_US % 24
        measured = rows[rows.quantity >= ROUND]
        shares = {
            "partner_night": float(hour.between(1, 4).mean()),
            "partner_round": float((measured.quantity % ROUND == 0).mean()) if len(measured) else 0.0,
            "partner_one": float(rows.person.value_counts().iloc[0] / len(rows)),
        }
        found += [
            Finding(PARTNER, str(partner), reason, {"share": round(share, 3), "records": len(rows)})
            for reason, share in shares.items()
            if share > limits[reason]
        ]
    return found


def spike(partner: str, *, today: int, before: Sequence[int], limits: Limits) -> list[Finding]:
    """Find a partner with far more records than in the ``before`` days, by robust z; no answer under seven days."""
    if len(before) < 7 or today < limits["partner_rows"]:
        return []
    median = float(np.median(before))
    spread = max(float(np.median(np.abs(np.array(before) - median))), 0.05 * median, 1.0)
    z = _ROBUST * (today - median) / spread
    if z <= limits["partner_spike"]:
        return []
    return [Finding(PARTNER, partner, "partner_spike", {"records": today, "usual": median, "z": round(z, 1)})]


def merchants(orders: pd.DataFrame, limits: Limits) -> list[Finding]:
    """Find merchants whose coins are one resident's, that are faster than a till, or whose orders go back and forth."""
    found: list[Finding] = []
    for merchant, rows in orders.groupby("merchant"):
        if len(rows) < limits["merchant_orders"]:
            continue
        share = float(rows.groupby("person").coins.sum().max() / max(rows.coins.sum(), 1))
        if share > limits["merchant_one"]:
            found.append(Finding(MERCHANT, str(merchant), "merchant_one", {"share": round(share, 3)}))
    a_minute = orders.groupby(["merchant", orders.held_us // MINUTE_US]).size()
    back = orders[orders.returned].groupby(["merchant", "person"]).size()
    return [
        *found,
        *over(a_minute, limits["merchant_burst"], kind=MERCHANT, reason="merchant_burst", fact="orders"),
        *over(back, limits["merchant_returns"], kind=MERCHANT, reason="merchant_returns", fact="orders"),
    ]
