"""Suspicions about residents: velocity, rhythm, places, devices, and who is with whom.

Every function takes a DataFrame with ``EVENT_COLUMNS`` (texts, empty where there is none; microseconds since 1970 UTC;
whole quantities) and the limits by name, and returns findings.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from greenpoints.detectors.findings import PERSON, Finding, over

Limits = Mapping[str, float]
RIDES = ("M02", "M03", "M04", "M05", "M06", "M07", "M11", "M12")
CYCLES = ("M02", "M03", "M04")  # measured by the metre: those on one bus have the same distance, these never do
TRADES = ("W10",)  # people who drive each other to work take turns; used goods do not come back
HOUR_US, MINUTE_US, SECOND_US = 3_600_000_000, 60_000_000, 1_000_000
EARTH_KM = 6_371.0
CELL_KM = 1.3  # a geohash of six letters is so wide: the distance of two starts may be wrong by so much
_BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz"


def velocity(events: pd.DataFrame, limits: Limits) -> list[Finding]:
    """Find too many rides, and somebody active around the clock."""
    rides = events[events.act.isin(RIDES)].groupby("person").size()
    hours = (events.started_us // HOUR_US).groupby(events.person).nunique()
    return [
        *over(rides, limits["rides"], kind=PERSON, reason="too_many_rides", fact="rides"),
        *over(hours, limits["hours"], kind=PERSON, reason="round_the_clock", fact="hours"),
    ]


def rhythm(events: pd.DataFrame, limits: Limits) -> list[Finding]:
    """Find events at equal intervals, and measured quantities of rides that do not differ: scripts make both."""
    rows = events.sort_values(["person", "started_us"], kind="stable")
    gaps = rows.groupby("person").started_us.diff().dropna() / SECOND_US
    told = gaps.groupby(rows.person.loc[gaps.index]).agg(["count", "std"])
    even = told[(told["count"] + 1 >= limits["rhythm"]) & (told["std"] <= limits["rhythm_spread"])]
    rides = events[events.act.isin(RIDES) & (events.quantity > 1)]
    same = rides.groupby(["person", "act", "quantity"]).size()
    return [
        *(Finding(PERSON, str(p), "machine_rhythm", {"events": int(row["count"]) + 1, "spread_s": round(row["std"], 1)})
          for p, row in even.iterrows()),
        *over(same, limits["same_quantity"] - 1, kind=PERSON, reason="copied_quantity", fact="records"),
    ]  # fmt: skip


def travel(events: pd.DataFrame, limits: Limits) -> list[Finding]:
    """Find two starts too far apart for the time between them; a cell's width is taken off the distance."""
    placed = events[events.place.str.len() == 6].sort_values(["person", "started_us"], kind="stable")
    if len(placed) < 2:
        return []
    lat, lon = _centres(placed.place)
    km = _distance_km(lat[:-1], lon[:-1], lat[1:], lon[1:]) - CELL_KM
    hours = np.maximum(np.diff(placed.started_us.to_numpy()) / HOUR_US, 1 / 60)
    person = placed.person.to_numpy()
    speed = np.where(person[:-1] == person[1:], km / hours, 0)
    fast = np.flatnonzero(speed > limits["travel"])
    worst: dict[str, int] = {}
    for n in fast.tolist():
        worst[str(person[n])] = max(worst.get(str(person[n]), 0), int(speed[n]))
    return [Finding(PERSON, who, "impossible_travel", {"km_per_h": kmh}) for who, kmh in worst.items()]


def devices(events: pd.DataFrame, limits: Limits) -> list[Finding]:
    """Find accounts that share one device with too many, and accounts on too many devices."""
    known = events[events.device != ""]
    people = known.groupby("device").person.nunique()
    crowded = people[people > limits["people_a_device"]]
    on_crowded = known[known.device.isin(crowded.index)].drop_duplicates(["person", "device"])
    return [
        *(Finding(PERSON, str(row.person), "shared_device", {"device": row.device, "people": int(crowded[row.device])})
          for row in on_crowded.itertuples()),
        *over(known.groupby("person").device.nunique(), limits["devices_a_person"], kind=PERSON,
              reason="many_devices", fact="devices"),
    ]  # fmt: skip


