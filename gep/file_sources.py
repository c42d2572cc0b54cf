"""Inputs of an account that lie in files, as the engine asks for them: parcels in blocks, statistics by county."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gep import statistics
from gep.accounting import townships
from gep.accounting.inputs import CountyStatistics, Parcels
from gep.coverage import ParcelOutlines
from gep.files import FileRefused, findings, sheets
from gep.files.findings import Findings
from gep.files.parcels import ParcelTable
from gep.statistics import StatisticsTable

AREA_COLUMNS = {"village": "village_code", "town": "town_code", "county": "county"}


@dataclass(frozen=True)
class TableParcels:
    """The parcels of a checked copy, a block for each of its batches; pickles as the path of the copy.

    ``surveyed`` tells whether the land-use codes of the file say the class; ``region`` stands for the county of parcels
    that name none.
    """

    table: ParcelTable
    region: str
    surveyed: bool

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return self.table.batches

    def block(self, number: int) -> Parcels:
        """Return the parcels of one block."""
        batch = self.table.batch(number)
        areas = {level: batch.texts(column) for level, column in AREA_COLUMNS.items()}
        areas["county"] = np.where(areas["county"] == "", self.region, areas["county"])
        areas["region"] = np.full(len(batch), self.region)
        return Parcels(
            codes=batch.texts("parcel_id"),
            outlines=ParcelOutlines(batch.wkb, batch.offsets),
            areas=areas,
            land_use=batch.texts("land_use") if self.surveyed else None,
            official_area_m2=batch.official_area_m2,
        )

    @cached_property
    def counties(self) -> frozenset[str]:
        """The counties that any parcel lies in."""
        named = np.unique(self.table.column("county")).tolist()
        return frozenset(str(name) or self.region for name in named)

    @cached_property
    def area_names(self) -> dict[str, str]:
        """The names of towns and villages by their codes."""
        pairs = [(f"{level}_code", level) for level in ("town", "village")]
        named = [zip(self.table.column(code), self.table.column(name), strict=True) for code, name in pairs]
        return {str(code): str(name) for each in named for code, name in each}

    def towns(self) -> dict[str, str]:
        """The codes of towns by their names, but for names that two towns share."""
        codes, named = self.table.column("town_code"), self.table.column("town")
        pairs = {(str(name), str(code)) for code, name in zip(codes, named, strict=True) if code and name}
        names = [name for name, _ in pairs]
        return {name: code for name, code in pairs if names.count(name) == 1}

    @cached_property
    def synthetic(self) -> bool:
        """Whether any parcel says that it is synthetic."""
        return bool(self.table.column("synthetic").any())


@dataclass(frozen=True)
class StatisticsFile:
    """A statistics sheet as counties' totals, with what was wrong with its rows."""

    totals: CountyStatistics
    sha256: str
    findings: Findings


def read_statistics(
    path: Path, *, counties: Collection[str], towns: Callable[[], Mapping[str, str]] | None = None
) -> StatisticsFile:
    """Return what a sheet (CSV or XLSX) states of ``counties``. Its first row is the heading. Raises FileRefused.

    ``towns`` is asked, where a sheet names townships, for their codes by their names. A row that does not hold is left
    out and is among the findings.
    """
    file = sheets.read(path, merged="fill")
    rows = list(file.rows())
    if not rows:
        raise FileRefused(path, "sheet_empty")
    heading = [cell.strip() for cell in rows[0].cells]
    body = [(row.number, dict(zip(heading, row.cells, strict=False))) for row in rows[1:]]
    table = statistics.read(body, columns=heading, counties=counties)
    told = [*table.findings, *statistics.missing_counties(table, counties=counties)]
    found = [
        findings.Finding(
            row=one.row, id="", column=one.column, reason=one.reason, told=one.told,
            done="rejected" if one.rejects else "noted",
        )
        for one in told
    ]  # fmt: skip
    totals = _of_counties(table)
    if np.any(table.township != ""):
        totals = replace(totals, townships=_townships(table, totals, towns() if towns else {}))
    return StatisticsFile(totals=totals, sha256=file.sha256, findings=findings.of(file.name, [*file.findings, *found]))


def _of_counties(table: StatisticsTable) -> CountyStatistics:
    """One row a county and product, the county's own or the sum of its townships where it states none; and townships.

    Townships whose sum is more than their county states are left out, and were told as not adding up.
    """
    table = _without_totals(table)
    own = table.township == ""
    stated = set(zip(table.county[own].tolist(), table.product[own].tolist(), strict=True))
    places = list(zip(table.county.tolist(), table.product.tolist(), strict=True))
    kept = np.array([own[i] or place not in stated for i, place in enumerate(places)], dtype=bool)
    keys = sorted({place for place, keep in zip(places, kept, strict=True) if keep})
    place_of = {key: i for i, key in enumerate(keys)}
    at = np.array([place_of[place] for place, keep in zip(places, kept, strict=True) if keep], dtype=np.int64)

    def first(column: NDArray) -> NDArray:
        values = np.empty(len(keys), dtype=column.dtype)
        values[at] = column[kept]
        return values

    value_fen = np.zeros(len(keys), dtype=np.int64)
    np.add.at(value_fen, at, table.value_fen[kept])
    quantity = np.bincount(at, weights=table.quantity[kept], minlength=len(keys)) if len(keys) else np.zeros(0)
    return CountyStatistics(
        county=np.array([county for county, _ in keys], dtype=str),
        product=np.array([product for _, product in keys], dtype=str),
        quantity=quantity.astype(np.float64),
        unit=first(table.unit),
        value_fen=value_fen,
        has_value=first(table.has_value),
    )


def _townships(table: StatisticsTable, counties: CountyStatistics, named: Mapping[str, str]) -> dict[str, Any]:
    """What townships state, by product (an indicator's name for totals), county and code of the township.

    ``named`` gives the code of a township by its name. What a county has beyond its townships is that of the rest.
    """
    found: dict[str, dict[str, dict[str, int]]] = {}
    for i in np.flatnonzero((table.township != "") & table.has_value).tolist():
        product = statistics.catalogue()[str(table.product[i])]
        if product.role not in ("value", "total"):
            continue
        key = product.indicator if product.role == "total" else product.code
        town = named.get(str(table.township[i]), str(table.township[i]))
        by_town = found.setdefault(key, {}).setdefault(str(table.county[i]), {})
        by_town[town] = by_town.get(town, 0) + int(table.value_fen[i])
    return {
        key: rests
        for key, by_county in found.items()
        if (rests := {c: r for c, by_town in by_county.items() if (r := _with_rest(key, c, by_town, counties))})
    }


def _with_rest(key: str, county: str, by_town: dict[str, int], counties: CountyStatistics) -> dict[str, int]:
    members = [code for code, one in statistics.catalogue().items() if key in (code, one.indicator)]
    whole = sum(counties.fen_of(code, county) for code in members if statistics.catalogue()[code].role == "value")
    rest = whole - sum(by_town.values())
    if rest < 0 or not whole:
        return {}
    return by_town | ({townships.REST: rest} if rest else {})


def _without_totals(table: StatisticsTable) -> StatisticsTable:
    """The rows that state a product."""
    kept = np.array([statistics.catalogue()[code].role != "total" for code in table.product.tolist()], dtype=bool)
    columns = {column.name: getattr(table, column.name) for column in fields(table) if column.name != "findings"}
    return replace(table, **{name: held[kept] for name, held in columns.items()})
