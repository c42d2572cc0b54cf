"""summary.json: what an account comes to, and every input and figure that it rests on; fit for JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from gep import methods
from gep.accounting import CompiledAccount, IndicatorResult
from gep.method_profiles import indicator_list
from gep.outputs import ecosystem_accounts, lineage_table, sums, words
from gep.outputs.statement import Statement
from gep.outputs.sums import UNALLOCATED, AreaSum
from gep.seea import supply_use
from gep.uncertainty import Interval, grade_of_total

ACCOUNTED, PENDING, OFF = "accounted", "pending_data", "off"
SLOPE_LENGTH = "each cell's own side; compare soil retention only with accounts that use the same"


def write(statement: Statement, path: Path, *, seconds: float, peak_rss_mb: float) -> dict[str, Any]:
    """Write the summary; return what was written. ``seconds`` and ``peak_rss_mb`` are of the whole run."""
    told = {**summary(statement), "seconds": round(seconds, 3), "peak_rss_mb": round(peak_rss_mb, 1)}
    path.write_text(json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return told


def summary(statement: Statement) -> dict[str, Any]:
    """Return the summary, the same for the same inputs. Fen are whole numbers, missing is null, areas are in m²."""
    account = statement.account
    region = sums.whole(account)
    return {
        "name": statement.name,
        "region": statement.region,
        "year": statement.year,
        "price_year": statement.price_year,
        "labels": list(statement.labels),
        "parcels": region.parcels,
        "area_m2": region.area_m2,
        "total_fen": region.total_fen,
        **_interval(statement.total_interval, whole=True),
        "grade": grade(account),
        "seea_exchange_total_fen": supply_use.totals(region.fen).seea_exchange_total_fen,
        "indicators": indicators(statement),
        "by_county": {
            code: _area(statement, found) for code, found in sums.by_area(account, level="county").items()
        },
        "by_ecosystem": by_ecosystem(statement),
        "ecosystem_accounts": ecosystem_accounts_told(statement),
        "change": change(statement),
        "pending_data": {name: list(lacking) for name, lacking in account.pending.items()},
        "parcels_partly_off_the_layers": int(np.sum(account.parcels.inside_share < 1 - 1e-9)),
        "findings": {found.file: dict(found.counts) for found in statement.findings},
        "provenance": provenance(statement),
    }  # fmt: skip


def provenance(statement: Statement) -> dict[str, Any]:
    """Return inputs with their SHA-256, profile, switches, code version, and every figure with its source."""
    method, drawn = statement.account.method, statement.account.simulation
    return {
        "profile": method.profile.name,
        "document": method.profile.document,
        "switches": dict(method.profile.switches),
        "variants": {name: result.variant for name, result in statement.account.results.items()},
        "code_version": statement.code_version,
        "crs": statement.crs,
        "inputs": {
            given.name: {"sha256": given.sha256, "label": given.label}
            for given in sorted(statement.inputs, key=lambda given: given.name)
        },
        "sha256": {given.name: given.sha256 for given in statement.inputs} | {"figures": methods.tables_digest()},
        "unconfirmed_figures": method.unconfirmed,
        "synthetic": statement.synthetic,
        "unconfirmed_cells": method.unconfirmed_cells(),
        "unindexed_prices": method.unindexed_prices(),
        "slope_length": SLOPE_LENGTH,
        "draws": drawn.draws if drawn else 0,
        "seed": drawn.seed if drawn else None,
        "drivers": [{"figure": driver.figure, "share": driver.share} for driver in drawn.drivers] if drawn else [],
        "figures": method.figures(),
    }


def indicators(statement: Statement) -> dict[str, dict[str, Any]]:
    """Return every indicator there is: accounted, pending for want of data, or off in this profile.

    ``low95`` and ``high95`` bound the value in fen, with ``physical_`` before them the quantity; null without draws.
    ``calibrated_fen`` is the value with the official ones of counties in place of the model's, null where none is
    stated, ``calibration_factor`` official over modelled value by county.
    """
    account, region = statement.account, sums.whole(statement.account)
    told: dict[str, dict[str, Any]] = {}
    for name, listed in indicator_list().items():
        status = ACCOUNTED if name in account.results else PENDING if name in account.pending else OFF
        found = account.results.get(name)
        told[name] = {
            "zh": listed.zh,
            "group": listed.group,
            "status": status,
            "physical": region.quantity[name] if found else None,
            "unit": found.unit if found else listed.unit,
            "value_fen": region.fen[name] if found else None,
            **_interval(statement.value_interval(name), whole=True),
            **_interval(statement.quantity_interval(name), before="physical_"),
            "grade": found.grade if found else None,
            "parts": _parts(found) if found else {},
            "lacking": list(account.pending.get(name, ())),
            "calibrated_fen": int(account.calibrated[name].parcels_fen.sum()) if name in account.calibrated else None,
            "calibration_factor": dict(account.calibrated[name].factor) if name in account.calibrated else {},
        }
    return told


def grade(account: CompiledAccount) -> str | None:
    """Return the grade of the total, None where nothing has a value."""
    values = {name: int(result.value_fen.sum()) for name, result in account.results.items()}
    return grade_of_total(values, {name: result.grade for name, result in account.results.items()})


def _interval(found: Interval | None, *, before: str = "", whole: bool = False) -> dict[str, float | None]:
    """The two bounds; fen are rounded to whole ones."""
    bounds = (found.low95, found.high95) if found else (None, None)
    rounded = [round(bound) if whole and bound is not None else bound for bound in bounds]
    return dict(zip((f"{before}low95", f"{before}high95"), rounded, strict=True))


def _parts(found: IndicatorResult) -> dict[str, float]:
    """The sum of each part over the parcels, smallest first, so that their order changes no bit."""
    return {part: float(np.sort(np.nan_to_num(quantity)).sum()) for part, quantity in found.parts.items()}


def _area(statement: Statement, found: AreaSum) -> dict[str, Any]:
    return {
        "name": sums.area_name(found.code),
        "parcels": found.parcels,
        "area_m2": found.area_m2,
        "total_fen": found.total_fen,
        "unallocated_fen": sum(statement.account.unallocated.get(found.code, {}).values()),
        "indicators": {
            name: {"physical": found.quantity[name], "value_fen": found.fen[name]} for name in found.fen
        },
    }  # fmt: skip


def by_ecosystem(statement: Statement) -> dict[str, dict[str, Any]]:
    """Return the sums by class ("0" where it is not known) and what no parcel got, so that the fen add up."""
    account = statement.account
    areas: dict[str, float] = {}
    for (_, code), area_m2 in sorted(account.classes.area_m2.items()):
        areas[str(code)] = areas.get(str(code), 0.0) + area_m2
    told = {
        code: _of_class(code, areas.get(code, 0.0), account.by_class_fen.get(code, {}))
        for code in sorted(areas.keys() | account.by_class_fen.keys())
    }
    left = sums.unallocated(account)
    return told | ({UNALLOCATED: _of_class(UNALLOCATED, 0.0, left)} if any(left.values()) else {})


def ecosystem_accounts_told(statement: Statement) -> dict[str, Any]:
    """Return extent (mm², whole), condition and assets by class; what is lacking for condition is listed."""
    condition = ecosystem_accounts.condition_account(statement)
    assets = ecosystem_accounts.asset_account(statement)
    return {
        "extent_mm2": {row.type: _without_type(row) for row in ecosystem_accounts.extent(statement)},
        "condition": {
            code: {
                "opening": _known(condition.opening[i]), "closing": _known(condition.closing[i]),
                "opening_known_share": float(condition.opening_known_share[i]),
                "closing_known_share": float(condition.closing_known_share[i]),
            }
            for i, code in enumerate(condition.types)
        } if condition else {},
        "condition_lacking": list(ecosystem_accounts.condition_lacks(statement)),
        "assets": {
            code: {name: int(getattr(assets, name)[i]) for name in ecosystem_accounts.ASSET_FIELDS}
            for i, code in enumerate(assets.types)
        } if assets else {},
    }  # fmt: skip


def _without_type(row: ecosystem_accounts.ExtentRow) -> dict[str, int | None]:
    return {name: value for name, value in asdict(row).items() if name != "type"}


def _known(figure: float) -> float | None:
    return None if np.isnan(figure) else float(figure)


def change(statement: Statement) -> dict[str, Any] | None:
    """Return what changed since the opening account: matrix in mm², effects in fen, edges by kind; None without one."""
    opening = statement.opening
    if opening is None:
        return None
    matrix = opening.extent.matrix_mm2
    return {
        "opening": {"name": opening.described.name, "year": opening.described.year,
                    "price_year": opening.described.price_year, "profile": opening.described.profile},
        "types": list(opening.extent.types),
        "matrix_mm2": matrix.tolist() if matrix is not None else [],
        "effects": {name: {**asdict(found), "unsplit": list(found.unsplit)} for name, found in opening.changes.items()},
        "lineage": lineage_table.counts(lineage_table.kinds(opening.land.lineage)),
    }  # fmt: skip


def _of_class(code: str, area_m2: float, fen: Mapping[str, int]) -> dict[str, Any]:
    return {
        "name": words.class_name(code),
        "area_m2": area_m2,
        "total_fen": sum(fen.values()),
        "indicators": {name: {"value_fen": value} for name, value in fen.items()},
    }
