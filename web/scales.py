"""How numbers become colours: ordered classes that also a colour-blind reader tells apart by lightness."""

import math
from bisect import bisect_right
from dataclasses import dataclass

from web.figures import grouped

FEN_PER_YUAN = 100


@dataclass(frozen=True)
class Scale:
    """Classes by value per area: ``stops_fen_per_m2`` are the lower ends of all classes but the first."""

    stops_fen_per_m2: tuple[float, ...]
    colours: tuple[str, ...]
    without_value: str

    def colour(self, fen_per_m2: float | None) -> str:
        """Return the colour of a value; the one of no value for None."""
        if fen_per_m2 is None:
            return self.without_value
        return self.colours[bisect_right(self.stops_fen_per_m2, fen_per_m2)]

    def classes(self) -> list[dict[str, str]]:
        """Return the legend: each class's colour and its range in yuan per m²."""
        smallest = self.stops_fen_per_m2[0] / FEN_PER_YUAN
        places = max(2, 1 - math.floor(math.log10(smallest))) if smallest > 0 else 2
        ends = [grouped(stop / FEN_PER_YUAN, places=places) for stop in self.stops_fen_per_m2]
        between = [f"{low}–{high}" for low, high in zip(ends, ends[1:], strict=False)]
        ranges = [f"< {ends[0]}", *between, f"≥ {ends[-1]}"]
        return [{"colour": colour, "range": told} for colour, told in zip(self.colours, ranges, strict=True)]


# YlGnBu of ColorBrewer 2 (Cynthia Brewer, Apache-2.0): lightness falls evenly, safe for the common colour blindnesses.
GEP_SCALE = Scale(
    stops_fen_per_m2=(100, 200, 400, 600, 800),
    colours=("#ffffcc", "#c7e9b4", "#7fcdbb", "#41b6c4", "#2c7fb8", "#253494"),
    without_value="#e3e3e3",
)

MULTIPLES = (0.25, 0.5, 1.0, 1.5, 2.0)  # of the region's mean: one scale from the city down to the parcel


def scale_around(mean_fen_per_m2: float | None) -> Scale:
    """Return a scale whose middle is a region's mean value per m², its stops of two digits; the usual one without."""
    if not mean_fen_per_m2 or mean_fen_per_m2 <= 0:
        return GEP_SCALE
    stops = tuple(two_digits(mean_fen_per_m2 * multiple) for multiple in MULTIPLES)
    return Scale(stops_fen_per_m2=stops, colours=GEP_SCALE.colours, without_value=GEP_SCALE.without_value)


def two_digits(number: float) -> float:
    """Return a positive number rounded to two significant digits."""
    return float(f"{number:.1e}")
