"""Coefficients of variation of products and sums of lognormal figures, in closed form. gep.md 5.4, T38."""

from collections.abc import Iterable
from math import log, prod, sqrt

import numpy as np
from numpy.typing import NDArray


def log_sigma(cv: float) -> float:
    """Return the standard deviation of the logarithm of a lognormal number with this CV."""
    return sqrt(log(1 + cv * cv))


def product_cv(cvs: Iterable[float]) -> float:
    """Return the CV of a product of independent lognormal figures."""
    return sqrt(prod(1 + cv * cv for cv in cvs) - 1)


def total_cv(*, shared: float, own: float, sizes: NDArray[np.float64]) -> float:
    """Return the CV of a sum of parts of these sizes that share one figure and have one of their own each, shape (n,).

    CV² = cs² + (1 + cs²) · co² · Σa² / (Σa)². The shared part does not shrink, however many parts there are.
    """
    concentration = float(np.square(sizes).sum() / np.square(sizes.sum()))
    return sqrt(shared**2 + (1 + shared**2) * own**2 * concentration)
