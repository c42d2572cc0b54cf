"""What the valuation of a project unit takes and answers."""

from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from core.schemas import StrictSchema

Name = Annotated[str, Field(min_length=1, max_length=120)]
Fen = Annotated[int, Field(ge=-(10**16), le=10**16)]
Amount = Annotated[Decimal, Field(ge=0, le=10**12, max_digits=18, decimal_places=6)]


class ProductIn(StrictSchema):
    """A marketable product of the unit: its net income of each year of the concession, and who pays for it."""

    name: Name
    group: Literal["provisioning", "regulating", "cultural"]
    net_income_fen: Annotated[list[Fen], Field(min_length=1, max_length=100)]
    payer: Annotated[str, Field(max_length=120)] = ""


class IncomeIn(StrictSchema):
    """A project unit by the net income of its products, discounted from each year's end."""

    unit: Name
    products: Annotated[list[ProductIn], Field(min_length=1, max_length=50)]
    discount_rate: Annotated[Decimal, Field(ge=0, lt=1, max_digits=8, decimal_places=6)]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "unit": "大觉山漂流段", "discount_rate": "0.05",
                    "products": [
                        {"name": "门票", "group": "cultural", "net_income_fen": [120_000_000], "payer": "游客"}
                    ],
                }
            ]
        }
    )  # fmt: skip


class ComparableIn(StrictSchema):
    """A like unit that changed hands: yuan for one unit of size, and the factors that make it like this one."""

    name: Name
    yuan_per_unit: Amount
    factors: Annotated[dict[Name, Amount], Field(max_length=20)] = {}


class ComparablesIn(StrictSchema):
    """A project unit by the adjusted prices of like units, three at least; ``size`` in the unit of their prices."""

    unit: Name
    comparables: Annotated[list[ComparableIn], Field(min_length=1, max_length=50)]
    size: Amount

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "unit": "大觉山漂流段", "size": "12.5",
                    "comparables": [
                        {"name": "甲地块", "yuan_per_unit": "1200", "factors": {"交通": "1.05"}},
                        {"name": "乙地块", "yuan_per_unit": "1100"}, {"name": "丙地块", "yuan_per_unit": "1300"},
                    ],
                }
            ]
        }
    )  # fmt: skip


class ProjectValueOut(Schema):
    """What a project unit is worth: an account of its own, never added to GEP."""

    unit: str
    approach: str
    value_fen: int
    by_product_fen: dict[str, int]
    added_to_gep: bool
