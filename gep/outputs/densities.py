"""The value of a square metre, in classes that a map shades: few, of equal counts, with round bounds."""

import math

import numpy as np
from numpy.typing import NDArray

from core.units import FEN_PER_YUAN
from gep.accounting import CompiledAccount

# From light to dark, each step darker than the one before, so that a grey print keeps the order.
SHADES = ("#edf3e6", "#cfe3bd", "#a5cc93", "#72ae72", "#3f8a57", "#1d6344", "#0b3d33")
FIGURES = 3  # significant digits of a bound


def of_parcels(account: CompiledAccount) -> NDArray[np.float64]:
    """Return yuan per m² of each parcel, over all indicators; NaN where the parcel has no area."""
    fen = sum((result.value_fen for result in account.results.values()), np.zeros(len(account.parcels), np.int64))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(account.parcels.area_m2 > 0, fen / FEN_PER_YUAN / account.parcels.area_m2, np.nan)


def bounds(density: NDArray[np.float64], *, classes: int = len(SHADES)) -> list[float]:
    """Return the bounds of at most ``classes`` classes, lowest and highest included, rising; [] where nothing is known.

    The inner bounds are quantiles, rounded; the outer ones are rounded outwards, so that every value is inside.
    """
    known = density[np.isfinite(density)]
    if not len(known):
        return []
    inner = [_rounded(value) for value in np.quantile(known, np.linspace(0, 1, classes + 1)[1:-1]).tolist()]
    low, high = _rounded(float(known.min()), up=-1), _rounded(float(known.max()), up=1)
    return sorted({low, high, *(value for value in inner if low < value < high)})


def shades(count: int) -> list[str]:
    """Return a shade for each of ``count`` classes, spread over all of them."""
    last = len(SHADES) - 1
    return [SHADES[round(i * last / max(count - 1, 1))] for i in range(count)]


def _rounded(value: float, *, up: int = 0) -> float:
    """A value with few figures; ``up`` 1 never below it, -1 never above it."""
    if value == 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - FIGURES + 1)
    steps = math.ceil(value / unit) if up > 0 else math.floor(value / unit) if up < 0 else round(value / unit)
    return float(f"{steps * unit:.12g}")
