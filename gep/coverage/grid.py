"""The grid that every layer of an account lies on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grid:
    """A north-up grid of square cells: the upper-left corner, the side of a cell, and how many rows and columns."""

    west_m: float
    north_m: float
    cell_m: float
    rows: int
    columns: int

    @property
    def cell_area_m2(self) -> float:
        """The area of one cell."""
        return self.cell_m * self.cell_m

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        south_m = self.north_m - self.rows * self.cell_m
        return self.west_m, south_m, self.west_m + self.columns * self.cell_m, self.north_m
