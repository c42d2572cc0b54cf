"""What other apps and the pages may ask about parcels and accounts."""

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import shapely
from django.db.models import Exists, OuterRef, Q, QuerySet

from gep.models import AccountTotal, Parcel, ParcelAccount, Run, RunKind
from gep.readers import COMPILED, EVERYBODY, Reader

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class ParcelView:
    """A parcel as other apps see it; ``geometry`` is a shapely MultiPolygon in EPSG:4490."""

    code: str
    county: str
    area_m2: float
    ecosystem: str
    geometry: shapely.MultiPolygon
    synthetic: bool
    town: str = ""
    village: str = ""
    land_use: str = ""
    provenance: str = ""
    value_fen: int | None = None  # of the account asked about; None where it has no line


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as other apps see it; ``total_fen`` is the sum over its parcels."""

    code: str
    region: str
    year: int
    price_year: int
    profile: str
    status: str
    unconfirmed_figures: bool
    synthetic: bool
    compiled_at: datetime | None
    parcels: int
    area_m2: float
    total_fen: int
    provenance: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of an account."""

    parcel: str
    indicator: str
    quantity: float | None  # None where statistics state a value alone
    unit: str
    value_fen: int
    coverage_share: float


def parcel(code: str, *, on: date | None = None) -> ParcelView:
    """Return the parcel with that code as it is on a day, else its latest version.

    Raises ``Parcel.DoesNotExist`` (an ObjectDoesNotExist).
    """
    versions = Parcel.objects.filter(code=code)
    if on is not None:
        return _parcel_view(versions.get(_valid(on)))
    latest = versions.order_by("-valid_from").first()
    if latest is None:
        raise Parcel.DoesNotExist(f"there is no parcel {code}")
    return _parcel_view(latest)


def accounted_parcel(code: str, *, account: str) -> ParcelView:
    """Return the version of a parcel that an account took; where it has no figure, the one valid at its year's end.

    Raises ``Parcel.DoesNotExist`` (an ObjectDoesNotExist).
    """
    row = ParcelAccount.objects.select_related("parcel").filter(run__code=account, parcel__code=code).first()
    if row is None:
        return parcel(code, on=_day(Run.objects.get(code=account)))
    return dataclasses.replace(_parcel_view(row.parcel, value_fen=row.total_fen), ecosystem=row.ecosystem)


def parcels_in(
    bounds: tuple[float, float, float, float], *, account: str | None = None, limit: int = 20_000
) -> list[ParcelView]:
    """Return the parcels whose boxes meet ``bounds`` (west, south, east, north, degrees of EPSG:4490), by code.

    Each carries its value in the account asked about (the latest that everybody may see unless named).
    """
    chosen = _account_or_latest(account)
    valid = _valid(_day(chosen))
    found = list(Parcel.objects.filter(valid, geometry__bboverlaps=shapely.box(*bounds)).order_by("code")[:limit])
    values = _values_fen(chosen, parcel_ids=[row.pk for row in found])
    return [_parcel_view(row, value_fen=values.get(row.pk)) for row in found]


