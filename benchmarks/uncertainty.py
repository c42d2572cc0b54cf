"""A thousand draws of a city's account: ours over sums of terms, against drawing every parcel again.

Baseline: each draw multiplies the terms of every parcel by the draw's errors and sums them, vectorised, as a simulation
over parcels does; it runs on a part of the parcels and draws and is scaled up. The third figure is one deterministic
sum over the parcels, which is the least that an account costs. CPU seconds; ratio is the baseline's time over ours.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core import regions
from gep import uncertainty

INDICATORS, CLASSES, TERMS_EACH = 14, 20, 3


def main() -> None:
    """Print both times, their ratio, and the interval of the total."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--parcels", type=int, default=3_000_000)
    options.add_argument("--draws", type=int, default=1_000)
    options.add_argument("--part", type=int, default=100_000, help="parcels of the baseline")
    chosen = options.parse_args()
    terms, prices = _terms()
    counties = sorted(set(terms.county))
    places = {county: (float(20_000 * (n % 4)), float(25_000 * (n // 4))) for n, county in enumerate(counties)}
    started = time.process_time()
    found = uncertainty.simulate(
        terms, prices=prices, places=places, seed=2023, draws=chosen.draws,
        spreads=uncertainty.Spreads(region="361000", year=2023),
    )  # fmt: skip
    ours = time.process_time() - started
    baseline, once = _baseline(parcels=chosen.part)
    scale = chosen.parcels / chosen.part
    print(
        f"{len(terms):,} terms x {chosen.draws:,} draws: ours {ours:.2f} s; drawing {chosen.parcels:,} parcels again"
        f" {baseline * scale * chosen.draws:,.0f} s, ratio {baseline * scale * chosen.draws / ours:,.0f};"
        f" one deterministic sum {once * scale:.2f} s"
    )
    total = found.total_fen
    print(f"total {total.expected:,.0f} fen, 95 % from {total.low95:,.0f} to {total.high95:,.0f}, cv {total.cv:.3f}")


def _terms() -> tuple[uncertainty.TermTotals, dict[tuple[str, str], uncertainty.PartPrice]]:
    random = np.random.default_rng(54)
    names = [f"indicator{n}" for n in range(INDICATORS)]
    stated = {
        (name, "", ("layer:precipitation_mm", f"{name}.factor{n}.{{code}}", f"{name}.other{n}")): {
            (county.code, code): float(random.lognormal(10, 1))
            for county in regions.counties()
            for code in range(CLASSES)
        }
        for name in names
        for n in range(TERMS_EACH)
    }
    return uncertainty.TermTotals.of(stated), {
        (name, ""): uncertainty.PartPrice(7.06, (f"prices.{name}",)) for name in names
    }


def _baseline(*, parcels: int) -> tuple[float, float]:
    """Return the seconds of one draw over the parcels, and of one sum without errors."""
    random = np.random.default_rng(55)
    amounts = [random.lognormal(3, 1, parcels) for _ in range(INDICATORS * TERMS_EACH)]
    kind = random.integers(0, 11 * CLASSES, parcels)
    errors = [random.lognormal(0, 0.3, 11 * CLASSES) for _ in amounts]
    started = time.process_time()
    drawn = sum(float((amount * error[kind]).sum()) for amount, error in zip(amounts, errors, strict=True))
    one_draw = time.process_time() - started
    started = time.process_time()
    plain = sum(float(amount.sum()) for amount in amounts)
    assert drawn and plain
    return one_draw, time.process_time() - started


if __name__ == "__main__":
    main()
