"""The catalogue of acts: what each counts, which evidence proves it, which groups it belongs to. No figures."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

FILE = Path(__file__).with_name("acts.toml")
RIDE_PRIORITY = (
    "M05",
    "M07",
    "M12",
    "M11",
    "M02",
    "M04",
    "M06",
    "M03",
)  # exclusion group G2: of two overlapping rides the earlier in this list stands; walking gives way step by step
WEIGHED = ("W02", "W03", "W04", "W05")  # exclusion group G5: any of these on a day replaces the drop-off W01


@dataclass(frozen=True, slots=True)
class Measure:
    """A further whole number of a record, in ``unit``; ``units`` where the unit depends on the material.

    ``at_most``: the parameter above which the measure counts as that much, "" where there is none.
    """

    unit: str
    required: bool = True
    at_most: str = ""
    units: Mapping[str, str] = field(default_factory=dict)

    def unit_for(self, material: str) -> str:
        """Return the unit of the measure for a material of the act."""
        return self.units.get(material, self.unit)


@dataclass(frozen=True, slots=True)
class Formula:
    """The parts of ``max(0, min(baseline - project - leakage, most))``, each a sum of products as text.

    ``zero_below``: two sums, nothing is credited where the first is below the second; ``zero_up_to``: likewise where
    it is not above.
    """

    baseline: str = ""
    project: str = ""
    leakage: str = ""
    most: str = ""
    zero_below: tuple[str, ...] = ()
    zero_up_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """One act of the catalogue; acts.toml says what each member means.

    ``unit``: the whole-number unit its quantity is counted in; ``evidence``: accepted evidence type -> class A to D;
    ``materials``: accepted materials, the first being the default, empty where the act has none; ``measures``: the
    further numbers of a record by name; ``asset``: what the asset reference names, "" where the act takes none;
    ``limit_group``: the acts that share one limit; ``formulas``: by material, or under "" for all.
    """

    code: str
    zh: str
    en: str
    unit: str
    evidence: Mapping[str, str]
    materials: tuple[str, ...] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict)
    asset: str = ""
    asset_required: bool = False
    counterpart: str = ""
    counterpart_required: bool = False
    groups: tuple[str, ...] = ()
    account: str = "resident"
    tradable: bool = False
    limit_group: str = ""
    formulas: Mapping[str, Formula] = field(default_factory=dict)

    @property
    def limits_key(self) -> str:
        """Return the name under which the limits of the act stand."""
        return self.limit_group or self.code

    @property
    def one_place(self) -> bool:
        """Return whether one event has one place and moment, so that G6 can find it twice."""
        return "G6" in self.groups

    @property
    def required_measures(self) -> frozenset[str]:
        """Return the measures without which a record cannot be calculated."""
        return frozenset(name for name, measure in self.measures.items() if measure.required)

    def material_or_default(self, material: str) -> str:
        """Return the material meant by a record, which may leave the first one out."""
        return material or (self.materials[0] if self.materials else "")

    def factor_key(self, material: str) -> str:
        """Return the key of its reduction factor."""
        return f"{self.code}.{self.material_or_default(material)}" if self.materials else self.code

    def formula(self, material: str) -> Formula:
        """Return the formula for a material."""
        return self.formulas.get(self.material_or_default(material)) or self.formulas[""]


def _formula(row: Mapping[str, Any]) -> Formula:
    parts: dict[str, Any] = {name: row[name] for name in Formula.__dataclass_fields__ if name in row}
    for name in ("zero_below", "zero_up_to"):
        parts[name] = tuple(parts.get(name, ()))
    return Formula(**parts)


def _act(code: str, row: dict[str, Any]) -> Act:
    by_material = row.pop("by_material", {})
    formula = {name: row.pop(name) for name in Formula.__dataclass_fields__ if name in row}
    formulas = {"": _formula(formula)} | {name: _formula(formula | parts) for name, parts in by_material.items()}
    measures = {name: Measure(**told) for name, told in row.pop("measures", {}).items()}
    lists: dict[str, Any] = {name: tuple(row.pop(name, ())) for name in ("materials", "groups")}
    return Act(code=code, measures=measures, formulas=formulas, **lists, **row)


_TOLD = tomllib.loads(FILE.read_text(encoding="utf-8"))
ACTS: Mapping[str, Act] = MappingProxyType({code: _act(code, row) for code, row in _TOLD["acts"].items()})
DERIVED: Mapping[str, str] = MappingProxyType(_TOLD["derived"])
EVIDENCE_TYPES = frozenset(kind for act in ACTS.values() for kind in act.evidence)
MATERIALS = frozenset(material for act in ACTS.values() for material in act.materials)
