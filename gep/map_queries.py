"""What maps and tables ask about the parts of an account: its areas, and the parcels in one of them or in a box.

An area is named by its code: a county has 6 digits, a town 9, a village 12; "" is the whole region of the account.
"""

from dataclasses import dataclass
from typing import Any

import shapely
from django.db.models import BigIntegerField, Count, F, FloatField, Func, Q, QuerySet, Sum

from gep.models import AccountTotal, ParcelAccount, Run

LEVELS = {0: "county", 6: "town", 9: "village"}  # what an area's code is divided into, by its length
PLACES = {6: "county", 9: "parcel__town_code", 12: "parcel__village_code"}


@dataclass(frozen=True, slots=True)
class AreaValue:
    """What the parcels of an area come to: of one indicator, or of all where ``quantity`` is None."""

    code: str
    level: str
    parcels: int
    area_m2: float
    value_fen: int | None
    quantity: float | None
    unit: str

    @property
    def fen_per_m2(self) -> float | None:
        """The value per m² of accounted land; None where there is no value or no land."""
        return self.value_fen / self.area_m2 if self.value_fen is not None and self.area_m2 else None


@dataclass(frozen=True, slots=True)
class ParcelValue:
    """A parcel with its value: of one indicator, or of all. The geometry is in EPSG:4490; None where not asked for."""

    code: str
    county: str
    town_code: str
    town: str
    village_code: str
    village: str
    land_use: str
    ecosystem: str
    area_m2: float
    coverage_share: float
    value_fen: int | None
    quantity: float | None
    geometry: shapely.MultiPolygon | None = None

    @property
    def fen_per_m2(self) -> float | None:
        """The value per m²; None where there is no value."""
        return None if self.value_fen is None else self.value_fen / self.area_m2


class FigureAt(Func):
    """One number of a parcel's lists of figures: its value or its quantity of one indicator; NULL where it has none."""

    def __init__(self, name: str, place: int, output_field: Any) -> None:
        super().__init__(F("figures"), output_field=output_field)
        self.name, self.place = name, place

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, tuple]:
        """Read the number by its path."""
        column, params = compiler.compile(self.source_expressions[0])
        return f"json_extract({column}, '$.{self.name}[{self.place:d}]')", tuple(params)

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, tuple]:
        """Read the number by its path, as a number."""
        column, params = compiler.compile(self.source_expressions[0])
        kind = "bigint" if isinstance(self.output_field, BigIntegerField) else "double precision"
        return f"(({column} #>> '{{{self.name},{self.place:d}}}')::{kind})", tuple(params)


def areas(account: str, *, within: str = "", indicator: str = "") -> list[AreaValue]:
    """Return the parts of an area with their values, the most valuable first: counties, towns of a county, villages.

    Of ``indicator``, or of all. Empty for a village, which has no parts. Raises ``Run.DoesNotExist``.
    """
    run = Run.objects.get(code=account)
    level = LEVELS.get(len(within))
    if level is None:
        return []
    totals = AccountTotal.objects.filter(run=run, level=level, area__startswith=within).exclude(area="")
    totals = totals.filter(indicator=indicator) if indicator else totals
    found = totals.order_by().values("area").annotate(fen=Sum("value_fen"), amount=Sum("quantity"))
    units = dict(AccountTotal.objects.filter(run=run, level="region").values_list("indicator", "unit"))
    size = _sizes(run, level, within)
    rows = [
        AreaValue(
            code=row["area"], level=level, parcels=size.get(row["area"], (0, 0.0))[0],
            area_m2=size.get(row["area"], (0, 0.0))[1], value_fen=row["fen"],
            quantity=row["amount"] if indicator else None, unit=units.get(indicator, ""),
        )
        for row in found
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-(row.value_fen or 0), row.code))


def area_names(codes: list[str]) -> dict[str, str]:
    """Return the names that the parcels give to towns (9 digits) and villages (12), by code."""
    from gep.models import Parcel

    found: dict[str, str] = {}
    for length, key, name in ((9, "town_code", "town"), (12, "village_code", "village")):
        wanted = [code for code in codes if len(code) == length]
        if wanted:
            rows = Parcel.objects.filter(**{f"{key}__in": wanted}).exclude(**{name: ""})
            found |= dict(rows.order_by().values_list(key, name).distinct())
    return found


def parcels_of(
    account: str,
    *,
    area: str = "",
    indicator: str = "",
    order: str = "value",
    descending: bool = True,
    offset: int = 0,
    limit: int = 50,
    geometry: bool = False,
) -> list[ParcelValue]:
    """Return a page of the accounted parcels of an area, by ``code``, ``area``, ``value`` or ``density``.

    Those without a value of the indicator come last. Raises ``Run.DoesNotExist``.
    """
    run = Run.objects.get(code=account)
    rows = _valued(run, _in_area(ParcelAccount.objects.filter(run=run), area), indicator)
    key = {"code": F("parcel__code"), "area": F("area_m2"), "value": F("chosen_fen"), "density": F("chosen_density")}
    ordered = key[order].desc(nulls_last=True) if descending else key[order].asc(nulls_last=True)
    page = rows.order_by(ordered, "parcel__code")[offset : offset + limit]
    return [_parcel_value(row, geometry=geometry) for row in page]


