"""Compiles an account: plan, weigh each block (here or in worker processes), join. No database."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from gep.accounting import blocks, joining, plan, sharing
from gep.accounting.blocks import BlockResult
from gep.accounting.inputs import CountyStatistics, LayerSource, ParcelBlocks, Parcels, ParcelSource
from gep.accounting.plan import Plan
from gep.accounting.results import CompiledAccount
from gep.methods import Method
from gep.statistics import Product
from gep.statistics import products as built_in

Progress = Callable[[str, float], None]  # stage, share done
DEFAULT_BLOCK = 4_096


class LayersDoNotMeet(ValueError):
    """No parcel lies on the layers' grid: other place or other CRS."""


def compile_account(
    parcels: Parcels | ParcelSource,
    layers: LayerSource,
    method: Method,
    *,
    statistics: CountyStatistics | None = None,
    catalogue: Mapping[str, Product] | None = None,
    block: int = DEFAULT_BLOCK,
    workers: int = 1,
    draws: int = 0,
    seed: int = 1,
    progress: Progress | None = None,
) -> CompiledAccount:
    """Compile the account of ``parcels`` over ``layers`` by ``method``; the same to the fen for any block and workers.

    What ``statistics`` state is shared out as ``catalogue`` says of each product, the platform's own where None.
    ``draws`` > 0 adds intervals by Monte Carlo, the same for a ``seed``. ``block`` cuts parcels given in memory; a
    ParcelSource has blocks of its own. An indicator whose inputs are not all there is pending, listed, and in no total.

    Raises LayersDoNotMeet where no parcel lies on the grid, CoefficientMissing and PriceBasisMismatch
    where a figure is missing or does not fit, GuardBroken where something would count twice.
    """
    tell = progress or (lambda stage, share: None)
    source = ParcelBlocks(parcels, block) if isinstance(parcels, Parcels) else parcels
    products = built_in.catalogue() if catalogue is None else catalogue
    gross = sharing.by_basis(statistics or CountyStatistics(), method, catalogue=products)
    stated = sharing.net_of_external(gross, method, catalogue=products)
    planned = plan.make(
        method, layers=frozenset(layers.names), stated=stated.products, by_town=stated.by_town, catalogue=products
    )
    weighed = []
    for number, result in enumerate(weigh_all(source, layers, planned, workers=workers)):
        weighed.append(result)
        tell("parcels", 0.9 * (number + 1) / max(source.blocks, 1))
    if not any(np.any(result.inside_share > 0) for result in weighed):
        raise LayersDoNotMeet(f"no parcel lies on the layers: parcels {_extent(source)}, layers {layers.grid.bounds}")
    tell("totals", 0.9)
    account = joining.join(weighed, planned, statistics=stated, draws=draws, seed=seed)
    tell("done", 1.0)
    return account


def weigh_all(source: ParcelSource, layers: LayerSource, planned: Plan, *, workers: int) -> Iterator[BlockResult]:
    """Weigh every block, in their order; with several workers in processes of their own, which read for themselves."""
    if workers <= 1 or source.blocks <= 1:
        for number in range(source.blocks):
            yield blocks.weigh(source.block(number), layers, planned)
        return
    with ProcessPoolExecutor(
        max_workers=workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(source, layers, planned)
    ) as pool:
        yield from pool.map(_weigh_numbered, range(source.blocks))


_work: tuple[ParcelSource, LayerSource, Plan]


def _begin(source: ParcelSource, layers: LayerSource, planned: Plan) -> None:
    global _work
    _work = source, layers, planned


def _weigh_numbered(number: int) -> BlockResult:
    source, layers, planned = _work
    return blocks.weigh(source.block(number), layers, planned)


def _extent(source: ParcelSource) -> list[int]:
    """West, south, east and north of all parcels, whole metres."""
    if not source.blocks:
        return []
    bounds = np.array([source.block(number).outlines.total_bounds for number in range(source.blocks)])
    west_south, east_north = np.nanmin(bounds[:, :2], axis=0), np.nanmax(bounds[:, 2:], axis=0)
    return [round(float(bound)) for bound in (*west_south, *east_north)]
