"""An account from files that lie on this machine, all at once: for the demonstration, for commands and for tests.

It takes the same way as a run over the catalogue: the files become datasets, the run is cut into blocks.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from gep import datasets, queries, run_work, runs
from gep.datasets import Description
from gep.files import layers as known_layers
from gep.intake import InputFileRefused
from gep.models import DatasetStatus
from gep.queries import AccountView
from gep.run_work import Progress
from gep.runs import RunNotDescribed, Wanted


def request(
    *,
    region: str,
    year: int,
    price_year: int,
    layers: Mapping[str, Path],
    at: datetime,
    profile: str = "GBT46869_2025",
    scheme: str = "hj1166",
    switches: Mapping[str, Any] | None = None,
    statistics: Path | None = None,
    surveyed: bool = False,
    draws: int = 0,
) -> AccountView:
    """Enter the files as datasets, and save the run over them and the region's parcels.

    ``surveyed`` lets the land-use codes of the parcels say the class; ``draws`` > 0 adds intervals.
    The same inputs, figures and switches again: the same account, nothing doubled. Raises RunNotDescribed,
    RegionWithoutParcels, InputFileRefused.
    """
    files = {**layers, **({"statistics": statistics} if statistics else {})}
    chosen = {
        role: _entered(Path(path), role=role, region=region, year=year, scheme=scheme, at=at)
        for role, path in sorted(files.items())
    }
    wanted = Wanted(
        region=region, year=year, price_year=price_year, datasets=chosen, profile=profile, switches=switches or {},
        surveyed=surveyed, draws=draws,
    )  # fmt: skip
    return queries.account(runs.request(wanted, at=at).code)


def compile(code: str, *, as_of: datetime, progress: Progress | None = None) -> AccountView:
    """Do all the work of a requested account here and now; a compiled one is left as it is.

    An account that cannot be compiled is kept as refused, with the sentence that says why.
    """
    run_work.drain(code, as_of=as_of, progress=progress)
    return queries.account(code)


def _entered(path: Path, *, role: str, region: str, year: int, scheme: str, at: datetime) -> str:
    """Return the code of the dataset that the file is; refused where its check refuses it."""
    if role not in known_layers.known() and role != "statistics":
        raise RunNotDescribed(field="layers", told=f"{role} is not known")
    if not path.is_file():
        raise InputFileRefused(file=path.name, reason="not_a_geotiff", told="no such file")
    layer = "" if role == "statistics" else role
    said = Description(
        kind="layer" if layer else role, layer=layer, region=region, year=year, filename=path.name, licence="unstated",
        source=path.name, scheme=scheme if role == "land_cover" else "",
    )  # fmt: skip
    found = datasets.add_file(path, said, at=at)
    if found.status != DatasetStatus.READY:
        raise InputFileRefused(file=path.name, reason=found.refusal, told=found.refusal_told)
    return found.code