def parcels_in_box(
    account: str,
    bounds: tuple[float, float, float, float],
    *,
    indicator: str = "",
    after: str = "",
    limit: int = 20_000,
) -> list[ParcelValue]:
    """Return accounted parcels whose boxes meet ``bounds`` (west, south, east, north, degrees), by code.

    Only those behind the code ``after``. Raises ``Run.DoesNotExist``.
    """
    run = Run.objects.get(code=account)
    rows = ParcelAccount.objects.filter(run=run, parcel__geometry__bboverlaps=shapely.box(*bounds))
    rows = _valued(run, rows.filter(parcel__code__gt=after) if after else rows, indicator)
    return [_parcel_value(row, geometry=True) for row in rows.order_by("parcel__code")[:limit]]


def parcels_after(
    account: str, *, after: str = "", area: str = "", indicator: str = "", limit: int = 1_000, geometry: bool = True
) -> list[ParcelValue]:
    """Return accounted parcels of an area behind the code ``after``, by code; to read all of them page by page."""
    run = Run.objects.get(code=account)
    rows = _in_area(ParcelAccount.objects.filter(run=run, parcel__code__gt=after), area)
    return [_parcel_value(row, geometry=geometry)
            for row in _valued(run, rows, indicator).order_by("parcel__code")[:limit]]  # fmt: skip


def outlines_of(account: str, *, area: str) -> list[tuple[str, str, shapely.MultiPolygon]]:
    """Return town code, village code and geometry of every accounted parcel of an area; nothing else is read."""
    rows = _in_area(ParcelAccount.objects.filter(run__code=account), area)
    return list(rows.values_list("parcel__town_code", "parcel__village_code", "parcel__geometry"))


def accounted_parcel(account: str, code: str) -> ParcelValue | None:
    """Return one parcel of an account with its geometry; None where the account has no such parcel."""
    run = Run.objects.get(code=account)
    row = _valued(run, ParcelAccount.objects.filter(run=run, parcel__code=code), "").first()
    return None if row is None else _parcel_value(row, geometry=True)


def parcel_count(account: str, *, area: str = "") -> int:
    """Return how many parcels of an area are accounted."""
    return _in_area(ParcelAccount.objects.filter(run__code=account), area).count()


def unaccounted(account: str, codes: list[str]) -> list[str]:
    """Return those of the codes that no parcel of the account has."""
    found = ParcelAccount.objects.filter(run__code=account, parcel__code__in=codes)
    known = set(found.values_list("parcel__code", flat=True))
    return [code for code in codes if code not in known]


def _in_area(rows: "QuerySet[ParcelAccount]", area: str) -> "QuerySet[ParcelAccount]":
    if not area:
        return rows
    return rows.filter(**{PLACES[len(area)]: area}) if len(area) in PLACES else rows.none()


def _valued(run: Run, rows: "QuerySet[ParcelAccount]", indicator: str) -> "QuerySet[ParcelAccount]":
    if not indicator:
        rows = rows.annotate(chosen_fen=F("total_fen"), chosen_density=F("fen_per_m2"))
    elif indicator in run.indicators:
        place = run.indicators.index(indicator)
        value = FigureAt("value_fen", place, BigIntegerField())
        rows = rows.annotate(
            chosen_fen=value, chosen_density=value * 1.0 / F("area_m2"),
            chosen_quantity=FigureAt("quantity", place, FloatField()),
        )  # fmt: skip
    else:
        rows = rows.none().annotate(chosen_fen=F("total_fen"), chosen_density=F("fen_per_m2"))
    return rows.select_related("parcel")


def _sizes(run: Run, level: str, within: str) -> dict[str, tuple[int, float]]:
    place = PLACES[{"county": 6, "town": 9, "village": 12}[level]]
    rows = _in_area(ParcelAccount.objects.filter(run=run), within).exclude(Q(**{place: ""}))
    counted = rows.order_by().values_list(place).annotate(count=Count("pk"), area=Sum("area_m2"))
    return {code: (count, area) for code, count, area in counted}


def _parcel_value(row: Any, *, geometry: bool) -> ParcelValue:
    parcel = row.parcel
    return ParcelValue(
        code=parcel.code,
        county=row.county,
        town_code=parcel.town_code,
        town=parcel.town,
        village_code=parcel.village_code,
        village=parcel.village,
        land_use=parcel.land_use,
        ecosystem=row.ecosystem,
        area_m2=row.area_m2,
        coverage_share=row.coverage_share,
        value_fen=row.chosen_fen,
        quantity=getattr(row, "chosen_quantity", None),
        geometry=parcel.geometry if geometry else None,
    )
