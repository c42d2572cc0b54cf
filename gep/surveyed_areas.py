"""Surveyed areas held against those of the outlines: what differs is told, and what cannot be is not taken."""

import numpy as np
from numpy.typing import NDArray

from gep.accounting import ecosystem_units
from gep.files import findings
from gep.files.findings import Finding, Findings
from gep.files.parcels import ParcelTable

COLUMN = "official_area_m2"
MOST_TOLD = 1_000  # parcels that are named; beyond, they are counted


def told(before: Findings, *, codes: NDArray[np.str_], factor: NDArray[np.float64]) -> Findings:
    """Return findings with one for each parcel whose surveyed area is off that of its outline, the furthest first.

    ``factor`` is surveyed over drawn area, NaN where no area was surveyed; shapes (parcels,).
    """
    off = ecosystem_units.is_off(factor)
    taken = ecosystem_units.is_of_outline(factor)
    kinds = {"area_not_of_the_outline": off & ~taken, "area_off_the_outline": off & taken}
    rows: list[Finding] = []
    for reason, of_kind in kinds.items():
        places = np.flatnonzero(of_kind)
        furthest = places[np.argsort(-np.abs(np.log(factor[places])), kind="stable")][:MOST_TOLD]
        rows += [
            Finding(row=0, id=str(codes[i]), column=COLUMN, reason=reason, told=f"× {factor[i]:.4g}", done="noted")
            for i in furthest.tolist()
        ]
    return findings.with_more(before, rows, counts={reason: int(of_kind.sum()) for reason, of_kind in kinds.items()})


def of_table(table: ParcelTable) -> Findings:
    """Return what there is to tell of the areas of a checked copy of parcels."""
    import shapely

    codes, factors = [np.array([], dtype=str)], [np.array([])]
    for batch in table:
        codes.append(batch.texts("parcel_id"))
        drawn_m2 = np.asarray(shapely.area(batch.geometries()), dtype=np.float64)
        factors.append(ecosystem_units.area_factor(batch.official_area_m2, geometric_m2=drawn_m2))
    return told(findings.of("", ()), codes=np.concatenate(codes), factor=np.concatenate(factors))
