"""What must hold of every account: parcels add up to villages, towns, counties and the region, to the fen."""

from collections.abc import Iterator

from django.db.models import F, Sum

from core.invariants import Broken, Checked, invariant
from gep.models import AccountLine, AccountTotal

AREA_OF = {
    "village": F("parcel__village_code"),
    "town": F("parcel__town_code"),
    "county": F("parcel__county"),
    "region": F("account__region"),
}


@invariant(
    code="I15",
    zh="图斑价值逐分加总等于村、乡镇、县区和全域的价值",
    en="GEP: parcels sum to village, town, county and region for every indicator, exactly",
)
def check() -> Iterator[Broken | Checked]:
    """Compare the kept totals of each level with the sums of the lines, in whole fen."""
    for level, area in AREA_OF.items():
        sums = AccountLine.objects.order_by().annotate(area=area).values_list("account__code", "area", "indicator")
        summed = {tuple(key): fen for *key, fen in sums.annotate(fen=Sum("value_fen"))}
        kept = {
            tuple(key): fen
            for *key, fen in AccountTotal.objects.filter(level=level)
            .order_by()
            .values_list("account__code", "area", "indicator", "value_fen")
        }
        yield Checked(len(kept))
        for key in sorted(summed.keys() | kept.keys()):
            if summed.get(key, 0) != kept.get(key, 0):
                yield Broken(
                    "/".join((key[0], level, *key[1:])), f"lines {summed.get(key)} fen, total {kept.get(key)} fen"
                )
