"""The folder of an account: every file, one after another, each told as it is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.fonts import NoChineseFont
from gep.files import findings
from gep.outputs import geopackage, lineage_table, parquet, report, summary, totals, workbook
from gep.outputs.statement import Statement

# How much of the time of writing each file takes, about; by these the progress is told.
SHARES = {
    "parcels.parquet": 0.15, "parcels.gpkg": 0.3, "totals.csv": 0.02, "accounts.xlsx": 0.35, "report.pdf": 0.15,
    "summary.json": 0.03,
}  # fmt: skip
FINDINGS, LINEAGE = "findings.csv", "lineage.csv"
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Written:
    """The files by name, and a sentence for each that could not be written."""

    paths: Mapping[str, Path]
    refusals: tuple[str, ...]


def write_all(
    statement: Statement,
    folder: Path,
    *,
    seconds: Callable[[], float],
    peak_rss_mb: Callable[[], float],
    progress: Progress | None = None,
) -> Written:
    """Write the account's files into ``folder``, which is made where there is none.

    ``progress`` hears the file and the share of all writing that is done. ``seconds`` and ``peak_rss_mb`` are asked
    last, when all else is written. The report is refused where the machine has no Chinese font; the other files are
    written all the same. Raises OSError where the folder cannot be written to.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / name for name in SHARES}
    refusals = []
    parquet.write(statement, paths["parcels.parquet"], progress=_part("parcels.parquet", progress))
    geopackage.write(statement, paths["parcels.gpkg"], progress=_part("parcels.gpkg", progress))
    totals.write(statement, paths["totals.csv"])
    workbook.write(statement, paths["accounts.xlsx"], progress=_part("accounts.xlsx", progress))
    try:
        _part("report.pdf", progress)(0.0)
        report.write(statement, paths["report.pdf"])
    except NoChineseFont as error:
        refusals.append(str(error))
        del paths["report.pdf"]
    if statement.opening is not None:
        paths[LINEAGE] = folder / LINEAGE
        lineage_table.write(statement, paths[LINEAGE])
    if any(found.rows for found in statement.findings):
        paths[FINDINGS] = folder / FINDINGS
        findings.write_rejections(paths[FINDINGS], statement.findings)
    summary.write(statement, paths["summary.json"], seconds=seconds(), peak_rss_mb=peak_rss_mb())
    _part("summary.json", progress)(1.0)
    return Written(paths, tuple(refusals))


def _part(name: str, progress: Progress | None) -> Callable[[float], None]:
    """Return what hears the share of one file, and tells the share of all of them."""
    names = list(SHARES)
    before = sum(SHARES[other] for other in names[: names.index(name)])
    tell = progress or (lambda stage, share: None)
    return lambda share: tell(name, before + SHARES[name] * share)
