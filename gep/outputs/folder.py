"""The folder of an account: every file, one after another, each told as it is written."""

from collections.abc import Callable
from pathlib import Path

from gep.files import findings
from gep.outputs import geopackage, parquet, summary, totals, workbook
from gep.outputs.statement import Statement

NAMES = ("parcels.parquet", "parcels.gpkg", "totals.csv", "accounts.xlsx", "summary.json")
Progress = Callable[[str, float], None]


def write_all(
    statement: Statement,
    folder: Path,
    *,
    seconds: Callable[[], float],
    peak_rss_mb: Callable[[], float],
    progress: Progress | None = None,
) -> dict[str, Path]:
    """Write the account's files into ``folder``; return their paths by name.

    ``progress`` hears the stage and the share of it that is done. ``seconds`` and ``peak_rss_mb`` are asked last, when
    all else is written. Raises OSError where the folder cannot be written to.
    """
    tell = progress or (lambda stage, share: None)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / name for name in NAMES}
    parquet.write(statement, paths["parcels.parquet"], progress=lambda share: tell("parcels.parquet", share))
    geopackage.write(statement, paths["parcels.gpkg"], progress=lambda share: tell("parcels.gpkg", share))
    totals.write(statement, paths["totals.csv"])
    workbook.write(statement, paths["accounts.xlsx"], progress=lambda share: tell("accounts.xlsx", share))
    if any(found.rows for found in statement.findings):
        paths["findings.csv"] = folder / "findings.csv"
        findings.write_rejections(paths["findings.csv"], statement.findings)
    summary.write(statement, paths["summary.json"], seconds=seconds(), peak_rss_mb=peak_rss_mb())
    tell("summary.json", 1.0)
    return paths
