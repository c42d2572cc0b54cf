"""The value of a project unit (VEP) as it is asked for: by income or by comparables, an account of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from gep.uses import vep
from gep.uses.vep import Comparable, MarketableProduct, NobodyPays, UnitRefused, VepValue


class ProjectValueRefused(RuleViolation):
    """The unit has no income, years or comparables enough, or a service that nobody pays for; ``told`` says which."""

    code = "gep_project_value_refused"
    message = _("项目单元（VEP）无法估价：请补齐收益、可比案例或付费方。")
    status = 422


@dataclass(frozen=True, slots=True)
class ProjectValue:
    """What a project unit is worth, in fen; never added to GEP."""

    unit: str
    approach: str
    value_fen: int
    by_product_fen: Mapping[str, int] = field(default_factory=dict)
    added_to_gep: bool = False


def by_income(unit: str, products: Sequence[Mapping[str, Any]], *, discount_rate: Decimal) -> ProjectValue:
    """Return the present value of products' net income; see ``vep.by_income``. Raises ProjectValueRefused."""
    rows = [
        MarketableProduct(row["name"], row["group"], tuple(row["net_income_fen"]), row["payer"]) for row in products
    ]
    try:
        return _told(vep.by_income(unit, rows, discount_rate=discount_rate))
    except (NobodyPays, UnitRefused) as error:
        raise ProjectValueRefused(told=str(error)) from error


def by_comparables(unit: str, comparables: Sequence[Mapping[str, Any]], *, size: Decimal) -> ProjectValue:
    """Return the mean adjusted price of like units times the size; see ``vep``. Raises ProjectValueRefused."""
    rows = [Comparable(row["name"], row["yuan_per_unit"], row["factors"]) for row in comparables]
    try:
        return _told(vep.by_comparables(unit, rows, size=size))
    except UnitRefused as error:
        raise ProjectValueRefused(told=str(error)) from error


def _told(found: VepValue) -> ProjectValue:
    return ProjectValue(found.name, found.approach, found.fen, dict(found.by_product_fen))
