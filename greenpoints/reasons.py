"""Why a row ended as it did: one status and at most one reason a row, in a declared order of precedence."""

from dataclasses import dataclass

CREDITED, PARTIAL, ZERO = "credited", "partial", "zero"
CAPPED, EXCLUDED, DUPLICATE, REJECTED = "capped", "excluded", "duplicate", "rejected"
ACCEPTED = (CREDITED, PARTIAL, ZERO)
REPEATED = "same_event_id"  # the one reason of a row that is no event of its own, but was understood


@dataclass(frozen=True, slots=True)
class Reason:
    """A stable code, the status it leads to, and what people read."""

    code: str
    status: str
    zh: str
    en: str


# A row with several faults is told the first of this list.
_LIST = (
    Reason("line_too_long", REJECTED, "该行过长", "The line is too long"),
    Reason("not_utf8", REJECTED, "该行不是 UTF-8 文本", "The line is not UTF-8 text"),
    Reason("not_json", REJECTED, "该行不是 JSON", "The line is not JSON"),
    Reason("not_an_object", REJECTED, "该行不是 JSON 对象", "The line is not a JSON object"),
    Reason("duplicate_key", REJECTED, "字段重复", "A member is given twice"),
    Reason("unknown_field", REJECTED, "含有未约定的字段", "A member is not part of the contract"),
    Reason("missing_field", REJECTED, "缺少必填字段", "A required member is missing"),
    Reason("number_too_large", REJECTED, "数值过大", "A number is too large"),
    Reason("not_a_whole_number", REJECTED, "数量必须是整数", "The quantity must be a whole number"),
    Reason(
        "bad_text", REJECTED, "文本含有不允许的字符或过长", "A text is too long or has letters that are not allowed"
    ),
    Reason("bad_evidence", REJECTED, "凭证格式不正确", "The evidence is not well formed"),
    Reason("bad_measures", REJECTED, "附加量格式不正确", "The measures are not well formed"),
    Reason("bad_time", REJECTED, "时间格式不正确", "An instant is not well formed"),
    Reason("unknown_act", REJECTED, "行为代码不在目录中", "The act is not in the catalogue"),
    Reason("act_of_a_unit", REJECTED, "该行为属于单位，不能记给居民", "The act belongs to a unit, not to a resident"),
    Reason("wrong_unit", REJECTED, "计量单位与行为不符", "The unit does not belong to the act"),
    Reason("wrong_material", REJECTED, "材料与行为不符", "The material does not belong to the act"),
    Reason("wrong_evidence", REJECTED, "凭证类型与行为不符", "The evidence does not prove this act"),
    Reason("wrong_measures", REJECTED, "附加量与行为不符", "The measures are not those that the act asks for"),
    Reason("wrong_asset", REJECTED, "设备编号与行为不符", "The asset reference is missing, or the act takes none"),
    Reason("wrong_counterpart", REJECTED, "对方编号与行为不符", "The counterpart is missing, or the act takes none"),
    Reason("ends_before_start", REJECTED, "结束早于开始", "It ends before it starts"),
    Reason("in_the_future", REJECTED, "时间晚于接收时间", "It lies in the future"),
    Reason("wrong_day", REJECTED, "不属于该批次的日期", "It does not belong to the day of the batch"),
    Reason("not_positive", REJECTED, "数量必须大于零", "The quantity must be above zero"),
    Reason("over_limit", REJECTED, "数量超出合理范围", "The quantity is beyond belief"),
    Reason("implausible_speed", REJECTED, "速度不合理", "The speed is implausible"),
    Reason("implausible_cadence", REJECTED, "步频不合理", "The cadence is implausible"),
    Reason("unknown_subject", REJECTED, "未找到绑定的居民", "No resident is bound to this token"),
    Reason("external_id_reused", REJECTED, "事件编号已用于其他内容", "The event id names another event already"),
    Reason("same_event_id", DUPLICATE, "同一事件已收到", "This event was received before"),
    Reason("asset_day_records", CAPPED, "该设备当日记录过多", "Too many records of this vehicle or meter a day"),
    Reason("vehicle_not_enrolled", EXCLUDED, "车辆本月未登记核算方式", "The vehicle is on no channel this month"),
    Reason("other_channel", EXCLUDED, "车辆本月按另一方式核算", "The vehicle counts on its other channel this month"),
    Reason("vehicle_driven", EXCLUDED, "该车当日有行驶或充电记录", "The vehicle was driven or charged that day"),
    Reason("overlapping_meter_period", EXCLUDED, "与同一表计的另一时段重叠", "It overlaps another period of the meter"),
    Reason("asset_day_count", CAPPED, "超过该设备每日次数上限", "Over the records a day of this vehicle or meter"),
    Reason("asset_day_quantity", CAPPED, "超过该设备每日数量上限", "Over the quantity a day of this vehicle or meter"),
    Reason("asset_month_count", CAPPED, "超过该设备每月次数上限", "Over the records a month of this account or item"),
    Reason("asset_month_quantity", CAPPED, "超过该设备每月数量上限", "Over the quantity a month of this account"),
    Reason("resident_day_count", CAPPED, "超过每人每日记录上限", "Over the records a day of a resident"),
    Reason("same_event_other_id", DUPLICATE, "同一行为以其他编号重复上报", "The act was reported under another id"),
    Reason("overlapping_ride", EXCLUDED, "与另一次出行时间重叠", "It overlaps another ride"),
    Reason("steps_in_ride", EXCLUDED, "步行全部发生在乘车骑行期间", "All of the walk lies within rides"),
    Reason("weighed_instead", EXCLUDED, "当日已有称重回收记录", "A weighed record of that day replaces it"),
    Reason("below_least", ZERO, "低于最低数量，计零", "Below the least quantity: credited with zero"),
    Reason("day_count", CAPPED, "超过每日次数上限", "Over the number of records a day"),
    Reason("day_quantity", CAPPED, "超过每日数量上限", "Over the quantity a day"),
    Reason("month_count", CAPPED, "超过每月次数上限", "Over the number of records a month"),
    Reason("month_quantity", CAPPED, "超过每月数量上限", "Over the quantity a month"),
    # What takes a part of a row comes after all that takes the whole of it.
    Reason("partly_over_asset_day", PARTIAL, "部分超过该设备每日上限", "Partly over the day of the vehicle or meter"),
    Reason("partly_over_asset_month", PARTIAL, "部分超过该设备每月数量上限", "Partly over the month of this account"),
    Reason("partly_in_ride", PARTIAL, "扣除乘车骑行期间的步数", "Steps within rides are taken off"),
    Reason("partly_over_limit", PARTIAL, "部分超过每日数量上限", "Partly over the quantity a day"),
    Reason("partly_over_month", PARTIAL, "部分超过每月数量上限", "Partly over the quantity a month"),
    Reason("unconfirmed_factor", ZERO, "减排因子尚未确认，计零", "The factor is not confirmed yet: credited with zero"),
    Reason("no_grams", ZERO, "该行为不计减排量", "The act carries no grams"),
    Reason("", CREDITED, "已计入", "Credited"),
)
REASONS = {reason.code: reason for reason in _LIST}
PRECEDENCE = tuple(REASONS)
