"""Totals of statistics shared out to parcels in whole fen, exactly. Method: docs/methods/allocation.md."""

from gep.allocation.calibration import Calibrated, CannotCalibrate, calibrate
from gep.allocation.largest_remainder import Allocated, AllocatedMany, WeightRefused, allocate, allocate_many
from gep.allocation.margins import (
    MarginsDisagree,
    MarginsDoNotConverge,
    MarginsUnreachable,
    allocate_with_margins,
    fit_margins,
)
from gep.allocation.signed import split_signed

__all__ = [
    "Allocated",
    "AllocatedMany",
    "Calibrated",
    "CannotCalibrate",
    "MarginsDisagree",
    "MarginsDoNotConverge",
    "MarginsUnreachable",
    "WeightRefused",
    "allocate",
    "allocate_many",
    "allocate_with_margins",
    "calibrate",
    "fit_margins",
    "split_signed",
]
