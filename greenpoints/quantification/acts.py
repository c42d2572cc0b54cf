"""The catalogue of acts: what each counts, which evidence proves it, which groups it belongs to. No figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

RIDE_PRIORITY = (
    "M05",
    "M07",
    "M02",
    "M06",
)  # exclusion group G2: of two overlapping rides the earlier in this list stands
WEIGHED = ("W02", "W03", "W04", "W05")  # exclusion group G5: any of these on a day replaces the drop-off W01


@dataclass(frozen=True, slots=True)
class Act:
    """One act of the catalogue.

    ``unit``: the whole-number unit its quantity is counted in; ``evidence``: accepted evidence type -> class A to D;
    ``materials``: accepted materials, the first being the default, empty where the act has none; ``limit_group``: the
    acts that share one daily limit; ``one_place``: one event has one place and moment, so G6 can find it twice.
    """

    code: str
    zh: str
    en: str
    unit: str
    evidence: Mapping[str, str]
    materials: tuple[str, ...] = ()
    limit_group: str = ""
    one_place: bool = field(default=False)

    @property
    def limits_key(self) -> str:
        """Return the name under which the daily limits of the act stand."""
        return self.limit_group or self.code

    def factor_key(self, material: str) -> str:
        """Return the key of its reduction factor."""
        return f"{self.code}.{material or self.materials[0]}" if self.materials else self.code


_SCALE = {"scale": "B"}
_ACTS = (
    Act("M01", "步行", "Walking", "step", {"health_api": "B", "self_declared": "D"}),
    Act("M02", "公共(共享)自行车", "Public or shared bike", "m", {"operator_record": "A"}, one_place=True),
    Act("M05", "公交(上下车刷卡)", "Bus, tapped in and out", "m", {"fare_record": "A"}, one_place=True),
    Act("M06", "公交(仅上车刷卡)", "Bus, tapped in only", "trip", {"fare_record": "A"}, one_place=True),
    Act("M07", "轨道交通", "Metro", "m", {"fare_record": "A"}, one_place=True),
    Act("D01", "电子发票", "E-invoice", "item", {"tax_record": "A"}),
    Act("W01", "垃圾分类投放(未称重)", "Sorted waste, not weighed", "day", {"station_scan": "B"}),
    Act("W02", "废纸回收(称重)", "Paper, weighed", "g", _SCALE, ("carton", "mixed"), "W", True),
    Act("W03", "废塑料回收(称重)", "Plastic, weighed", "g", _SCALE, ("mixed", "pet", "hdpe", "pp"), "W", True),
    Act("W04", "废金属回收(称重)", "Metal, weighed", "g", _SCALE, ("steel", "aluminium", "copper"), "W", True),
    Act("W05", "废玻璃回收(称重)", "Glass, weighed", "g", _SCALE, ("glass",), "W", True),
    Act("C03", "无需餐具", "No disposable cutlery", "item", {"order_record": "A"}),
    Act("C05", "光盘(照片)", "Clean plate, photo", "item", {"photo": "D"}),
)
ACTS: Mapping[str, Act] = MappingProxyType({act.code: act for act in _ACTS})
EVIDENCE_TYPES = frozenset(kind for act in _ACTS for kind in act.evidence)
MATERIALS = frozenset(material for act in _ACTS for material in act.materials)
