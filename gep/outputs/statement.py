"""A compiled account as its files tell it: figures, parcels, the inputs it rests on, and the labels it must bear.

The writers of this package take a Statement and a path; where its parts come from (files, a database, an object store)
they do not know.
"""

import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from gep.account_files import CompiledFile
from gep.accounting import CompiledAccount, ParcelSource
from gep.accounting.terms import MAIN
from gep.coverage import ParcelOutlines
from gep.files.findings import Findings
from gep.opening_accounts import OpeningAccount
from gep.outputs.sums import area_name
from gep.uncertainty import Interval

UNCONFIRMED = "含未证实参数，不得作为正式结果 unconfirmed figures, never official"
SYNTHETIC = "模拟数据 synthetic data"
ALLOCATED = "地块数据为分摊结果，仅供参考 parcel figures are allocated, experimental"
KINDS = {3: "Polygon", 6: "MultiPolygon"}  # as well-known binary counts them
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Input:
    """A file that the account rests on; ``label`` is what it says of its own origin."""

    name: str
    sha256: str
    label: str = ""


@dataclass(frozen=True)
class Extent:
    """West, south, east and north in metres (NaN without any outline), and the kinds of geometry that there are."""

    bounds: tuple[float, float, float, float]
    kinds: tuple[str, ...]

    @classmethod
    def of(cls, blocks: Iterable[ParcelOutlines]) -> "Extent":
        """Return the extent of all outlines."""
        found = cls((np.nan, np.nan, np.nan, np.nan), ())
        for outlines in blocks:
            found = found.with_more(outlines)
        return found

    def with_more(self, outlines: ParcelOutlines) -> "Extent":
        """Return the extent with more outlines in it."""
        both = np.array([self.bounds, outlines.total_bounds])
        low, high = np.fmin.reduce(both)[:2].tolist(), np.fmax.reduce(both)[2:].tolist()
        kinds = {*self.kinds, *(KINDS[kind] for kind in outlines.kinds)}
        return Extent((*low, *high), tuple(sorted(kinds)))


@dataclass(frozen=True)
class Statement:
    """An account to be written down.

    ``parcels`` gives the outlines in ``crs``, block by block in the order of the account's parcels. ``crs`` is anything
    that pyproj reads. ``code_version`` names the state of this code. ``area_names`` holds names of towns and villages
    by their codes, as far as they are known. ``opening`` is the account of the earlier year that it is compared with.
    """

    account: CompiledAccount
    parcels: ParcelSource
    name: str
    region: str
    year: int
    price_year: int
    crs: str
    inputs: tuple[Input, ...]
    synthetic: bool
    code_version: str
    findings: tuple[Findings, ...] = ()
    area_names: Mapping[str, str] = field(default_factory=dict)
    opening: OpeningAccount | None = None

    @property
    def place(self) -> str:
        """The name of the region, or its code where it is of none known here."""
        return self.area_name(self.region) or self.region

    @property
    def title(self) -> str:
        """What the files are headed with."""
        return f"{self.place}{self.year}年生态产品总值核算"

    def area_name(self, code: str) -> str:
        """Return the name of a county, town or village by its code, "" where nobody told it."""
        return self.area_names.get(code) or area_name(code)

    @property
    def labels(self) -> tuple[str, ...]:
        """What every file of this account must say about it."""
        said = (SYNTHETIC,) if self.synthetic else ()
        accounts = [self.account, *([self.opening.stated.account, self.opening.recalculated] if self.opening else [])]
        return (*said, UNCONFIRMED) if any(account.method.unconfirmed for account in accounts) else said

    @property
    def label(self) -> str:
        """The labels as one text, "" where there are none."""
        return "; ".join(self.labels)

    @property
    def total_interval(self) -> Interval | None:
        """The 95 % interval of the total in fen, None where nothing was drawn."""
        return self.account.simulation.total_fen if self.account.simulation else None

    def value_interval(self, indicator: str) -> Interval | None:
        """Return the 95 % interval of an indicator's value in fen, None where nothing was drawn."""
        return self.account.simulation.value_fen.get(indicator) if self.account.simulation else None

    def quantity_interval(self, indicator: str) -> Interval | None:
        """Return the 95 % interval of an indicator's quantity in its unit, None where nothing was drawn."""
        return self.account.simulation.physical.get((indicator, MAIN)) if self.account.simulation else None

    def outlines(self, number: int) -> ParcelOutlines:
        """Return the outlines of one block of parcels."""
        return self.parcels.block(number).outlines

    @cached_property
    def extent(self) -> Extent:
        """Where the outlines lie and of what kinds they are; reads each of them once."""
        return Extent.of(self.outlines(number) for number in range(self.parcels.blocks))


def of_file(compiled: CompiledFile, opening: OpeningAccount | None = None) -> Statement:
    """Return the statement of an account that was compiled from files, and of its opening account."""
    described = compiled.described
    inputs = _inputs(compiled) + (_inputs(opening.stated, before="opening.") if opening else ())
    return Statement(
        account=compiled.account,
        parcels=compiled.parcels,
        name=described.name,
        region=compiled.region,
        year=described.year,
        price_year=described.price_year,
        crs=described.crs,
        inputs=inputs,
        synthetic=compiled.synthetic or (opening is not None and opening.stated.synthetic),
        code_version=code_version(),
        findings=compiled.findings,
        area_names=compiled.parcels.area_names,
        opening=opening,
    )


def _inputs(compiled: CompiledFile, *, before: str = "") -> tuple[Input, ...]:
    return tuple(
        Input(f"{before}{name}", digest, compiled.labels.get(name, "")) for name, digest in compiled.digests.items()
    )


@cache
def code_version() -> str:
    """Return what git says of this tree, or the version of the package where there is no git."""
    try:
        told = subprocess.run(
            ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return _package_version()
    return told.stdout.strip() if told.returncode == 0 else _package_version()


def _package_version() -> str:
    found = re.search(r'^version = "(.*?)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    return found[1] if found else "unknown"
