"""Between a saved run and the engine: what a worker must have at hand to weigh any of its blocks, or to join them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import coefficients
from core.coefficients import CoefficientTable
from gep import block_results, engine_code, file_sources, methods, snapshots, statistics, storage
from gep.accounting import CompiledAccount, CountyStatistics, LayersDoNotMeet, Parcels, blocks, joining, plan, sharing
from gep.accounting.blocks import BlockResult
from gep.accounting.plan import Plan
from gep.coverage import ParcelOutlines
from gep.files import raster_stacks
from gep.files.raster_stacks import RasterStack
from gep.methods import Method
from gep.models import Run, RunKind
from gep.snapshots import FrozenParcels


class FiguresChanged(ValueError):
    """The coefficient tables, or the code of the engine, are not those that the run was asked for with."""


@dataclass(frozen=True)
class Joined:
    """An account with the keys of its parcels and the numbers of their blocks, in the same order."""

    ids: NDArray[np.int64]
    blocks: NDArray[np.int64]
    account: CompiledAccount
    stack: RasterStack


@dataclass(frozen=True)
class RunParcels:
    """The frozen parcels of a run, block by block, as the engine and the writers of files ask for them."""

    run: Run

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return snapshots.block_count(self.run.snapshot)

    def block(self, number: int) -> Parcels:
        """Return the parcels of one block."""
        return for_engine(snapshots.block(self.run.snapshot, number), self.run)


def weigh(run: Run, number: int) -> bytes:
    """Return what one block of a run comes to. Raises what the engine raises, FileRefused, and FiguresChanged."""
    refuse_changed(run)
    parcels = snapshots.block(run.snapshot, number)
    result = blocks.weigh(for_engine(parcels, run), stack(run), plan_of(run))
    return block_results.dump(result, ids=parcels.ids)


def join(run: Run, results: Sequence[bytes]) -> Joined:
    """Return the account of all blocks. Raises LayersDoNotMeet where no parcel lies on the layers, FiguresChanged."""
    refuse_changed(run)
    loaded = [block_results.load(raw) for raw in results]
    found = [result for _, result in loaded]
    layers = stack(run)
    if not any(np.any(result.inside_share > 0) for result in found):
        raise LayersDoNotMeet(f"no parcel of {run.region} lies on the layers, which cover {layers.grid.bounds}")
    ids = [keys for keys, _ in loaded]
    numbers = np.repeat(np.arange(len(ids)), [len(keys) for keys in ids])
    return Joined(np.concatenate(ids), numbers, _joined(run, found), layers)


def refuse_changed(run: Run) -> None:
    """Refuse to go on with a run by other figures or other code than it began with. Raises FiguresChanged."""
    if methods.tables_digest() != run.inputs["figures_sha256"]:
        raise FiguresChanged("the coefficient tables are not those of the request; ask for the account again")
    if engine_code.digest() != run.inputs.get("engine_sha256", engine_code.digest()):
        raise FiguresChanged("the code of the engine is not that of the request; ask for the account again")


def _joined(run: Run, results: Sequence[BlockResult]) -> CompiledAccount:
    return joining.join(results, plan_of(run), statistics=_stated(run), draws=run.draws, seed=run.seed)


def plan_of(run: Run) -> Plan:
    """Return what a run calculates, how, and from which layers."""
    layers = frozenset(stack(run).names)
    stated = _stated(run)
    return plan.make(
        _method(run), layers=layers, stated=stated.products, by_town=stated.by_town, catalogue=statistics.catalogue()
    )


def _method(run: Run) -> Method:
    profile = methods.profile(run.profile, switches=run.switches)
    return Method(profile, region=run.region, year=run.year, price_year=run.price_year, overrides=_overrides(run))


def _stated(run: Run) -> CountyStatistics:
    method, catalogue = _method(run), statistics.catalogue()
    gross = sharing.by_basis(_statistics(run), method, catalogue=catalogue)
    return sharing.net_of_external(gross, method, catalogue=catalogue)


def _overrides(run: Run) -> CoefficientTable | None:
    said = run.inputs.get("coefficients")
    return coefficients.read(storage.cached_file(said["sha256"]), any_source=True) if said else None


def _statistics(run: Run) -> CountyStatistics:
    """What the counties of a run state. A project unit takes none: a county's total is not that of a few parcels."""
    said = run.inputs.get("statistics") if run.kind != RunKind.PROJECT else None
    return _read_statistics(said["sha256"], said.get("suffix", ""), run.region) if said else CountyStatistics()


@lru_cache(maxsize=4)
def _read_statistics(digest: str, suffix: str, region: str) -> CountyStatistics:
    with storage.local_file(digest, suffix=suffix) as path:
        return file_sources.read_statistics(path, counties=snapshots.counties_of(region)).totals


def stack(run: Run) -> RasterStack:
    """Return the layers of a run, opened once for all of its blocks."""
    return _opened(json.dumps(run.inputs["layers"], sort_keys=True), run.inputs["scheme"])


@lru_cache(maxsize=4)  # the blocks of one run come one after another
def _opened(layers: str, scheme: str) -> RasterStack:
    said = json.loads(layers)

    def each(name: str) -> dict[str, Any]:
        return {layer: told[name] for layer, told in said.items() if name in told}

    digests = each("sha256")
    return raster_stacks.open_stack(
        {layer: storage.raster_address(digest) for layer, digest in digests.items()},
        scheme=scheme or "hj1166",
        resampling=each("resampling"),
        units=each("unit"),
        nodata=each("nodata"),
        digests=digests,
        environment=storage.raster_environment(),
    )


def for_engine(parcels: FrozenParcels, run: Run) -> Parcels:
    """Return frozen parcels as the engine of a run takes them."""
    spoken = np.full(len(parcels), bool(run.inputs.get("surveyed")))
    spoken |= np.isin(parcels.texts["code"], list(run.changes.get("land_use", {})))
    places: dict[str, Any] = {level: parcels.texts[f"{level}_code"] for level in ("village", "town")}
    return Parcels(
        codes=parcels.texts["code"],
        outlines=ParcelOutlines.of(parcels.geometries),
        areas={**places, "county": parcels.texts["county"], "region": np.full(len(parcels), run.region)},
        land_use=np.where(spoken, parcels.texts["land_use"], ""),
        official_area_m2=parcels.official_area_m2,
    )
