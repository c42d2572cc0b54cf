"""Grades: A measured inputs and published figures, B modelled, C any figure that nobody confirmed. gep.md 5.4."""

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Literal

from core.rounding import half_up

Grade = Literal["A", "B", "C"]
ORDER: tuple[Grade, ...] = ("A", "B", "C")


def grade_of(*, tags: Collection[str], modelled: bool) -> Grade:
    """Return the grade of a figure that rests on figures with these tags (V, D, U).

    ``modelled`` where any input was calculated by a model instead of measured or counted.
    """
    if "U" in tags:
        return "C"
    return "B" if modelled else "A"


def grade_of_total(value_fen: Mapping[str, int], grades: Mapping[str, Grade]) -> Grade | None:
    """Return the grade of a total from its parts' values and grades: the mean, weighted by the size of the values.

    Halves go to the worse grade. None where nothing has a value.
    """
    size = sum(abs(fen) for fen in value_fen.values())
    if not size:
        return None
    mean = Fraction(sum(ORDER.index(grades[name]) * abs(fen) for name, fen in value_fen.items()), size)
    return ORDER[half_up(mean)]


def shares_by_grade(value_fen: Mapping[str, int], grades: Mapping[str, Grade]) -> dict[Grade, float]:
    """Return what share of a total's size has each grade, from 0 to 1; they stand beside the grade of the total."""
    size = sum(abs(fen) for fen in value_fen.values())
    return {
        grade: sum(abs(fen) for name, fen in value_fen.items() if grades[name] == grade) / size if size else 0.0
        for grade in ORDER
    }
