"""What the comparison of two accounts answers."""

from ninja import Schema


class ComparisonRowOut(Schema):
    """One indicator of both accounts; null where one of them lacks it. The effects add up to the change."""

    indicator: str
    unit: str
    first_quantity: float | None
    second_quantity: float | None
    change_quantity: float | None
    first_fen: int | None
    second_fen: int | None
    change_fen: int
    quantity_fen: int | None
    price_fen: int | None
    method_fen: int | None
    coverage_fen: int | None


class ComparisonOut(Schema):
    """How the second account differs from the first."""

    first: str
    second: str
    same_region: bool
    first_fen: int
    second_fen: int
    change_fen: int
    effects: dict[str, int]
    rows: list[ComparisonRowOut]
