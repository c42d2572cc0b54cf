"""Where coordinates are moved: stored in degrees of CGCS2000, accounted in metres."""

import numpy as np
import shapely
from numpy.typing import NDArray

STORED_CRS = "EPSG:4490"
METRIC_CRS = "EPSG:4548"


def to_crs(geometries: NDArray, *, source: str, target: str) -> NDArray:
    """Return the geometries in another CRS, all vertices moved at once; common vertices stay common."""
    import pyproj

    if source == target:
        return geometries
    move = pyproj.Transformer.from_crs(source, target, always_xy=True)
    return shapely.transform(geometries, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1])))


def as_stored(geometries: NDArray, *, crs: str) -> NDArray:
    """Return metric geometries as they come back from storage.

    The way to degrees and back moves a vertex by nanometres, enough to turn a fen; an account over files takes it too,
    so that it equals the one over the stored parcels.
    """
    return to_crs(to_crs(geometries, source=crs, target=STORED_CRS), source=STORED_CRS, target=crs)
