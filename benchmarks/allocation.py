"""Statistics shared out to parcels: ours for all products and counties at once, against Decimal parcel by parcel.

The naive way is the one of the method page: Decimal shares with 50 digits, rounded down, the rest to the largest
remainders. It runs on a part of the parcels and is scaled up (it grows linearly). Both must agree to the fen there.
CPU seconds; ratio is the naive time over ours.
"""

import argparse
import resource
import sys
import time
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gep import allocation

COUNTIES = 11


def main() -> None:
    """Print the time of ours for all parcels, of both for a part, and the ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--parcels", type=int, default=3_000_000)
    options.add_argument("--products", type=int, default=12)
    options.add_argument("--part", type=int, default=100_000, help="parcels of the comparison")
    chosen = options.parse_args()
    random = np.random.default_rng(51)
    for used_share, told in ((0.15, "each product on 15 % of the parcels"), (1.0, "each product on every parcel")):
        case = _case(random, parcels=chosen.parcels, products=chosen.products, used_share=used_share)
        started = time.process_time()
        shared = allocation.allocate_many(**case)
        ours = time.process_time() - started
        exact = bool(
            (
                shared.parcels_fen.sum(axis=1) + shared.unallocated_fen.sum(axis=1) == case["totals_fen"].sum(axis=1)
            ).all()
        )
        print(
            f"{chosen.parcels:,} parcels x {chosen.products} products, {told}: {ours:.2f} s, sums exact: {exact}",
            flush=True,
        )
    _compare(random, parcels=chosen.part)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def _case(random: np.random.Generator, *, parcels: int, products: int, used_share: float) -> dict[str, NDArray]:
    weights = random.lognormal(9, 1.5, (products, parcels)) * (random.uniform(size=(products, parcels)) < used_share)
    return {
        "totals_fen": random.integers(10**9, 10**12, (products, COUNTIES)),
        "county_of_parcel": random.integers(0, COUNTIES, parcels),
        "weights": weights,
        "codes": np.array([f"3610{n:08}" for n in random.permutation(parcels)]),
    }


def _compare(random: np.random.Generator, *, parcels: int) -> None:
    case = _case(random, parcels=parcels, products=1, used_share=1.0)
    started = time.process_time()
    ours = allocation.allocate_many(**case).parcels_fen[0]
    ours_s = time.process_time() - started
    started = time.process_time()
    naive = np.zeros(parcels, dtype=np.int64)
    for county in range(COUNTIES):
        mine = np.flatnonzero(case["county_of_parcel"] == county)
        naive[mine] = _decimal_shares(
            int(case["totals_fen"][0, county]), case["weights"][0][mine].tolist(), case["codes"][mine].tolist()
        )
    naive_s = time.process_time() - started
    print(
        f"{parcels:,} parcels x 1 product: ours {ours_s:.3f} s, Decimal {naive_s:.3f} s, ratio {naive_s / ours_s:.1f},"
        f" same fen: {bool((ours == naive).all())}"
    )


def _decimal_shares(total: int, weights: list[float], codes: list[str]) -> list[int]:
    with localcontext() as context:
        context.prec = 50
        exact = [Decimal(weight) for weight in weights]
        whole = sum(exact)
        raw = [total * weight / whole for weight in exact]
        fen = [int(share) for share in raw]
        first = sorted(range(len(raw)), key=lambda i: (fen[i] - raw[i], codes[i]))
    for place in first[: total - sum(fen)]:
        fen[place] += 1
    return fen


if __name__ == "__main__":
    main()
