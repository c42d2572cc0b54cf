"""The figures of a run: the summary that is written as JSON, and what the report page shows beside it."""

import json
import math
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.utils import timezone

from core.regions import Region
from core.units import MG_PER_KG
from greenpoints import reasons
from web.demo.account import Compiled
from web.demo.behaviours import Day
from web.demo.book import Proof
from web.demo.report import yuan
from web.demo.sale import Sale
from web.demo.subsidy import Subsidy

MAP_WIDTH = 900
COUNTIES = "regions/counties.geojson"
INDICATORS = {
    "water_retention": "水源涵养 water retention",
    "soil_retention": "土壤保持 soil retention",
    "carbon_sequestration": "固碳 carbon sequestration",
}


@dataclass(frozen=True)
class Told:
    """What the flows came to."""

    county: Region
    account: Compiled
    day: Day
    sale: Sale
    subsidy: Subsidy
    proof: Proof


def summary(told: Told, *, day: date, seconds: float) -> dict[str, Any]:
    """Return the figures of ``summary.json``; amounts in whole units named by their key."""
    gep, report, settlement = told.account.account, told.day.report, told.sale.settlement
    claim, reconciliation, proof = told.subsidy.claim, told.subsidy.reconciliation, told.proof
    return {
        "gep": {
            "account": gep.code,
            "county": told.county.code,
            "year": gep.year,
            "price_year": gep.price_year,
            "synthetic": gep.synthetic,
            "unconfirmed_figures": gep.unconfirmed_figures,
            "parcels": gep.parcels,
            "area_m2": round(gep.area_m2, 2),
            "total_fen": told.account.total_fen,
            "parcels_sum_fen": gep.total_fen,
        },
        "greenpoints": {
            "business_on": day.isoformat(),
            "synthetic": True,
            "rows": report.rows,
            "credited": credited(report),
            "refused": refused(report),
            "posted_kg": round(report.posted_mg / MG_PER_KG, 3),
            "points_issued": told.day.points_issued,
            "points_redeemed": told.day.points_redeemed,
        },
        "marketplace": {
            "listing": told.sale.session,
            "parcel": told.sale.parcel,
            "bids": told.sale.bids,
            "second_listing": "refused",
            "overlap_m2": told.sale.conflict["area_m2"],
            "settled_fen": settlement.price_fen,
        },
        "policy": {
            "programme": claim.programme,
            "demo": claim.demo,
            "claim": claim.number,
            "status": claim.status,
            "paid_fen": reconciliation.paid_fen,
            "reconciled_fen": reconciliation.matched_fen,
        },
        "bookkeeping": {
            "postings": proof.postings,
            "unbalanced": proof.unbalanced,
            "tree_size": proof.tree_size,
            "root": proof.root,
            "invariants": len(proof.verdicts),
            "broken": sum(len(verdict.broken) for verdict in proof.verdicts),
        },
        "seconds": seconds,
    }


def credited(report: Any) -> int:
    """Return how many rows count, in full, in part or with zero grams."""
    return sum(report.by_status.get(status, 0) for status in reasons.ACCEPTED)


def refused(report: Any) -> dict[str, int]:
    """Return how many rows do not count, by reason."""
    return {code: n for code, n in report.by_reason.items() if reasons.REASONS[code].status not in reasons.ACCEPTED}


def page(told: Told) -> dict[str, Any]:
    """Return what ``report.html`` shows beside the summary."""
    sold, claim = told.sale, told.subsidy.claim
    settlement, conflict = sold.settlement, sold.conflict
    return {
        "county": {"code": told.county.code, "name_zh": told.county.zh, "name_en": told.county.en},
        "tiles": {
            "gep_yuan": yuan(told.account.total_fen),
            "settled_yuan": yuan(settlement.price_fen),
            "paid_yuan": yuan(told.subsidy.reconciliation.paid_fen),
            "parcels": f"{told.account.account.parcels:,}",
            "points": f"{told.day.points_issued:,}",
            "rows": f"{told.day.report.rows:,}",
            "credited": f"{credited(told.day.report):,}",
        },
        "refusals": [
            {"reason": f"{reasons.REASONS[code].zh} · {reasons.REASONS[code].en}", "count": f"{count:,}"}
            for code, count in refused(told.day.report).items()
        ],
        "map": county_map(highlighted=told.county.code),
        "indicators": [
            {
                "name": INDICATORS.get(row.indicator, row.indicator),
                "quantity": f"{row.quantity:,.0f}",
                "unit": row.unit,
                "yuan": yuan(int(row.value_fen)),
            }
            for row in told.account.indicators.itertuples()
        ],
        "sale": {
            "listing": sold.session,
            "parcel": sold.parcel,
            "bids": sold.bids,
            "yuan": yuan(settlement.price_fen),
            "seller": settlement.seller,
            "buyer": settlement.buyer,
            "overlap_mu": f"{conflict['area_mu']:,.2f}",
            "overlap_m2": f"{conflict['area_m2']:,.0f}",
        },
        "conditions": [
            {"message": f"{one['message_zh']} · {one['message_en']}", "result": one["result"], "source": one["source"]}
            for one in claim.explanation["conditions"]
        ],
        "steps": [{"label": step.label, "on": timezone.localdate(step.at).isoformat()} for step in claim.steps],
    }


@cache
def county_map(*, highlighted: str) -> dict[str, Any]:
    """Return the eleven outlines as SVG paths, ``MAP_WIDTH`` units wide, north up, lengths true at mid-latitude."""
    file = settings.BASE_DIR / "fixtures" / COUNTIES
    features = json.loads(Path(file).read_text(encoding="utf-8"))["features"]
    shapes = {one["properties"]["adcode"]: shapely.geometry.shape(one["geometry"]) for one in features}
    west, south, east, north = shapely.union_all(list(shapes.values())).bounds
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = MAP_WIDTH / ((east - west) * squeeze)

    def place(xy: Any) -> Any:
        return np.column_stack([(xy[:, 0] - west) * squeeze * scale, (north - xy[:, 1]) * scale])

    drawn = []
    for feature in features:
        flat = shapely.transform(shapes[feature["properties"]["adcode"]], place)
        chosen = str(feature["properties"]["adcode"]) == highlighted
        label = flat.representative_point()
        drawn.append({
            "name": feature["properties"]["name"],
            "path": " ".join(_path(ring) for part in shapely.get_parts(flat) for ring in shapely.get_rings(part)),
            "fill": "#1f7a5c" if chosen else "#cfe3d9",
            "ink": "#ffffff" if chosen else "#16302b",
            "x": round(label.x, 1),
            "y": round(label.y, 1),
        })  # fmt: skip
    return {"width": MAP_WIDTH, "height": round((north - south) * scale), "shapes": drawn}


def _path(ring: Any) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(ring))
    return f"M{points}Z"
