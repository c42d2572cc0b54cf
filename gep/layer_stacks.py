"""Brings the layers of an account together: on the grid of the land cover, classes in the master list. No database."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gep import ecosystems
from gep.accounting.inputs import Layers
from gep.files import FileRefused, raster_files

LAYER_NAMES = frozenset(
    {"land_cover", "precipitation_mm", "evapotranspiration_mm", "vegetation_cover", "dem_m", "sand_percent",
     "silt_percent", "clay_percent", "organic_carbon_percent", "nep_gc_m2"}
)  # fmt: skip


class UnknownLayer(ValueError):
    """A layer whose name no indicator reads."""


@dataclass(frozen=True)
class LayerStack:
    """The layers with the digest and the labels of each file; ``synthetic`` where any says that it is."""

    layers: Layers
    digests: Mapping[str, str]
    labels: Mapping[str, str]

    @property
    def synthetic(self) -> bool:
        """Whether any layer says that it is synthetic."""
        return any("模拟数据" in label for label in self.labels.values())


def read(paths: Mapping[str, Path], *, crs: str, scheme: str = "hj1166") -> LayerStack:
    """Read every layer of ``paths``. Raises UnknownLayer, UnknownClass, FileRefused (``layer_on_other_grid`` too)."""
    unknown = sorted(set(paths) - LAYER_NAMES)
    if unknown:
        raise UnknownLayer(f"layers {', '.join(unknown)} are not known; there are {', '.join(sorted(LAYER_NAMES))}")
    if "land_cover" not in paths:
        raise UnknownLayer("the layer land_cover is missing; every indicator needs it")
    cover = raster_files.read(paths["land_cover"], crs=crs, classes=True)
    measured = {name: raster_files.read(path, crs=crs) for name, path in sorted(paths.items()) if name != "land_cover"}
    for name, raster in measured.items():
        if raster.grid != cover.grid:
            raise FileRefused(paths[name], "layer_on_other_grid", f"{raster.grid} instead of {cover.grid}")
    classes = ecosystems.to_master(cover.values, scheme=scheme, nodata=cover.nodata)
    rasters = {"land_cover": cover, **measured}
    return LayerStack(
        layers=Layers(cover.grid, classes, {name: raster.values for name, raster in measured.items()}),
        digests={name: raster.sha256 for name, raster in rasters.items()},
        labels={name: raster.tags.get("LABEL", "") for name, raster in rasters.items()},
    )
