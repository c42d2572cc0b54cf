"""From quantities to milligrams of CO2e: exact whole-number arithmetic over columns, rounded down once.

``gross = quantity x factor``; ``net = gross x discount of the evidence``; ``posted = net``, or 0 while the factor is
unconfirmed and not approved. General form ER = BE - PE - LE of T/CCAA 38-2021 with the published net factors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_INT64_MAX = 2**63 - 1


class TooLarge(ValueError):
    """A quantity times its factor does not fit into 64 bits."""


@dataclass(frozen=True, slots=True)
class Factors:
    """Factors as fractions of mg per counted unit and evidence discounts as fractions, each of shape (n,).

    ``approved`` is False where the parameter is unconfirmed (tag U): the reduction is shown, and nothing is posted.
    """

    numerator: Ints
    denominator: Ints
    discount_numerator: Ints
    discount_denominator: Ints
    approved: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reduction:
    """Milligrams of CO2e, shape (n,), whole and rounded down."""

    gross_mg: Ints
    net_mg: Ints
    posted_mg: Ints


def reductions(quantity: Ints, *, factors: Factors) -> Reduction:
    """Return the reduction of each row; ``quantity`` is whole, from 0, in the unit of its factor.

    Exact: the net amount is rounded down once, from the undivided product, not from the rounded gross amount.
    Raises TooLarge where 64 bits would overflow, ValueError for a negative quantity.
    """
    if (quantity < 0).any():
        raise ValueError("a quantity is never negative here; screening refuses those rows")
    _check_range(quantity, factors)
    product = quantity * factors.numerator
    gross_mg = product // factors.denominator
    net_mg = product * factors.discount_numerator // (factors.denominator * factors.discount_denominator)
    return Reduction(gross_mg=gross_mg, net_mg=net_mg, posted_mg=np.where(factors.approved, net_mg, 0))


def _check_range(quantity: Ints, factors: Factors) -> None:
    largest = quantity.astype(np.float64) * factors.numerator * np.maximum(factors.discount_numerator, 1)
    if (largest > _INT64_MAX / 2).any():
        raise TooLarge("quantity x factor does not fit into 64 bits")
