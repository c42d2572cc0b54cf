"""Statistics of counties shared out to parcels, exact to the fen. gep.md 5.1; largest remainder.

A parcel's share is total * weight / sum of weights, with every float weight taken as the exact number it is. Shares
are rounded down and the fen left over go one each to the largest remainders; of equal remainders the smallest parcel
code comes first. The result depends on nothing else: not on the order of parcels, nor on blocks or workers.

The bulk runs in pairs of floats (about 100 bits), which leave a remainder uncertain by less than 2**-48; whatever lies
that close to a whole number or to the cut between winners and losers is decided in Python's integers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.rounding import apportion
from gep.allocation.exact_weights import ExactSums, exact_sums

LARGEST_TOTAL_FEN = 2**53 - 1
WEIGHT_RANGE = (1e-100, 1e100)  # within it no product of the calculation below leaves the range of floats
DOUBT = 2.0**-48  # three times the error of a remainder computed in pairs of floats
SPLITTER = 2.0**27 + 1  # Veltkamp: cuts a float into halves whose products are exact


class WeightRefused(ValueError):
    """A weight that is missing, negative or out of all bounds; the text names product and parcel."""


class TotalRefused(ValueError):
    """A total that is negative or beyond 2**53 fen; the text names product and county."""


@dataclass(frozen=True, slots=True)
class Allocated:
    """Shares in fen, shape (parcels,), and what no parcel had a weight for; together the total."""

    parcels_fen: NDArray[np.int64]
    unallocated_fen: int


@dataclass(frozen=True, slots=True)
class AllocatedMany:
    """Shares in fen, shape (products, parcels), and what stays unallocated, shape (products, counties).

    For each product and county, its parcels' fen and its unallocated fen add up to the total exactly.
    """

    parcels_fen: NDArray[np.int64]
    unallocated_fen: NDArray[np.int64]


def allocate(total_fen: int, *, weights: NDArray[np.float64], codes: Sequence[str]) -> Allocated:
    """Share ``total_fen`` out by non-negative weights, shape (parcels,); ties go to the parcel whose code is first.

    A total that no parcel has a weight for stays unallocated; it is never spread silently.
    """
    order = np.argsort(np.asarray(codes, dtype=str), kind="stable")
    shares = np.zeros(len(order), dtype=np.int64)
    if not np.any(np.asarray(weights) > 0):
        return Allocated(parcels_fen=shares, unallocated_fen=total_fen)
    shares[order] = apportion(total_fen, np.asarray(weights)[order])
    return Allocated(parcels_fen=shares, unallocated_fen=0)


def allocate_many(
    totals_fen: NDArray[np.int64],
    *,
    county_of_parcel: NDArray[np.integer],
    weights: Sequence[NDArray[np.float64]] | NDArray[np.float64],
    codes: NDArray[np.str_],
) -> AllocatedMany:
    """Share many totals out at once: every product of every county, over millions of parcels.

    ``totals_fen`` int64, shape (products, counties); ``county_of_parcel`` the parcel's column in it, shape (parcels,),
    -1 where the parcel is in none of them; ``weights`` for each product a row of shape (parcels,); ``codes`` shape
    (parcels,). A total whose county has no weight stays unallocated there. Raises WeightRefused, TotalRefused.
    """
    totals = np.asarray(totals_fen, dtype=np.int64)
    _refuse_totals(totals)
    county = np.asarray(county_of_parcel)
    names = _Names(np.asarray(codes))
    parcels = np.zeros((len(totals), len(county)), dtype=np.int64)
    unallocated = totals.copy()
    for product, row in enumerate(weights):
        row = np.asarray(row, dtype=np.float64)
        _refuse_weights(row, product=product, codes=names.codes)
        chosen = np.flatnonzero((row > 0) & (county >= 0))
        if len(chosen):
            parcels[product, chosen] = _Sharing(totals[product], row[chosen], county[chosen], chosen, names).fen()
            unallocated[product, np.bincount(county[chosen], minlength=totals.shape[1]) > 0] = 0
    return AllocatedMany(parcels_fen=parcels, unallocated_fen=unallocated)


class _Names:
    """Codes of all parcels; ranked only when ties ask for it, since sorting millions of texts is slow."""

    def __init__(self, codes: NDArray[np.str_]) -> None:
        self.codes = codes

    @cached_property
    def _ranks(self) -> NDArray[np.int64]:
        ranks = np.empty(len(self.codes), dtype=np.int64)
        ranks[np.argsort(self.codes, kind="stable")] = np.arange(len(self.codes))
        return ranks

    def rank(self, chosen: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return numbers in the order of the codes of the chosen parcels."""
        if len(chosen) > len(self.codes) // 32 or "_ranks" in self.__dict__:
            return self._ranks[chosen]
        return np.argsort(np.argsort(self.codes[chosen], kind="stable"))


