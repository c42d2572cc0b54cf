"""The formula of each indicator in words, as the methods pages have it in signs."""

from django.utils.translation import gettext_lazy as _

BY_VARIANT = {
    ("water_retention", "balance"): _(
        "水源涵养量 = 面积 ×（降水量 − 地表径流 − 蒸散量）；径流 = 降水量 × 该类型的径流系数"
    ),
    ("water_retention", "storage"): _("水源涵养量 = 面积 × 产流降水量 × 该类型减少径流的效益系数"),
    ("soil_retention", "rusle"): _("土壤保持量 = 面积 × 降雨侵蚀力 × 土壤可蚀性 × 坡长坡度 ×（1 − 植被覆盖因子）"),
    ("flood_mitigation", "waters_and_vegetation"): _("调蓄量 = 湖库沼泽水田可调蓄的水深或库容 + 植被拦蓄的暴雨"),
    ("flood_mitigation", "waters"): _("调蓄量 = 湖泊、水库、沼泽、水田各自的可调蓄水深或库容之和"),
    ("flood_mitigation", "waters_without_reservoirs"): _("调蓄量 = 湖泊、沼泽、水田各自的可调蓄水深之和"),
    ("carbon_sequestration", "rate"): _("固碳量 = 面积 × 该类型的年固碳速率，按 44/12 折成二氧化碳"),
    ("carbon_sequestration", "nep"): _("固碳量 = 面积 × 净生态系统生产力，按 44/12 折成二氧化碳"),
    ("carbon_sequestration", "dry_matter"): _("固碳量 = 干物质量 × 1.63"),
    ("oxygen_release", ""): _("释氧量 = 固定的二氧化碳 × 32/44"),
    ("air_purification", "capacity"): _("净化量 = 面积 × 该类型单位面积净化量，合计不超过实际排放量"),
    ("water_purification", "capacity"): _("净化量 = 湿地面积 × 单位面积净化量，合计不超过实际排放量"),
    ("climate_regulation", "vegetation_and_water"): _("降温耗能 = 植被蒸腾吸热 ÷ 能效比 × 降温日数 + 水面蒸发吸热"),
    ("climate_regulation", "vegetation"): _("降温耗能 = 面积 × 单位面积蒸腾吸热 × 降温日数 ÷ 能效比"),
    ("pest_control", "natural_area"): _("病虫害控制价值 = 天然林草面积 × 单位面积防治费用"),
    ("noise_abatement", "barriers"): _("噪声消减价值 = 绿化带长度 × 隔声屏障单价"),
    ("energy", "statistics"): _("发电量按统计数分摊到有关地块"),
    ("water_supply", "statistics"): _("供水量按统计数分摊到有关地块"),
}  # fmt: skip
SHARED_OUT = _("县级统计总值按权重分摊到有关地块，分摊后相加与总值一分不差")
VALUE = _("价值量 = 实物量 × 单价，四舍五入到分")


def in_words(indicator: str, variant: str) -> str:
    """Return how an indicator's quantity comes about; statistics are shared out where nothing else is stated."""
    found = BY_VARIANT.get((indicator, variant)) or BY_VARIANT.get((indicator, ""))
    if found is None:
        found = next((text for (name, _variant), text in BY_VARIANT.items() if name == indicator), SHARED_OUT)
    return str(found)