def parcels_page(
    *,
    account: str | None = None,
    county: str = "",
    order: str = "code",
    descending: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> list[ParcelView]:
    """Return a page of parcels with their value, ordered by ``code``, ``area``, ``value`` or ``density`` (per m²).

    Parcels without a value come last. The geometry is left out of ordering and comes along.
    """
    chosen = _account_or_latest(account)
    if order in ("value", "density") and chosen is not None:
        return _page_by_value(chosen, county, order=order, descending=descending, offset=offset, limit=limit)
    rows = Parcel.objects.filter(_valid(_day(chosen)))
    rows = rows.filter(county=county) if county else rows
    key = {"area": "area_m2"}.get(order, "code")
    found = list(rows.order_by(f"-{key}" if descending else key, "code")[offset : offset + limit])
    values = _values_fen(chosen, parcel_ids=[row.pk for row in found])
    return [_parcel_view(row, value_fen=values.get(row.pk)) for row in found]


def parcel_value_fen(code: str, *, account: str | None = None) -> int:
    """Return the value of a parcel over all indicators, in fen; 0 where the account has no figure for it.

    Of the account named, else of the latest that everybody may see.
    """
    chosen = _account_or_latest(account)
    found = ParcelAccount.objects.filter(run=chosen, parcel__code=code).values_list("total_fen", flat=True).first()
    return found or 0


def parcel_lines(code: str, *, account: str) -> list[LineView]:
    """Return the lines of a parcel in an account, one for each indicator, in the order of their names."""
    row = ParcelAccount.objects.select_related("run").filter(run__code=account, parcel__code=code).first()
    if row is None:
        return []
    units = dict(AccountTotal.objects.filter(run=row.run, level="region").values_list("indicator", "unit"))
    columns = zip(row.run.indicators, row.figures["quantity"], row.figures["value_fen"], row.figures["coverage"],
                  strict=True)  # fmt: skip
    return [
        LineView(code, indicator, quantity, units[indicator], value_fen, coverage)
        for indicator, quantity, value_fen, coverage in sorted(columns, key=lambda column: column[0])
        if value_fen is not None
    ]


def account(code: str, *, reader: Reader | None = None) -> AccountView:
    """Return the account with that code, if ``reader`` may see it; None stands for the platform itself.

    Raises ``Run.DoesNotExist`` (an ObjectDoesNotExist).
    """
    seen = Run.objects.filter(reader.runs()) if reader is not None else Run.objects.all()
    return _account_view(seen.get(code=code))


def accounts(*, reader: Reader = EVERYBODY, limit: int = 50) -> list[AccountView]:
    """Return the accounts of regions that a reader may see, the newest year first."""
    return [_account_view(row) for row in Run.objects.filter(reader.runs(), kind=RunKind.ACCOUNT)[:limit]]


def latest_account(*, reader: Reader = EVERYBODY) -> AccountView | None:
    """Return the account of the latest year that everybody may see, else that the reader may; None where there is none.

    What was taken back is not among them; of one year, the last requested comes first.
    """
    latest = _latest(EVERYBODY) or _latest(reader)
    return None if latest is None else _account_view(latest)


def indicator_totals(account: str, *, area: str | None = None) -> "DataFrame":
    """Return a table with indicator, quantity, unit, value_fen, parcels, grade for the region, or one area of it.

    For the region low95_fen and high95_fen are there too, missing where the account has no intervals.
    """
    columns = ["indicator", "quantity", "unit", "value_fen", "parcels", "grade"]
    totals = AccountTotal.objects.filter(run__code=account)
    if area is not None:
        return _table(totals.filter(area=area).exclude(level="region"), columns)
    table = _table(totals.filter(level="region"), columns)
    stated = Run.objects.values_list("intervals", flat=True).get(code=account).get("value_fen", {})
    for bound in ("low95", "high95"):
        table[f"{bound}_fen"] = [stated.get(name, {}).get(bound) for name in table["indicator"]]
    return table


def county_totals(account: str) -> "DataFrame":
    """Return a table with county, indicator, quantity, unit, value_fen, parcels; one row a county and indicator."""
    totals = AccountTotal.objects.filter(run__code=account, level="county")
    columns = ["area", "indicator", "quantity", "unit", "value_fen", "parcels"]
    return _table(totals, columns).rename(columns={"area": "county"})


def area_totals(account: str, *, level: str) -> "DataFrame":
    """Return the totals of one level ("village", "town", "county", "region"), one row an area and indicator."""
    totals = AccountTotal.objects.filter(run__code=account, level=level)
    return _table(totals, ["area", "indicator", "quantity", "unit", "value_fen", "parcels"])


def _page_by_value(
    chosen: Run, county: str, *, order: str, descending: bool, offset: int, limit: int
) -> list[ParcelView]:
    """Those with a value come straight from the account's index; only its last page counts how many there were."""
    rows = ParcelAccount.objects.filter(run=chosen)
    rows = rows.filter(county=county) if county else rows
    key = {"value": "total_fen", "density": "fen_per_m2"}[order]
    ordered = rows.order_by(f"-{key}" if descending else key, "parcel__code").select_related("parcel")
    page = [_parcel_view(row.parcel, value_fen=row.total_fen) for row in ordered[offset : offset + limit]]
    if len(page) == limit:
        return page
    left = limit - len(page)
    accounted = ParcelAccount.objects.filter(run=chosen, parcel=OuterRef("pk"))
    without = Parcel.objects.filter(_valid(_day(chosen)), ~Exists(accounted)).order_by("code")
    without = without.filter(county=county) if county else without
    begin = max(offset - rows.count(), 0)
    return page + [_parcel_view(row) for row in without[begin : begin + left]]


def _account_or_latest(code: str | None) -> Run | None:
    if code is not None:
        return Run.objects.get(code=code)
    return _latest(EVERYBODY)


def _latest(reader: Reader) -> Run | None:
    seen = Run.objects.filter(reader.runs(), status__in=COMPILED, kind=RunKind.ACCOUNT)
    return seen.order_by("-year", "-id").first()


def _day(account: Run | None) -> date | None:
    """The day whose parcels an account is about; None for those that are valid now."""
    return None if account is None else date(account.year, 12, 31)


def _valid(on: date | None) -> Q:
    if on is None:
        return Q(valid_to=None)
    return Q(valid_from__lte=on) & (Q(valid_to=None) | Q(valid_to__gt=on))


def _values_fen(account: Run | None, *, parcel_ids: list[int]) -> dict[int, int]:
    if account is None or not parcel_ids:
        return {}
    rows = ParcelAccount.objects.filter(run=account, parcel_id__in=parcel_ids)
    return dict(rows.values_list("parcel_id", "total_fen"))


def _parcel_view(row: Parcel, *, value_fen: int | None = None) -> ParcelView:
    return ParcelView(
        code=row.code,
        county=row.county,
        area_m2=row.area_m2,
        ecosystem=row.ecosystem,
        geometry=row.geometry,
        synthetic=row.synthetic,
        town=row.town,
        village=row.village,
        land_use=row.land_use,
        provenance=row.provenance,
        value_fen=value_fen,
    )


def _account_view(row: Run) -> AccountView:
    own = {name: getattr(row, name) for name in AccountView.__dataclass_fields__}
    return AccountView(**own)


def _table(rows: QuerySet, columns: list[str]) -> "DataFrame":
    import pandas as pd

    return pd.DataFrame.from_records(rows.values_list(*columns), columns=columns)
