"""The files of a run's figures: written by the writers of ``gep run``, kept as objects in the storage."""

import resource
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from core import regions
from gep import outputs, run_engine, storage
from gep.files import projections
from gep.models import Parcel, Run, RunBlock, RunFile, RunStatus
from gep.outputs.statement import Input, Statement, code_version
from gep.run_engine import Joined

WITH_FIGURES = (RunStatus.COMPILED, RunStatus.APPROVED, RunStatus.PUBLISHED)
MEDIA_TYPES = {
    ".parquet": "application/vnd.apache.parquet", ".gpkg": "application/geopackage+sqlite3", ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".pdf": "application/pdf",
    ".json": "application/json",
}  # fmt: skip


def write(code: str, *, as_of: datetime) -> None:
    """Write the files of a compiled run; those that are there already are left as they are.

    Where the machine has no Chinese font, there is no report, and the others are written.
    """
    row = Run.objects.get(code=code)
    if row.status not in WITH_FIGURES or RunFile.objects.filter(run=row).exists():
        return
    results = RunBlock.objects.filter(run=row).order_by("number").values_list("result", flat=True)
    found = run_engine.join(row, [storage.get_bytes(digest) for digest in results])
    with tempfile.TemporaryDirectory(prefix="fuzhou-files-") as folder:
        written = outputs.write_all(
            statement(row, found), Path(folder), seconds=lambda: _seconds(row), peak_rss_mb=_peak_rss_mb
        )
        kept = {name: storage.put(path) for name, path in written.paths.items()}
    RunFile.objects.bulk_create(
        [
            RunFile(
                run=row, name=name, media_type=MEDIA_TYPES[Path(name).suffix], digest=stored.digest,
                size=stored.size, made_at=as_of,
            )
            for name, stored in kept.items()
        ],
        ignore_conflicts=True,  # another worker may have written the same
    )  # fmt: skip


def statement(row: Run, found: Joined) -> Statement:
    """Return what the files of a run say: its account, its frozen outlines, the digest of every input."""
    inputs = [Input("parcels", row.snapshot)]
    inputs += [Input(f"layers.{name}", sha, found.stack.labels[name]) for name, sha in found.stack.digests.items()]
    inputs += [
        Input(role, row.inputs[role]["sha256"]) for role in ("statistics", "coefficients") if row.inputs.get(role)
    ]
    return Statement(
        account=found.account,
        parcels=run_engine.RunParcels(row),
        name=row.name or f"{regions.name(row.region)} {row.year}",
        region=row.region,
        year=row.year,
        price_year=row.price_year,
        crs=projections.METRIC_CRS,
        inputs=tuple(inputs),
        synthetic=row.synthetic,
        code_version=code_version(),
        area_names=_area_names(found),
    )


def _area_names(found: Joined) -> dict[str, str]:
    counties = sorted(set(found.account.parcels.areas["county"].tolist()))
    rows = Parcel.objects.filter(county__in=counties).order_by()
    named = rows.values_list("town_code", "town", "village_code", "village").distinct()
    return {code: name for row in named for code, name in (row[:2], row[2:])}


def _seconds(row: Run) -> float:
    """From the start of the run to its figures."""
    return (row.compiled_at - row.started_at).total_seconds() if row.compiled_at and row.started_at else 0.0


def _peak_rss_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