def graph(events: pd.DataFrame, limits: Limits) -> list[Finding]:
    """Find pairs, rings and stars among residents and their counterparts."""
    known = events[(events.counterpart != "") & (events.counterpart != events.person)]
    if known.empty:
        return []
    pairs = known.groupby(["person", "counterpart"]).size()
    edges = set(known[known.act.isin(TRADES)].groupby(["person", "counterpart"]).size().index)
    mutual = {person for person, other in edges if (other, person) in edges}
    around = known.groupby("counterpart").person.nunique()
    return [
        *over(pairs, limits["pair"], kind=PERSON, reason="same_pair", fact="records"),
        *(Finding(PERSON, str(person), "mutual_pair", {}) for person in sorted(mutual)),
        *(Finding(PERSON, str(person), "closed_ring", {}) for person in sorted(_in_rings(edges) - mutual)),
        *over(around, limits["star"], kind=PERSON, reason="star", fact="people"),
    ]


def shared(events: pd.DataFrame, limits: Limits) -> list[Finding]:
    """Find one meter or vehicle of many accounts, and one proof that several events rest on."""
    assets = events[events.asset != ""]
    people = assets.groupby("asset").person.nunique()
    crowded = people[people > limits["people_an_asset"]]
    on_crowded = assets[assets.asset.isin(crowded.index)].drop_duplicates(["person", "asset"])
    proofs = events[events.evidence_ref != ""]
    owners = proofs.groupby(["partner", "evidence_ref"]).person.transform("nunique")
    twice = proofs[owners > 1].drop_duplicates(["person", "evidence_ref"])
    return [
        *(Finding(PERSON, str(row.person), "shared_asset", {"people": int(crowded[row.asset])})
          for row in on_crowded.itertuples()),
        *(Finding(PERSON, str(row.person), "shared_evidence", {"evidence": row.evidence_ref})
          for row in twice.itertuples()),
    ]  # fmt: skip


def synchronised(events: pd.DataFrame, limits: Limits) -> list[Finding]:
    """Find accounts in step: cycling the same metres from the same place in the same minute."""
    rides = events[events.act.isin(CYCLES) & (events.place != "")]
    together = rides.groupby([rides.place, rides.quantity, rides.started_us // MINUTE_US]).person.transform("nunique")
    found = rides[together > limits["synchronised"] - 1].drop_duplicates("person")
    return [
        Finding(PERSON, str(row.person), "synchronised", {"place": row.place, "quantity": int(row.quantity)})
        for row in found.itertuples()
    ]


def replayed(days: pd.DataFrame, limits: Limits) -> list[Finding]:
    """Find the same count of steps on several days; ``days``: person, business_on, quantity of a week's walking."""
    counts = days.drop_duplicates(["person", "business_on"]).groupby(["person", "quantity"]).size()
    return over(counts, limits["replayed_days"] - 1, kind=PERSON, reason="replayed_steps", fact="days")


ALL = (velocity, rhythm, travel, devices, graph, shared, synchronised)


def _in_rings(edges: set[tuple[str, str]]) -> set[str]:
    """Return those on a cycle of three: each gives to the next."""
    following: dict[str, set[str]] = {}
    for giver, taker in edges:
        following.setdefault(giver, set()).add(taker)
    return {
        one
        for one, seconds in following.items()
        for second in seconds
        for third in following.get(second, ())
        if third not in (one, second) and one in following.get(third, ())
    }


def _centres(places: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return latitude and longitude of the centre of each geohash, shape (n,)."""
    distinct, where = np.unique(places.to_numpy(str), return_inverse=True)
    centres = np.array([_centre(text) for text in distinct.tolist()])
    return centres[where, 0], centres[where, 1]


def _centre(text: str) -> tuple[float, float]:
    low, high = [-90.0, -180.0], [90.0, 180.0]
    axis = 1  # longitude begins
    for letter in text:
        number = _BASE32.index(letter)
        for bit in (16, 8, 4, 2, 1):
            middle = (low[axis] + high[axis]) / 2
            (low if number & bit else high)[axis] = middle
            axis = 1 - axis
    return (low[0] + high[0]) / 2, (low[1] + high[1]) / 2


def _distance_km(lat1: np.ndarray, lon1: np.ndarray, lat2: np.ndarray, lon2: np.ndarray) -> np.ndarray:
    """Return great-circle distances by the haversine formula."""
    lat1, lon1, lat2, lon2 = (np.radians(part) for part in (lat1, lon1, lat2, lon2))
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(half))
