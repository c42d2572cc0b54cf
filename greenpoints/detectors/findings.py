"""What detectors take and give: columns of a day, findings with a reason code and the facts that were seen."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from core import coefficients, regions

TABLE = Path(__file__).parents[1] / "coefficients" / "risk_limits.csv"
PERSON, PARTNER, MERCHANT = "person", "partner", "merchant"
EVENT_COLUMNS = (
    "person", "partner", "act", "device", "place", "started_us", "ended_us", "quantity", "counterpart", "asset",
    "evidence_ref",
)  # fmt: skip
ORDER_COLUMNS = ("merchant", "person", "coins", "held_us", "returned")


@dataclass(frozen=True, slots=True)
class Reason:
    """A stable code and what people read."""

    zh: str
    en: str


REASONS = {
    "too_many_rides": Reason("一天内出行次数过多", "Too many rides in a day"),
    "round_the_clock": Reason("几乎全天不间断", "Active around the clock"),
    "impossible_travel": Reason("两次出行之间的位移不可能", "Impossible travel between two rides"),
    "machine_rhythm": Reason("间隔相同，疑似脚本", "Equal intervals, as a script makes them"),
    "copied_quantity": Reason("测量值完全相同", "Measured quantities that do not differ"),
    "replayed_steps": Reason("多日步数相同，疑似重放", "The same steps on several days, as if replayed"),
    "shared_device": Reason("一台设备多个账户", "Many accounts on one device"),
    "many_devices": Reason("一个账户多台设备", "Many devices of one account"),
    "same_pair": Reason("同一对人反复配对", "The same two people again and again"),
    "mutual_pair": Reason("互为对方", "Each is the other's counterpart"),
    "closed_ring": Reason("闭环交易", "A closed ring"),
    "star": Reason("一人对应大量账户", "Many accounts around one person"),
    "shared_asset": Reason("一表（车、设备）多户", "One meter, vehicle or device of many"),
    "shared_evidence": Reason("同一凭证多次使用", "One proof used more than once"),
    "synchronised": Reason("多账户同时同地同量", "Accounts in step: same time, place and quantity"),
    "partner_spike": Reason("数据方记录数突增", "Records of a partner spike"),
    "partner_night": Reason("数据方记录集中于凌晨", "A partner's records lie in the small hours"),
    "partner_round": Reason("数据方数量多为整数", "A partner's quantities are round"),
    "partner_one": Reason("数据方记录集中于一人", "A partner's records are one resident's"),
    "merchant_one": Reason("商户兑换集中于一人，疑似自兑", "A merchant's coins are one resident's"),
    "merchant_burst": Reason("商户短时间大量核销", "A merchant takes orders faster than a till"),
    "merchant_returns": Reason("同一居民反复兑换退回", "Orders of one resident held and given back"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A suspicion: whom it is about, its reason, and the facts that a reviewer needs."""

    kind: str
    subject: str
    reason: str
    facts: dict[str, Any]


@lru_cache(maxsize=64)
def limits(day: date) -> dict[str, float]:
    """Return the limits of ``day`` by name; all of them are choices of ours until the operators have tuned them."""
    table, chain = coefficients.load(TABLE), regions.chain(regions.FUZHOU)
    return {
        key: float(table.at(key, regions=chain, on=day).value) for key in dict.fromkeys(row.key for row in table.rows())
    }


def over(counts: pd.Series, limit: float, *, kind: str, reason: str, fact: str) -> list[Finding]:
    """Return a finding for each subject (the first level of the index) whose count is above the limit, worst only."""
    above = counts[counts > limit]
    if above.empty:
        return []
    worst = above.groupby(level=0).max()
    return [Finding(kind, str(subject), reason, {fact: int(n), "limit": limit}) for subject, n in worst.items()]
