"""A compiled account of four parcels in two villages of one town, for the tests of the pages that show it."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from gep import accounts, intake
from identity.people import register_user
from tests.unit.gep import landscapes

AT = datetime(2025, 3, 1, tzinfo=UTC)
COUNTY, TOWN = "361028", "361028100"


def compile_account(folder: Path, *, profile: str = "GBT46869_2025", synthetic: bool = True) -> str:
    """Load the parcels, account for them, and return the account's code; a demonstration unless told otherwise."""
    marks = {"synthetic": np.ones(4, dtype=bool)} if synthetic else {}
    intake.load_parcels(landscapes.write_parcels(folder / "parcels.gpkg", **marks))
    layers = landscapes.write_layers(folder)
    asked = accounts.request(
        region=COUNTY, year=2024, price_year=2024, layers=layers, at=AT, profile=profile
    )  # fmt: skip
    compiled = accounts.compile(asked.code, as_of=AT)
    assert compiled.status == "compiled"
    return compiled.code


def analyst(name: str):
    """Return a user who may account for the whole city."""
    return register_user(name, "a long password 27", at=AT, roles=("analyst",))
