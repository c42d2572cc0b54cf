"""What an analyst is told of the inputs before a run, and what may be chosen about it. No database."""

import csv
import functools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gep.coverage import Grid
from gep.files import projections
from gep.files.findings import Findings
from gep.files.parcels import CheckedParcels, Overlaps
from gep.files.rasters import RasterFacts
from gep.files.refusals import Reason, reason

Severity = Literal["stop", "choose", "know"]  # no run is possible; the analyst decides; the analyst is told
SEVERITIES: tuple[Severity, ...] = ("stop", "choose", "know")
LABELS = {
    "stop": ("必须处理", "must be settled"),
    "choose": ("请选择", "choose"),
    "know": ("请知悉", "for your knowledge"),
}
CHOICES = Path(__file__).with_name("choices.csv")
MOST_EXAMPLES = 10
COUNTIES_TOLD = {"county_without_statistics", "statistics_without_parcels"}
WHAT_TO_DO = {
    "duplicate_parcel": ("reject_rows", "replace_file"), "parcel_without_id": ("reject_rows", "replace_file"),
    "invalid_geometry": ("repair", "reject_rows", "replace_file"),
    "unknown_land_use": ("clear_land_use", "reject_rows"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    """One thing about the inputs: ``subject`` is a file, layer or county; ``choices`` are codes of choices.csv."""

    severity: Severity
    code: str
    subject: str
    count: int
    told: str = ""
    examples: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckReport:
    """The notes, the gravest first."""

    notes: tuple[Note, ...]

    @property
    def may_run(self) -> bool:
        """Whether nothing stands in the way of a run; what is to be chosen may still change its result."""
        return not any(note.severity == "stop" for note in self.notes)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain data with the sentences of both languages."""
        return {
            "may_run": self.may_run,
            "notes": [
                asdict(note) | {"zh": reason(note.code).zh, "en": reason(note.code).en,
                                "choices": [asdict(choice(code)) for code in note.choices]}
                for note in self.notes
            ],
        }  # fmt: skip

    def as_text(self, *, language: Literal["zh", "en"] = "zh") -> str:
        """Return the report for reading, a paragraph a note."""
        nothing = {"zh": "未发现问题。", "en": "Nothing was found."}
        return "\n".join(_paragraph(note, language) for note in self.notes) or nothing[language]


@functools.cache
def choices() -> Mapping[str, Reason]:
    """Return what an analyst may choose, by code."""
    with CHOICES.open(encoding="utf-8", newline="") as file:
        return {row["code"]: Reason(**row) for row in csv.DictReader(file)}


def choice(code: str) -> Reason:
    """Return a choice by its code."""
    return choices()[code]


def report(
    parcels: CheckedParcels,
    layers: Mapping[str, RasterFacts],
    *,
    grid: Grid,
    overlaps: Overlaps | None = None,
    statistics_counties: Collection[str] | None = None,
    more_findings: Iterable[Findings] = (),
    counties: Collection[str] | None = None,
    rules: Mapping[str, str] | None = None,
) -> CheckReport:
    """Return what there is to know of checked inputs before a run.

    ``grid`` is the account's, in the CRS of the parcels; ``statistics_counties`` the codes that the statistics state
    totals for (None: there are no statistics); ``counties`` the codes that there are (None: any); ``rules`` how layers
    come to the grid; ``more_findings`` what was found wrong with other rows. ``overlaps`` as
    ``parcels.overlaps_of`` finds them, None where they were not looked for.
    """
    found = [*_of_rows(parcels), *_of_overlaps(parcels, overlaps), *_of_crs(parcels)]
    found += _of_counties(parcels, statistics_counties, counties)
    found += [note for findings in more_findings for note in _of_findings(findings)]
    for name, facts in layers.items():
        found += [*_of_layer(name, facts), *_of_place(parcels, name, facts)]
    found += _of_grid(parcels, grid)
    found += [Note("know", "layer_resampled", name, 1, rule) for name, rule in (rules or {}).items() if rule]
    return CheckReport(tuple(sorted(found, key=lambda note: SEVERITIES.index(note.severity))))


def _of_rows(parcels: CheckedParcels) -> list[Note]:
    """What was wrong with rows: those that were rejected are a choice that was taken, and can be taken otherwise."""
    notes = []
    for code, count in parcels.findings.counts:
        rows = [found for found in parcels.findings.rows if found.reason == code]
        examples = tuple(f"row {r.row}, {r.column}, id {r.id[:40]}, {r.done}" for r in rows[:MOST_EXAMPLES])
        offered = WHAT_TO_DO.get(code, ("reject_rows", "replace_file"))
        notes.append(Note("choose", code, parcels.findings.file, count, examples=examples, choices=offered))
    return notes


def _of_overlaps(parcels: CheckedParcels, overlaps: Overlaps | None) -> list[Note]:
    if overlaps is None:
        return []
    examples = tuple(
        f"{one} × {other}: {area_m2:.2f} m², {x:.1f} {y:.1f}" for one, other, area_m2, x, y in overlaps.examples
    )[:MOST_EXAMPLES]
    offered, file = ("replace_file", "reject_rows", "keep"), parcels.findings.file
    notes = []
    if overlaps.pairs:
        told = f"{overlaps.area_m2:.2f} m²"
        notes.append(Note("choose", "parcels_overlap", file, overlaps.pairs, told, examples, offered))
    if overlaps.slivers:
        told = f"{overlaps.sliver_area_m2:.2f} m²"
        notes.append(
            Note("know", "parcels_overlap_sliver", file, overlaps.slivers, told, choices=("keep", "replace_file"))
        )
    if overlaps.gaps:
        notes.append(Note("know", "boundary_gaps", file, overlaps.gaps, choices=("keep", "replace_file")))
    return notes


def _of_crs(parcels: CheckedParcels) -> list[Note]:
    source, target = parcels.facts["crs"], parcels.table.crs
    file, facts = parcels.findings.file, parcels.facts
    notes = []
    if source != target:
        notes.append(Note("know", "coordinates_moved", file, 1, f"{source} → {target}"))
    if source in ("EPSG:4326", "EPSG:32649", "EPSG:32650"):
        notes.append(Note("know", "datum_taken_as_same", file, 1, source))
    stated = str(facts.get("encoding_stated", ""))
    if stated and stated.upper().replace("-", "") not in (
        facts["encoding"].replace("-", ""),
        "GBK",
        "936",
        "CP936",
        "GB2312",
    ):
        notes.append(Note("know", "encoding_misstated", file, 1, f"{stated} → {facts['encoding']}"))
    return notes


def _of_counties(
    parcels: CheckedParcels, statistics: Collection[str] | None, known: Collection[str] | None
) -> list[Note]:
    named, counts = np.unique(parcels.table.column("county"), return_counts=True)
    there = dict(zip(named.tolist(), counts.tolist(), strict=True))
    notes = []
    if there.get(""):
        notes.append(
            Note("choose", "parcel_without_county", parcels.findings.file, there[""], choices=("replace_file", "keep"))
        )
    for county, count in there.items():
        if county and known is not None and county not in known:
            notes.append(Note("choose", "unknown_county", county, count, choices=("replace_file", "reject_rows")))
        if county and statistics is not None and county not in statistics:
            notes.append(
                Note("choose", "county_without_statistics", county, count, choices=("give_statistics", "keep"))
            )
    for county in sorted(set(statistics or ()) - set(there)):
        notes.append(
            Note("choose", "statistics_without_county", county, 1, choices=("leave_unallocated", "replace_file"))
        )
    return notes


def _of_findings(findings: Findings) -> list[Note]:
    """What was wrong with rows of the statistics, or with areas; what counties lack statistics is told by county."""
    notes = []
    for code, count in findings.counts:
        rows = [found for found in findings.rows if found.reason == code]
        if code in COUNTIES_TOLD:
            continue
        examples = tuple(
            f"row {r.row}, {r.column}: {r.told[:40]}, {r.done}" if r.row else f"{r.id[:40]}: {r.told[:40]}"
            for r in rows[:MOST_EXAMPLES]
        )
        severity: Severity = "choose" if any(r.done == "rejected" for r in rows) else "know"
        notes.append(Note(severity, code, findings.file, count, examples=examples, choices=("replace_file", "keep")))
    return notes


def _of_layer(name: str, facts: RasterFacts) -> list[Note]:
    cells = facts.rows * facts.columns
    notes = []
    if facts.unknown_classes:
        told = ", ".join(f"{code}: {count}" for code, count in facts.unknown_classes[:MOST_EXAMPLES])
        count = sum(count for _, count in facts.unknown_classes)
        notes.append(Note("stop", "unknown_class", name, count, told, choices=("replace_file",)))
    if facts.implausible:
        told = f"{facts.least:g} … {facts.most:g}"
        notes.append(
            Note(
                "choose",
                "implausible_values",
                name,
                facts.implausible,
                told,
                choices=("state_unit", "replace_file", "keep"),
            )
        )
    for hint in facts.hints:
        severity: Severity = "stop" if hint == "layer_without_values" else "choose"
        notes.append(Note(severity, hint, name, cells, choices=("state_unit", "replace_file")))
    if 0 < facts.missing_share < 1:
        notes.append(
            Note("know", "cells_missing", name, round(facts.missing_share * cells), f"{facts.missing_share:.2%}")
        )
    return notes


def _of_place(parcels: CheckedParcels, name: str, facts: RasterFacts) -> list[Note]:
    """How many parcels lie off a layer, wholly or in part, by their bounding boxes."""
    south, east = facts.north - facts.rows * facts.cell_y, facts.west + facts.columns * facts.cell_x
    box = projections.box_in((facts.west, south, east, facts.north), source=facts.crs, target=parcels.table.crs)
    return _off(parcels, name, box)


def _of_grid(parcels: CheckedParcels, grid: Grid) -> list[Note]:
    notes = _off(parcels, "", grid.bounds)
    off = sum(note.count for note in notes if note.code == "parcels_off_the_layer")
    if off == len(parcels.table):
        return [Note("stop", "parcels_off_the_layer", "", off, choices=("replace_file", "state_crs"))]
    return []


def _off(parcels: CheckedParcels, name: str, box: projections.Bounds) -> list[Note]:
    west, south, east, north = box
    off = partly = 0
    for batch in parcels.table:
        each = batch.bounds
        outside = (each[:, 2] <= west) | (each[:, 0] >= east) | (each[:, 3] <= south) | (each[:, 1] >= north)
        within = (each[:, 0] >= west) & (each[:, 2] <= east) & (each[:, 1] >= south) & (each[:, 3] <= north)
        off += int(outside.sum())
        partly += int((~outside & ~within).sum())
    notes = []
    if off:
        notes.append(
            Note("choose", "parcels_off_the_layer", name, off, choices=("extend_layer", "reject_rows", "keep"))
        )
    if partly:
        notes.append(Note("know", "parcels_partly_off_the_layer", name, partly, choices=("extend_layer", "keep")))
    return notes


def _paragraph(note: Note, language: Literal["zh", "en"]) -> str:
    zh = language == "zh"
    label = LABELS[note.severity][0 if zh else 1]
    sentence = reason(note.code).zh if zh else reason(note.code).en
    offered = [choice(code).zh if zh else choice(code).en for code in note.choices]
    subject = note.subject or ("参考栅格" if zh else "reference grid")
    told = (f"（{note.told}）" if zh else f" ({note.told})") if note.told else ""
    text = f"[{label}] {subject}{'：' if zh else ': '}{sentence}{told} ×{note.count}"
    text += "".join(f"\n    {example}" for example in note.examples)
    if offered:
        text += ("\n    可选：" if zh else "\n    You may: ") + ("；" if zh else "; ").join(offered)
    return text
