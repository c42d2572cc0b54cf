"""The account of an earlier year that an ACCOUNT.toml names under ``[opening]``: by its method and by the new one.

The land of both years is laid over each other, so that extent, change matrix and lineage are of the same ground.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gep import account_files, accounting, ecosystems
from gep.account_files import CompiledFile, Described
from gep.accounting import CompiledAccount, land_changes, value_changes
from gep.accounting.inputs import LAND_COVER, Layers, LayerSource
from gep.accounting.land_changes import OUTSIDE, LandChanges
from gep.accounting.value_changes import ValueChange
from gep.change import extent
from gep.change.extent import ExtentAccount, RegionExtent
from gep.change.overlay import OverlapFound
from gep.files import raster_stacks

Progress = Callable[[str, float], None]
TYPES = (*(kind.code for kind in ecosystems.CLASSES), OUTSIDE)


class OpeningRefused(ValueError):
    """The opening account is no earlier account of the same place; the text says why."""


@dataclass(frozen=True)
class OpeningAccount:
    """An earlier year, as its own file states it and by the method of the closing account, and what changed since.

    ``extent`` lists the classes that occur, land of unknown class under "", and what one of the versions does not
    cover under ``land_changes.OUTSIDE``. ``regions`` tells the same by county, ``changes`` the values by indicator.
    """

    described: Described
    stated: CompiledFile
    recalculated: CompiledAccount
    land: LandChanges
    extent: ExtentAccount
    regions: dict[str, RegionExtent]
    changes: dict[str, ValueChange]


def compile_opening(
    closing: CompiledFile, *, folder: Path, workers: int = 1, progress: Progress | None = None
) -> OpeningAccount | None:
    """Return the opening account of ``closing``, None where it names none; checked copies are written into ``folder``.

    Raises OpeningRefused, and what ``account_files.compile_described`` raises.
    """
    if closing.described.opening is None:
        return None
    tell = progress or (lambda stage, share: None)
    described = account_files.describe(closing.described.opening)
    _refuse_misfits(described, closing.described)
    folder.mkdir(parents=True, exist_ok=True)
    stated = account_files.compile_described(
        described, folder=folder, workers=workers, progress=lambda stage, share: tell(stage, 0.5 * share)
    )
    if stated.region != closing.region:
        raise OpeningRefused(f"opening.account is of the region {stated.region}, this account of {closing.region}")
    recalculated = _recalculated(stated, closing, workers=workers)
    tell("overlay", 0.7)
    land = _followed(stated, closing, progress=lambda share: tell("overlay", 0.7 + 0.3 * share))
    present = {*land.type_before.tolist(), *land.type_after.tolist()}
    types = [code for code in TYPES if code in present]
    return OpeningAccount(
        described=described,
        stated=stated,
        recalculated=recalculated,
        land=land,
        extent=extent.account(land.type_before, land.type_after, area_mm2=land.area_mm2, types=types),
        regions=extent.by_region(
            land.type_before, land.type_after, opening_region=land.county_before, closing_region=land.county_after,
            area_mm2=land.area_mm2, types=types,
        ),
        changes=value_changes.value_changes(stated.account, recalculated, closing.account),
    )  # fmt: skip


def _refuse_misfits(opening: Described, closing: Described) -> None:
    if opening.year >= closing.year:
        raise OpeningRefused(f"opening.account is of {opening.year}, which is not before {closing.year}")
    if opening.crs != closing.crs:
        raise OpeningRefused(f"opening.account is in {opening.crs}, this account in {closing.crs}")


def _recalculated(stated: CompiledFile, closing: CompiledFile, *, workers: int) -> CompiledAccount:
    """The opening year by the profile, switches and own figures of the closing account, at its own prices' year."""
    own, other = stated.described, closing.described
    if (own.profile, own.switches, own.coefficients) == (other.profile, other.switches, other.coefficients):
        return stated.account
    method = account_files.method_of(
        replace(own, profile=other.profile, switches=other.switches, coefficients=other.coefficients),
        region=stated.region,
    )
    return accounting.compile_account(stated.parcels, stated.stack, method, statistics=stated.totals, workers=workers)


def _followed(stated: CompiledFile, closing: CompiledFile, *, progress: Callable[[float], None]) -> LandChanges:
    try:
        covers = _cover_before(stated, closing), _cover_after(closing)
        return land_changes.follow(stated.parcels, closing.parcels, covers=covers, progress=progress)
    except OverlapFound as error:
        raise OpeningRefused(f"the parcels of the two years cannot be laid over each other: {error}") from error


def _cover_before(stated: CompiledFile, closing: CompiledFile) -> LayerSource:
    """The land cover of the opening year on the grid of the closing one, by the nearest cell of another grid."""
    paths = {name: path for name, path in stated.described.layers.items() if name == LAND_COVER}
    if not paths:
        return _no_cover(closing)
    return raster_stacks.open_stack(
        paths,
        crs=closing.described.crs,
        reference=closing.stack.grid,
        scheme=stated.described.scheme,
        resampling={LAND_COVER: "nearest"},
        nodata=stated.described.nodata,
        digests={LAND_COVER: stated.stack.digests[LAND_COVER]},
    )


def _cover_after(closing: CompiledFile) -> LayerSource:
    return closing.stack if LAND_COVER in closing.stack.names else _no_cover(closing)


def _no_cover(closing: CompiledFile) -> LayerSource:
    """A land cover that says nothing, where the survey says all."""
    grid = closing.stack.grid
    return Layers(grid, np.broadcast_to(np.int16(ecosystems.NO_CLASS), (grid.rows, grid.columns)), {})
