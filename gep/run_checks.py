"""What an analyst is told of a run's inputs before it starts: the check report of files, over a run's datasets."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from core import regions
from gep import dataset_queries, ecosystems, file_sources, run_engine, snapshots, storage, surveyed_areas
from gep.file_sources import StatisticsFile
from gep.files import check_report, findings, parcels
from gep.files.check_report import CheckReport
from gep.files.findings import Finding, Findings
from gep.files.parcels import CheckedParcels, ParcelTable
from gep.files.rasters import RasterFacts
from gep.models import Run, RunInput, RunKind

PARCELS = "parcels"  # what the report calls the region's parcels, which are no file
TABLES = ("statistics", "coefficients")
FACTS = frozenset(field.name for field in fields(RasterFacts))


def report(run: Run, *, snapshot: str) -> CheckReport:
    """Return what there is to know of a run's parcels, layers and statistics. Raises FileRefused.

    Parcels that overlap, land-use codes that say no class, counties that the statistics leave out, statistics of
    counties without parcels, rows that do not hold, layers that do not reach.
    """
    table, said = snapshots.table(snapshot), _statistics(run)
    stack = run_engine.stack(run)
    return check_report.report(
        CheckedParcels(table, snapshot, _of_land_use(run, table), facts={"crs": table.crs}),
        _layer_facts(run),
        grid=stack.grid,
        overlaps=parcels.overlaps_of(table),
        statistics_counties=None if said is None else _stated(run, said),
        more_findings=[surveyed_areas.of_table(table), *([] if said is None else [said.findings])],
        counties={county.code for county in regions.counties()},
        rules=stack.rules,
    )


def waiting(notes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those of a report's notes that an analyst decides on."""
    return [note for note in notes if note["severity"] == "choose"]


def _of_land_use(run: Run, table: ParcelTable) -> Findings:
    """The parcels whose land-use code says no class; the land cover says it for them."""
    if not run.inputs.get("surveyed"):
        return findings.of(PARCELS, [])
    known, count = np.array(sorted(ecosystems.land_use_codes())), 0
    rows: list[Finding] = []
    for batch in table:
        codes = batch.texts("land_use")
        strange = np.flatnonzero(~np.isin(codes, known) & (codes != ""))
        count += len(strange)
        if len(rows) < check_report.MOST_EXAMPLES:
            ids = batch.texts("parcel_id")
            rows += [
                Finding(row=batch.first_row + place + 1, id=str(ids[place]), column="land_use",
                        reason="unknown_land_use", told=str(codes[place]), done="noted")
                for place in strange[: check_report.MOST_EXAMPLES].tolist()
            ]  # fmt: skip
    kept = rows[: check_report.MOST_EXAMPLES]
    return findings.with_more(findings.of(PARCELS, []), kept, counts={"unknown_land_use": count} if count else {})


def _layer_facts(run: Run) -> dict[str, RasterFacts]:
    """What the checks of the layers measured, as the catalogue keeps it."""
    links = RunInput.objects.filter(run=run).exclude(role__in=TABLES).select_related("dataset")
    return {link.role: _raster_facts(link.dataset.facts) for link in links}


def _raster_facts(kept: Mapping[str, Any]) -> RasterFacts:
    said = {name: kept[name] for name in FACTS}
    for name in ("nodata", "least", "most"):
        said[name] = float("nan") if said[name] is None else said[name]
    said["unknown_classes"] = tuple((code, cells) for code, cells in said["unknown_classes"])
    return RasterFacts(**said | {"hints": tuple(said["hints"])})


def _statistics(run: Run) -> StatisticsFile | None:
    """The statistics of a run, those of all counties; a project unit takes none."""
    link = RunInput.objects.filter(run=run, role="statistics").select_related("dataset").first()
    if link is None or run.kind == RunKind.PROJECT:
        return None
    with storage.local_file(link.dataset.sha256, suffix=dataset_queries.suffix(link.dataset)) as path:
        return file_sources.read_statistics(path, counties={county.code for county in regions.counties()})


def _stated(run: Run, said: StatisticsFile) -> set[str]:
    own = set(snapshots.counties_of(run.region))
    return {str(county) for county in said.totals.county.tolist() if county in own}
