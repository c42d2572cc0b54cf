"""Between a saved run and the engine: what a worker must have at hand to weigh any of its blocks, or to join them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core import coefficients
from core.coefficients import CoefficientTable
from gep import block_results, layer_stacks, methods, snapshots, statistics, storage
from gep.accounting import CompiledAccount, CountyStatistics, LayersDoNotMeet, Parcels, blocks, joining, plan
from gep.accounting.blocks import BlockResult
from gep.accounting.plan import Plan
from gep.files import projections
from gep.layer_stacks import LayerStack
from gep.methods import Method
from gep.models import Run
from gep.snapshots import FrozenParcels


@dataclass(frozen=True)
class Joined:
    """An account with the keys of its parcels, in the same order."""

    ids: np.ndarray
    account: CompiledAccount
    stack: LayerStack


def weigh(run: Run, number: int) -> bytes:
    """Return what one block of a run comes to. Raises what the engine raises, and FileRefused."""
    parcels = snapshots.block(run.snapshot, number)
    with storage.raster_access():
        result = blocks.weigh(_for_engine(parcels, run), _stack(run).layers, _plan(run))
    return block_results.dump(result, ids=parcels.ids)


def join(run: Run, results: Sequence[bytes]) -> Joined:
    """Return the account of all blocks. Raises LayersDoNotMeet where no parcel lies on the layers."""
    loaded = [block_results.load(raw) for raw in results]
    found = [result for _, result in loaded]
    stack = _stack(run)
    if not any(np.any(result.inside_share > 0) for result in found):
        raise LayersDoNotMeet(f"no parcel of {run.region} lies on the layers, which cover {stack.layers.grid.bounds}")
    return Joined(np.concatenate([ids for ids, _ in loaded]), _joined(run, found), stack)


def weigh_alone(run: Run, parcels: FrozenParcels) -> CompiledAccount:
    """Return the account of some parcels by themselves, as the run would have them; to explain one."""
    with storage.raster_access():
        result = blocks.weigh(_for_engine(parcels, run), _stack(run).layers, _plan(run))
    return _joined(run, [result])


def _joined(run: Run, results: Sequence[BlockResult]) -> CompiledAccount:
    return joining.join(results, _plan(run), statistics=_statistics(run))


def _plan(run: Run) -> Plan:
    profile = methods.profile(run.profile, switches=run.switches)
    method = Method(profile, region=run.region, year=run.year, price_year=run.price_year, overrides=_overrides(run))
    return plan.make(
        method,
        layers=frozenset(_stack(run).layers.names),
        stated=_statistics(run).products,
        catalogue=statistics.catalogue(),
    )


def _overrides(run: Run) -> CoefficientTable | None:
    said = run.inputs.get("coefficients")
    return coefficients.load(storage.cached_file(said["sha256"])) if said else None


def _statistics(run: Run) -> CountyStatistics:
    return CountyStatistics()


def _stack(run: Run) -> LayerStack:
    return _read_stack(tuple(sorted((name, said["sha256"]) for name, said in run.inputs["layers"].items())),
                       run.inputs["scheme"])  # fmt: skip


@lru_cache(maxsize=2)  # the blocks of one run come one after another
def _read_stack(layers: tuple[tuple[str, str], ...], scheme: str) -> LayerStack:
    paths = {name: Path(storage.cached_file(digest)) for name, digest in layers}
    return layer_stacks.read(paths, crs=projections.METRIC_CRS, scheme=scheme)


def _for_engine(parcels: FrozenParcels, run: Run) -> Parcels:
    changed = list(run.changes.get("land_use", {}))  # elsewhere the land cover decides, as over files
    places: dict[str, Any] = {level: parcels.texts[f"{level}_code"] for level in ("village", "town")}
    return Parcels(
        codes=parcels.texts["code"],
        geometries=parcels.geometries,
        areas={**places, "county": parcels.texts["county"], "region": np.full(len(parcels), run.region)},
        land_use=np.where(np.isin(parcels.texts["code"], changed), parcels.texts["land_use"], ""),
        official_area_m2=parcels.official_area_m2,
    )
