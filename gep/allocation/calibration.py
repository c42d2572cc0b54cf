"""Modelled values brought to an official figure of the county, beside the model and never in its place. gep.md 5.1."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from gep.allocation.largest_remainder import allocate_many
from gep.allocation.signed import split_signed


class CannotCalibrate(ValueError):
    """A county has an official figure, and its model has no value of the same sign; the text names the county."""


@dataclass(frozen=True)
class Calibrated:
    """What each parcel would be worth, shape (parcels,), and official over modelled value by county.

    A county's parcels add up to its official figure exactly; without one they keep their modelled value, and the county
    has no factor.
    """

    parcels_fen: NDArray[np.int64]
    factor: Mapping[str, float]


def calibrate(
    model_fen: NDArray[np.int64],
    *,
    county: NDArray[np.str_],
    codes: NDArray[np.str_],
    official_fen: Mapping[str, int],
) -> Calibrated:
    """Scale the values of the parcels, shape (parcels,), so that each county's sum is its official figure.

    Every parcel keeps its sign. Shares are rounded by the largest remainder; ties go to the smallest code. Raises
    CannotCalibrate.
    """
    calibrated, factor = np.array(model_fen, dtype=np.int64), {}
    for name, official in sorted(official_fen.items()):
        own = np.flatnonzero(county == name)
        modelled = int(calibrated[own].sum())
        if not modelled or (official > 0) != (modelled > 0):
            raise CannotCalibrate(f"{name}: {official} fen by the official figure, {modelled} fen by the model")
        factor[name] = official / modelled
        calibrated[own] = _scaled(calibrated[own], Fraction(official, modelled), codes[own])
    return Calibrated(parcels_fen=calibrated, factor=factor)


def _scaled(values: NDArray[np.int64], factor: Fraction, codes: NDArray[np.str_]) -> NDArray[np.int64]:
    """Multiply by ``factor``, after which the sum is whole, and round so that it stays."""
    total = int(factor * int(values.sum()))
    sign = 1 if total > 0 else -1
    if (values * sign >= 0).all():
        shared = allocate_many(
            np.array([[abs(total)]]), county_of_parcel=np.zeros(len(values), dtype=np.intp),
            weights=[np.abs(values).astype(np.float64)], codes=codes,
        )  # fmt: skip
        return shared.parcels_fen[0] * sign
    order = np.argsort(codes, kind="stable")
    scaled = np.empty_like(values)
    scaled[order] = split_signed(total, [factor * value for value in values[order].tolist()])
    return scaled
