"""What must hold of every account: figures add up to parcels, parcels to areas, to the fen; lineages add up to 1."""

from collections.abc import Iterator

from django.db import connection
from django.db.models import Count, F, Sum

from core.invariants import Broken, Checked, invariant
from gep.models import AccountTotal, ParcelAccount, ParcelLineage, Run

AREA_OF = {
    "village": "p.village_code",
    "town": "p.town_code",
    "county": "p.county",
    "region": "r.region",
}
# Each parcel's list of values as rows (place, fen), missing ones left out.
VALUES = {
    "postgresql": "LATERAL (SELECT value::text::bigint AS fen, ordinality - 1 AS place"
    " FROM jsonb_array_elements(a.figures->'value_fen') WITH ORDINALITY WHERE value <> 'null') AS v",
    "sqlite": "(json_each(a.figures, '$.value_fen')) AS v",
}
FEN = {"postgresql": "v.fen", "sqlite": "v.value"}
SHARES_TOLERANCE = 1e-9


@invariant(
    code="I15",
    zh="图斑价值逐分加总等于村、乡镇、县区和全域的价值",
    en="GEP: parcels sum to village, town, county and region for every indicator, exactly",
)
def areas_add_up() -> Iterator[Broken | Checked]:
    """Compare the kept totals with the sums over parcels and what is allocated to none, in whole fen."""
    for level, area in AREA_OF.items():
        summed = _sums(area)
        for key, fen in _unallocated(level):
            summed[key] = summed.get(key, 0) + fen
        kept = {
            tuple(key): fen
            for *key, fen in AccountTotal.objects.filter(level=level)
            .order_by()
            .values_list("run__code", "area", "indicator", "value_fen")
        }
        yield Checked(len(kept))
        for key in sorted(summed.keys() | kept.keys()):
            if summed.get(key, 0) != kept.get(key, 0):
                yield Broken(
                    "/".join((key[0], level, *key[1:])), f"parcels {summed.get(key)} fen, total {kept.get(key)} fen"
                )


@invariant(
    code="I15b",
    zh="图斑各指标价值之和等于图斑总价值，图斑总价值之和等于账户总价值",
    en="GEP: a parcel's total is the sum of its indicators, an account's the sum of its parcels",
)
def parcels_add_up() -> Iterator[Broken | Checked]:
    """Add every parcel's figures up again, then every account's parcels."""
    yield Checked(ParcelAccount.objects.count())
    vendor = connection.vendor
    sql = (
        f"SELECT a.id, a.total_fen, (SELECT coalesce(sum({FEN[vendor]}), 0) FROM {VALUES[vendor]}) AS summed"  # noqa: S608
        " FROM gep_parcelaccount a"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({sql}) AS found WHERE total_fen <> summed")  # noqa: S608 - constants of ours
        for key, total_fen, summed in cursor.fetchall():
            yield Broken(f"gep.ParcelAccount {key}", f"total {total_fen} fen, indicators {summed} fen")
    whole = F("run__total_fen") - F("run__unallocated_fen")
    rows = ParcelAccount.objects.order_by().values("run__code").annotate(whole=whole, fen=Sum("total_fen"))
    for row in rows.exclude(fen=F("whole")):
        yield Broken(row["run__code"], f"allocated {row['whole']} fen, parcels {row['fen']} fen")


@invariant(
    code="I15c",
    zh="图斑沿革：每个旧图斑去向的份额之和为 1",
    en="Parcels: the shares of what an old parcel became add up to 1",
)
def lineages_add_up() -> Iterator[Broken | Checked]:
    """Add up the shares of each parent."""
    rows = ParcelLineage.objects.order_by().values("parent__code").annotate(edges=Count("pk"), share=Sum("share"))
    yield Checked(len(rows))
    for row in rows:
        if abs(row["share"] - 1) > SHARES_TOLERANCE:
            yield Broken(f"gep.Parcel {row['parent__code']}", f"{row['edges']} shares add up to {row['share']}")


def _unallocated(level: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """What of the statistics of a county no parcel had a weight for, by run, county or region, and indicator."""
    if level not in ("county", "region"):
        return
    for code, region, unallocated in Run.objects.exclude(unallocated={}).values_list("code", "region", "unallocated"):
        for county, by_indicator in unallocated.items():
            for indicator, fen in by_indicator.items():
                yield (code, county if level == "county" else region, indicator), fen


def _sums(area: str) -> dict[tuple[str, ...], int]:
    vendor = connection.vendor
    indicator = {"postgresql": "r.indicators->>(v.place::int)", "sqlite": "r.indicators ->> ('$[' || v.key || ']')"}
    missing = "" if vendor == "postgresql" else " WHERE v.type <> 'null'"
    sql = (
        f"SELECT r.code, {area}, {indicator[vendor]} AS indicator, sum({FEN[vendor]})"  # noqa: S608 - constants of ours
        " FROM gep_parcelaccount a JOIN gep_run r ON r.id = a.run_id JOIN gep_parcel p ON p.id = a.parcel_id"
        f" CROSS JOIN {VALUES[vendor]}{missing} GROUP BY 1, 2, 3"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {tuple(key): int(fen) for *key, fen in cursor.fetchall()}
