"""What a new run asks for: region, years, profile, its switches in words, and a dataset for each role."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core import regions
from gep import dataset_queries
from gep.dataset_queries import LAYER_UNITS, DatasetView
from gep.method_profiles import Switch, indicator_list, profile, profile_names, switches
from gep.readers import Reader
from gep.runs import Wanted
from web import explanations, figures, regions_shown

TABLES = {"statistics": _("统计表"), "coefficients": _("系数表（覆盖内置系数）")}
INCLUDE = "include_"
DATASETS_KNOWN = 500
EFFECTS = {
    "p_in_water_balance": _("全年降水，或只算产生径流的降水日；两者读同一个降水图层。"),
    "soil_P_factor": _("不计：R·K·L·S·(1 − C)；计入：R·K·L·S·(1 − C·P)，耕地结果相差可达几成。"),
    "clip_negative": _("蒸发多于留存的单元：保留负值，或按零计。"),
    "valuation_basis": _("物质产品按哪种价值计；统计表须给出所选口径占总产值的份额。"),
    "capacity_rule": _("不超过县里实际排放，或计全部净化能力；两者可差十倍到千倍。"),
    "climate_variant": _("水面蒸发吸热是否除以空调能效比；湿地结果相差约 2.3 倍。"),
    "reservoir_cost": _("每年计全部造价，或按利率和年限摊到一年；相差约 18 倍。"),
    "carbon_unit": _("碳价按每吨二氧化碳或每吨碳；单位不符的价格会被拒绝。"),
    "include_oxygen": _("是否把释氧计入总值；数额大、有争议。"),
    "subtract_external": _("是否按 GB/T 46869 从总值中扣除来自区外的产品。"),
}  # fmt: skip


class RunForm(forms.Form):
    """The form of a new run for one profile; its datasets are those that are ready and that ``reader`` may see."""

    region = forms.ChoiceField(label=_("区域"))
    year = forms.IntegerField(label=_("核算年"), min_value=1900, max_value=2199)
    price_year = forms.IntegerField(
        label=_("价格年"), min_value=1900, max_value=2199, help_text=_("跨年比较时两次核算用同一个价格年。")
    )
    name = forms.CharField(label=_("名称"), max_length=120, required=False)
    draws = forms.IntegerField(
        label=_("不确定性抽样次数"), min_value=0, max_value=10_000, initial=0,
        help_text=_("1,000 次给出 95% 区间；0 为不抽样。"),
    )  # fmt: skip
    seed = forms.IntegerField(label=_("随机种子"), min_value=0, max_value=2**62, initial=0)
    surveyed = forms.BooleanField(
        label=_("按图斑的地类编码定类"), required=False, initial=True,
        help_text=_("三调地类编码说明的类型以它为准，土地覆被只补编码未说明的部分；不选则全按土地覆被。"),
    )  # fmt: skip
    revises = forms.CharField(label=_("修订哪个核算（编号）"), max_length=60, required=False)
    revision_reason = forms.CharField(label=_("修订原因"), max_length=1000, required=False)

    def __init__(self, *args: Any, profile_name: str, reader: Reader, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader = reader
        self.use_required_attribute = False
        self.profile_name = profile_name
        codes = [regions.FUZHOU, *(county.code for county in regions.counties())]
        self.fields["region"].choices = [(code, regions_shown.name(code)) for code in codes]  # type: ignore[attr-defined]
        self.rows_of_switches = self._add_switches()
        self.rows_of_datasets = self._add_datasets()
        for name, field in self.fields.items():
            field.widget.attrs["autocomplete"] = "off"
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{name}_hint"

    def plain(self) -> list[forms.BoundField]:
        """Return the fields that are neither switches nor datasets."""
        return [self[name] for name in RunForm.base_fields]

    def switch_fields(self) -> list[forms.BoundField]:
        """Return the fields of the switches."""
        return [self[name] for name in self.rows_of_switches]

    def dataset_fields(self) -> list[forms.BoundField]:
        """Return the fields of the datasets, by role."""
        return [self[name] for name in self.rows_of_datasets]

    def wanted(self) -> Wanted:
        """Return the run that a valid form asks for."""
        said = self.cleaned_data
        chosen = {name.removeprefix("data-"): said[name] for name in self.rows_of_datasets if said[name]}
        return Wanted(
            region=said["region"], year=said["year"], price_year=said["price_year"], datasets=chosen,
            profile=self.profile_name, switches=self._settings(), surveyed=said["surveyed"], seed=said["seed"],
            draws=said["draws"], name=said["name"], revises=said["revises"], revision_reason=said["revision_reason"],
        )  # fmt: skip

    def _settings(self) -> dict[str, Any]:
        """Return the switches that differ from the profile's own, with their values as they are stated."""
        own, found = profile(self.profile_name), {}
        for name in self.rows_of_switches:
            switch = name.removeprefix("switch-")
            values = values_of(switch, own.switches)
            chosen = next(value for value in values if str(value) == self.cleaned_data[name])
            if chosen != own.switches.get(switch, False):
                found[switch] = chosen
        return found

    def _add_switches(self) -> list[str]:
        own, names = profile(self.profile_name), []
        switched = {
            indicator for name, said in switches().items() if name.startswith(INCLUDE) for indicator in said.indicators
        }
        optional = [f"{INCLUDE}{indicator}" for indicator in own.optional if indicator not in switched]
        for switch in dict.fromkeys([*switches(), *optional]):
            values = values_of(switch, own.switches)
            field = forms.ChoiceField(
                label=switch_label(switch), choices=[(str(value), value_label(switch, value)) for value in values],
                help_text=EFFECTS.get(switch, _("方案中的可选指标，默认不计。")),
                initial=str(own.switches.get(switch, False)),
            )  # fmt: skip
            self.fields[f"switch-{switch}"] = field
            names.append(f"switch-{switch}")
        return names

    def _add_datasets(self) -> list[str]:
        ready = dataset_queries.datasets(status="ready", limit=DATASETS_KNOWN, reader=self.reader)
        names = []
        for role in (*LAYER_UNITS, *TABLES):
            fit = [row for row in ready if (row.layer or row.kind) == role]
            field = forms.ChoiceField(
                label=TABLES.get(role) or explanations.layer_label(role), required=role == "land_cover",
                choices=[("", _("不用")), *((row.code, dataset_label(row)) for row in fit)],
                initial=fit[0].code if fit and role != "coefficients" else "",
            )  # fmt: skip
            self.fields[f"data-{role}"] = field
            names.append(f"data-{role}")
        return names