class _Sharing:
    """One product: its positive weights, with the county and the place of each parcel; shape (n,) each."""

    def __init__(
        self,
        totals: NDArray[np.int64],
        weights: NDArray[np.float64],
        county: NDArray[np.integer],
        parcel: NDArray[np.intp],
        names: _Names,
    ) -> None:
        self.totals, self.county, self.parcel, self.names = totals, county.astype(np.intp), parcel, names
        self.weights = np.ascontiguousarray(weights, dtype=np.float64)
        self.sums: ExactSums = exact_sums(self.weights, group=self.county, groups=len(totals))

    def fen(self) -> NDArray[np.int64]:
        """Return the fen of each parcel; each county's sum is its total."""
        whole, rest = self._rounded_down()
        left = self.totals - np.bincount(self.county, weights=whole, minlength=len(self.totals)).astype(np.int64)
        left[self.sums.whole == 0] = 0
        fen = whole.astype(np.int64)
        fen[self._winners(rest, left)] += 1
        return fen

    def _rounded_down(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return each share rounded down, exactly, and its remainder from 0 to 1, uncertain by less than DOUBT."""
        parcels = np.bincount(self.county, minlength=len(self.totals))
        nearest, beyond = np.zeros(len(self.totals)), np.zeros(len(self.totals))
        for group in np.flatnonzero((parcels > 1) & (self.totals > 0)).tolist():
            nearest[group], beyond[group] = self.sums.share(int(self.totals[group]), group)
        product, error = _exact_product(self.weights, nearest, self.county)
        whole = np.floor(product)
        rest = (product - whole) + (error + self.weights * beyond[self.county])
        step = np.floor(rest)
        whole, rest = whole + step, rest - step
        alone = (parcels == 1)[self.county]
        whole[alone], rest[alone] = self.totals[self.county[alone]], 0.0
        self._settle(
            np.flatnonzero((parcels > 1)[self.county] & (whole + rest > 0) & ((rest < DOUBT) | (rest > 1 - DOUBT))),
            whole,
            rest,
        )
        return whole, rest

    def _settle(self, doubtful: NDArray[np.intp], whole: NDArray, rest: NDArray) -> None:
        """Decide shares that are nearly whole in exact numbers, once for each different weight of a county."""
        for members in self._alike(doubtful):
            group, weight = int(self.county[members[0]]), float(self.weights[members[0]])
            quotient, remainder = self.sums.quotient(int(self.totals[group]), weight, group)
            whole[members], rest[members] = quotient, remainder / self.sums.whole[group]

    def _alike(self, chosen: NDArray[np.intp]) -> list[NDArray[np.intp]]:
        """Return the chosen parcels in sets of one county and one weight."""
        order = chosen[np.lexsort((self.weights[chosen], self.county[chosen]))]
        edges = (np.diff(self.county[order]) != 0) | (np.diff(self.weights[order]) != 0)
        return np.split(order, np.flatnonzero(edges) + 1) if len(order) else []

    def _winners(self, rest: NDArray[np.float64], left: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return the parcels that get one fen more: in each county the ``left`` largest remainders."""
        cut = _kth_largest(rest, self.county, left)
        above = rest - cut[self.county]
        sure = above > 2 * DOUBT
        wanted = left - np.bincount(self.county[sure], minlength=len(left))
        close = np.flatnonzero(np.abs(above) <= 2 * DOUBT)
        found = np.bincount(self.county[close], minlength=len(left))
        winners = [np.flatnonzero(sure), close[(found == wanted)[self.county[close]]]]
        close = close[((found != wanted) & (wanted > 0))[self.county[close]]]
        order = np.argsort(self.county[close], kind="stable")
        starts = np.flatnonzero(np.diff(self.county[close][order], prepend=-1))
        for members in np.split(close[order], starts[1:]) if len(order) else []:
            winners.append(self._first(members, int(wanted[self.county[members[0]]])))
        return np.concatenate(winners)

    def _first(self, tied: NDArray[np.intp], wanted: int) -> NDArray[np.intp]:
        """Return the first ``wanted`` of parcels of one county, by exact remainder and then by code."""
        group = int(self.county[tied[0]])
        total = int(self.totals[group])
        weights, kind = np.unique(self.weights[tied], return_inverse=True)
        remainders = [self.sums.quotient(total, weight, group)[1] for weight in weights.tolist()]
        place = {remainder: rank for rank, remainder in enumerate(sorted(set(remainders), reverse=True))}
        rank = np.array([place[remainder] for remainder in remainders])[kind]
        return tied[np.lexsort((self.names.rank(self.parcel[tied]), rank))[:wanted]]


def _exact_product(
    weights: NDArray[np.float64], factors: NDArray[np.float64], county: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weight times its county's factor as a float and the error of that float (Dekker 1971)."""
    factor = factors[county]
    product = weights * factor
    big = factors * SPLITTER
    upper = big - (big - factors)
    upper, lower = upper[county], (factors - upper)[county]
    big = weights * SPLITTER
    high = big - (big - weights)
    low = weights - high
    return product, ((high * upper - product) + high * lower + low * upper) + low * lower


def _kth_largest(rest: NDArray[np.float64], county: NDArray[np.intp], k: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the k-th largest remainder of each county, infinite where k is 0; only one bucket of each is sorted."""
    counties = len(k)
    buckets = int(np.clip(4 * len(rest) // counties, 1, 2**16))
    bucket = np.minimum((rest * buckets).astype(np.intp), buckets - 1)
    counts = np.bincount(county * buckets + bucket, minlength=counties * buckets).reshape(counties, buckets)
    from_top = np.cumsum(counts[:, ::-1], axis=1)
    position = np.minimum((from_top < k[:, None]).sum(axis=1), buckets - 1)
    within = k - np.where(position > 0, np.take_along_axis(from_top, np.maximum(position - 1, 0)[:, None], 1)[:, 0], 0)
    mine = np.flatnonzero(bucket == (buckets - 1 - position)[county])
    order = mine[np.lexsort((-rest[mine], county[mine]))]
    start = np.searchsorted(county[order], np.arange(counties))
    cut = np.full(counties, np.inf)
    has = k > 0
    cut[has] = rest[order[start[has] + within[has] - 1]]
    return cut


def _refuse_totals(totals: NDArray[np.int64]) -> None:
    if totals.ndim != 2:
        raise TotalRefused("totals must have the shape (products, counties)")
    for product, county in np.argwhere((totals < 0) | (totals > LARGEST_TOTAL_FEN))[:1]:
        raise TotalRefused(f"product {product}, county {county}: {totals[product, county]} fen is not from 0 to 2**53")


def _refuse_weights(row: NDArray[np.float64], *, product: int, codes: NDArray[np.str_]) -> None:
    smallest, largest = WEIGHT_RANGE
    wrong = np.flatnonzero(~((row == 0) | ((row >= smallest) & (row <= largest))))  # NaN compares false, and is wrong
    if len(wrong):
        raise WeightRefused(
            f"product {product}, parcel {codes[wrong[0]]}: the weight {row[wrong[0]]} is not 0 nor from 1e-100 to 1e100"
        )
