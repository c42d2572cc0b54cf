"""Flow 2: real outlines, land cover and altitude; parcels and 30 m layers made from them; one account over all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fixtures import make_county_layers
from gep import accounts, intake
from gep import queries as gep_queries
from gep.queries import AccountView
from web.demo import cast

SEED, YEAR, PRICE_YEAR, DRAWS = 2024, 2024, 2024, 1_000
BROADLEAF = "111"
COMPARED_PROFILE = "CAS2017"
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Compiled:
    """The account, whose own total is the sum of its parcels' lines, and the published totals of its indicators."""

    account: Any
    indicators: Any
    total_fen: int


def compile_county(*, at: datetime, folder: Path, progress: Progress) -> Compiled:
    """Make the inputs, load the parcels, compile; a second run finds the same account by the digest of its inputs."""
    made = make_county_layers.make(county=cast.COUNTY, folder=folder, seed=SEED, progress=progress)
    intake.load_parcels(made.parcels)
    inputs: dict[str, Any] = {
        "region": cast.COUNTY, "year": YEAR, "price_year": PRICE_YEAR, "layers": made.layers,
        "statistics": made.statistics, "surveyed": True, "at": at,
    }  # fmt: skip
    # By another profile first, so that the pages have two accounts to compare and the usual one is the latest.
    # By gross output, since nobody stated the ratio of net output that this profile would take.
    compared = accounts.request(**inputs, profile=COMPARED_PROFILE, switches={"valuation_basis": "gross"})
    _compiled(compared.code, at=at)
    asked = accounts.request(**inputs, draws=DRAWS)
    account = _compiled(asked.code, at=at, progress=progress)
    indicators = gep_queries.indicator_totals(account.code)
    return Compiled(account=account, indicators=indicators, total_fen=int(indicators["value_fen"].sum()))


def _compiled(code: str, *, at: datetime, progress: Progress | None = None) -> AccountView:
    account = accounts.compile(code, as_of=at, progress=progress)
    if account.status != "compiled":
        raise AssertionError(f"the account {code} was refused: {account.provenance}")
    return account


def forest_parcel(account: str) -> str:
    """Return the code of the county's most valuable broadleaf parcel: the one whose right is sold."""
    dearest = gep_queries.parcels_page(account=account, county=cast.COUNTY, order="value", descending=True, limit=200)
    return next(parcel.code for parcel in dearest if parcel.ecosystem == BROADLEAF)