def values_of(switch: str, own: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the values that a switch can take."""
    known = switches().get(switch)
    return known.values if known else (False, True)


def switch_label(switch: str) -> str:
    """Return the name of a switch in the page's language."""
    known: Switch | None = switches().get(switch)
    if known is not None:
        return known.zh if figures.reads_chinese() else known.en
    listed = indicator_list()[switch.removeprefix(INCLUDE)]
    return str(_("计入{name}")).format(name=listed.zh if figures.reads_chinese() else listed.en)


def value_label(switch: str, value: Any) -> str:
    """Return the name of a switch's value in the page's language."""
    known, code = switches().get(switch), str(value).lower() if isinstance(value, bool) else str(value)
    if known is not None and figures.reads_chinese():
        return known.labels.get(code, code)
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    return code.replace("_", " ")


def dataset_label(row: DatasetView) -> str:
    """Return what tells a dataset from another of its kind."""
    region = regions_shown.name(row.region)
    mark = f" · {_('模拟')}" if row.synthetic else ""
    return f"{region} {row.year} · {row.filename} · {row.code[:8]}{mark}"


def profiles() -> list[dict[str, str]]:
    """Return every profile with its document and title."""
    return [{"name": name, "label": f"{profile(name).document} {profile(name).zh}"} for name in profile_names()]
