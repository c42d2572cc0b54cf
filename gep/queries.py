"""What other apps and the pages may ask about parcels and accounts."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import shapely
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.expressions import CombinedExpression

from gep.models import Account, AccountLine, AccountStatus, AccountTotal, Parcel

if TYPE_CHECKING:
    from pandas import DataFrame

WITH_FIGURES = (AccountStatus.COMPILED, AccountStatus.PUBLISHED)


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
    """An account as other apps see it; ``total_fen`` is the sum over its lines."""

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
    quantity: float
    unit: str
    value_fen: int
    coverage_share: float


def parcel(code: str) -> ParcelView:
    """Return the parcel with that code. Raises ``Parcel.DoesNotExist`` (an ObjectDoesNotExist)."""
    return _parcel_view(Parcel.objects.get(code=code))


def parcels_in(
    bounds: tuple[float, float, float, float], *, account: str | None = None, limit: int = 20_000
) -> list[ParcelView]:
    """Return the parcels whose boxes meet ``bounds`` (west, south, east, north, degrees of EPSG:4490), by code.

    Each carries its value in the account asked about (the latest compiled one unless named).
    """
    found = list(Parcel.objects.filter(geometry__bboverlaps=shapely.box(*bounds)).order_by("code")[:limit])
    values = _values_fen(_account_or_latest(account), parcel_ids=[row.pk for row in found])
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
    value = Sum("lines__value_fen", filter=Q(lines__account=chosen))
    keys: dict[str, F | CombinedExpression]
    keys = {"code": F("code"), "area": F("area_m2"), "value": F("value"), "density": F("value") / F("area_m2")}
    rows = Parcel.objects.filter(county=county) if county else Parcel.objects.all()
    rows = rows.annotate(value=value)
    key = keys[order]
    ordering = key.desc(nulls_last=True) if descending else key.asc(nulls_last=True)
    return [_parcel_view(row, value_fen=row.value) for row in rows.order_by(ordering, "code")[offset : offset + limit]]


def parcel_value_fen(code: str, *, account: str | None = None) -> int:
    """Return the value of a parcel over all indicators, in fen; 0 where the account has no line for it."""
    chosen = _account_or_latest(account)
    if chosen is None:
        return 0
    lines = AccountLine.objects.filter(account=chosen, parcel__code=code)
    return lines.aggregate(total=Sum("value_fen"))["total"] or 0


def parcel_lines(code: str, *, account: str) -> list[LineView]:
    """Return the lines of a parcel in an account, one for each indicator, in the order of their names."""
    lines = AccountLine.objects.filter(account__code=account, parcel__code=code).order_by("indicator")
    return [
        LineView(code, line.indicator, line.quantity, line.unit, line.value_fen, line.coverage_share) for line in lines
    ]


def account(code: str) -> AccountView:
    """Return the account with that code. Raises ``Account.DoesNotExist`` (an ObjectDoesNotExist)."""
    return _account_view(Account.objects.get(code=code))


def accounts(*, limit: int = 50) -> list[AccountView]:
    """Return the accounts, the newest year first."""
    return [_account_view(row) for row in Account.objects.all()[:limit]]


def latest_account() -> AccountView | None:
    """Return the account with figures of the latest year, the last requested first; None where there is none."""
    latest = _account_or_latest(None)
    return None if latest is None else _account_view(latest)


def indicator_totals(account: str, *, area: str | None = None) -> "DataFrame":
    """Return a table with indicator, quantity, unit, value_fen, parcels for the region, or one area of it."""
    totals = AccountTotal.objects.filter(account__code=account)
    totals = totals.filter(level="region") if area is None else totals.filter(area=area).exclude(level="region")
    return _table(totals, ["indicator", "quantity", "unit", "value_fen", "parcels"])


def county_totals(account: str) -> "DataFrame":
    """Return a table with county, indicator, quantity, unit, value_fen, parcels; one row a county and indicator."""
    totals = AccountTotal.objects.filter(account__code=account, level="county")
    columns = ["area", "indicator", "quantity", "unit", "value_fen", "parcels"]
    return _table(totals, columns).rename(columns={"area": "county"})


def area_totals(account: str, *, level: str) -> "DataFrame":
    """Return the totals of one level ("village", "town", "county", "region"), one row an area and indicator."""
    totals = AccountTotal.objects.filter(account__code=account, level=level)
    return _table(totals, ["area", "indicator", "quantity", "unit", "value_fen", "parcels"])


def _account_or_latest(code: str | None) -> Account | None:
    if code is not None:
        return Account.objects.get(code=code)
    return Account.objects.filter(status__in=WITH_FIGURES).order_by("-year", "-id").first()


def _values_fen(account: Account | None, *, parcel_ids: list[int]) -> dict[int, int]:
    if account is None or not parcel_ids:
        return {}
    lines = AccountLine.objects.filter(account=account, parcel_id__gte=min(parcel_ids), parcel_id__lte=max(parcel_ids))
    wanted = set(parcel_ids)
    sums = lines.order_by().values_list("parcel_id").annotate(total=Sum("value_fen"))
    return {parcel_id: total for parcel_id, total in sums if parcel_id in wanted}


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


def _account_view(row: Account) -> AccountView:
    lines = AccountLine.objects.filter(account=row)
    total_fen = lines.aggregate(total=Sum("value_fen"))["total"] or 0
    covered = Parcel.objects.filter(pk__in=lines.values("parcel")).aggregate(parcels=Count("id"), area=Sum("area_m2"))
    return AccountView(
        code=row.code,
        region=row.region,
        year=row.year,
        price_year=row.price_year,
        profile=row.profile,
        status=row.status,
        unconfirmed_figures=row.unconfirmed_figures,
        synthetic=row.synthetic,
        compiled_at=row.compiled_at,
        parcels=covered["parcels"],
        area_m2=covered["area"] or 0.0,
        total_fen=total_fen,
        provenance=row.provenance,
    )


def _table(rows: QuerySet, columns: list[str]) -> "DataFrame":
    import pandas as pd

    return pd.DataFrame.from_records(rows.values_list(*columns), columns=columns)
