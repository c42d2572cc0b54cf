"""Raster files: looked over and read through once in the limited child, then opened for windows. No database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gep.files import layers, projections, sandbox
from gep.files.limits import COMMAND_LINE, Limits
from gep.files.refusals import FileRefused, sha256

REMOTE = "/vsis3/"
CREDENTIALS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "region_name", "endpoint_url")


@dataclass(frozen=True)
class RasterFacts:
    """What a raster says of itself, and what one pass over its values found. Shares are of the cells, 0 to 1."""

    name: str
    sha256: str
    crs: str
    west: float
    north: float
    cell_x: float
    cell_y: float
    rows: int
    columns: int
    dtype: str
    nodata: float
    scale: float
    offset: float
    label: str
    unit_tag: str
    least: float  # NaN where no cell holds a value
    most: float
    missing_share: float
    implausible: int  # cells outside the layer's plausible range, after the unit is turned into ours
    unknown_classes: tuple[tuple[int, int], ...]  # code, cells
    hints: tuple[str, ...]  # reasons of reasons.csv that are worth a look


def check(
    path: Path,
    *,
    layer: str,
    crs: str | None = None,
    unit: str = "",
    scheme: str = "hj1166",
    nodata: float | None = None,
    limits: Limits = COMMAND_LINE,
) -> RasterFacts:
    """Return the facts of a GeoTIFF that is to serve as ``layer``. Raises FileRefused before any pixel is read.

    ``crs`` None takes any allowed one; ``nodata`` answers for a file that states none. After the header every block is
    read once in the child, so that a file that is broken inside is refused here and not in the middle of a run.
    Reasons: file_missing, not_a_geotiff, wrong_extension, several_bands, raster_too_large, raster_block_too_large,
    raster_of_other_crs, raster_without_nodata, raster_not_north_up, raster_outside_jiangxi, raster_broken,
    unit_unknown, classes_not_whole_numbers, and those of projections.
    """
    path = Path(path).resolve()
    if not path.is_file():
        raise FileRefused(path, "file_missing")
    wanted = layers.layer(layer)
    factor = layers.factor(layer, unit=unit)
    if factor is None:
        raise FileRefused(path, "unit_unknown", f"{layer} in {unit[:40]!r}, expected {wanted.unit}")
    arguments = {
        "path": str(path), "crs": crs, "nodata": nodata, "classes": wanted.classes, "scheme": scheme, "factor": factor,
        "least": wanted.least, "most": wanted.most, "unit": wanted.unit,
        "place": list(projections.JIANGXI_AND_A_DEGREE),
    }  # fmt: skip
    told = sandbox.run("raster", path, arguments, limits=limits)
    told["unknown_classes"] = tuple((int(code), int(cells)) for code, cells in told["unknown_classes"])
    return RasterFacts(name=path.name, sha256=sha256(path), **{**told, "hints": tuple(told["hints"])})


@contextmanager
def surroundings(environment: Mapping[str, str]) -> Iterator[None]:
    """GDAL's settings while a raster is opened or read; keys and address of an object storage are handed to it."""
    import rasterio
    from rasterio.session import AWSSession

    given = {key.lower(): value for key, value in environment.items()}
    keys = {key: given[key] for key in CREDENTIALS if key in given}
    options = {key: value for key, value in environment.items() if key.lower() not in CREDENTIALS}
    session = AWSSession(**keys) if keys else None
    with rasterio.Env(session=session, GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO", **options):
        yield


def opened(path: Path | str, *, environment: Mapping[str, str]) -> Any:
    """Return an open dataset: the one place where the engine opens a raster, and by one driver. Raises FileRefused."""
    import rasterio
    from rasterio.errors import RasterioIOError

    try:
        with surroundings(environment):
            return rasterio.open(str(path), driver="GTiff", sharing=False)
    except RasterioIOError as error:
        raise FileRefused(path, "not_a_geotiff", str(error)[:200]) from None


def is_remote(path: Path | str) -> bool:
    """Whether a path is one of the object storage."""
    return str(path).startswith(REMOTE)
