"""A tiny county: 6 x 8 cells of 30 m near Zixi, four parcels in two villages, every layer with round figures."""

from pathlib import Path

import numpy as np
import shapely

WEST_M, NORTH_M, CELL_M, ROWS, COLUMNS = 500_010.0, 3_060_000.0, 30.0, 6, 8
CRS = "EPSG:4548"
CLASSES = np.array([[111, 111, 111, 121, 121, 511, 511, 43]] * ROWS, dtype=np.uint16)
MEASURED = {
    "precipitation_mm": 1_750.0, "evapotranspiration_mm": 820.0, "vegetation_cover": 85.0, "dem_m": None,
    "sand_percent": 40.0, "silt_percent": 25.0, "clay_percent": 35.0, "organic_carbon_percent": 0.5,
}  # fmt: skip


def layer(name: str) -> np.ndarray:
    """The values of a layer; the terrain falls evenly to the south at 15 degrees."""
    if name == "dem_m":
        return np.repeat(1_000 - np.arange(ROWS)[:, None] * CELL_M * np.tan(np.radians(15)), COLUMNS, axis=1)
    return np.full((ROWS, COLUMNS), MEASURED[name])


def write_raster(path: Path, values: np.ndarray, **changes) -> Path:
    """Write a GeoTIFF as it should be, except for ``changes`` to its profile."""
    import rasterio
    from rasterio.transform import from_origin

    profile = {
        "driver": "GTiff", "width": values.shape[1], "height": values.shape[0], "count": 1, "crs": CRS,
        "transform": from_origin(WEST_M, NORTH_M, CELL_M, CELL_M), "dtype": values.dtype.name,
        "nodata": 0 if values.dtype.kind == "u" else -9999.0,
    }  # fmt: skip
    wanted = {name: value for name, value in (profile | changes).items() if value is not None}
    with rasterio.open(path, "w", **wanted) as raster:
        if (raster.height, raster.width) == values.shape:  # a bomb declares more than it holds
            raster.write(values, 1)
    return path


def write_layers(folder: Path) -> dict[str, Path]:
    """Write every layer; return the paths by name."""
    paths = {name: write_raster(folder / f"{name}.tif", layer(name)) for name in MEASURED}
    return {"land_cover": write_raster(folder / "land_cover.tif", CLASSES), **paths}


def quarters() -> np.ndarray:
    """Four parcels that meet at a point which is on no line of the grid."""
    south, east = NORTH_M - ROWS * CELL_M, WEST_M + COLUMNS * CELL_M
    x, y = WEST_M + 100, NORTH_M - 77
    return np.array([shapely.box(WEST_M, y, x, NORTH_M), shapely.box(x, y, east, NORTH_M),
                     shapely.box(WEST_M, south, x, y), shapely.box(x, south, east, y)])  # fmt: skip


def write_parcels(path: Path, *, crs: str | None = CRS, shapes: np.ndarray | None = None, **changes) -> Path:
    """Write the four parcels as GeoPackage or GeoJSON, by the path's extension."""
    import pyogrio

    shapes = quarters() if shapes is None else shapes
    columns = {
        "code": [f"361028-{n}" for n in range(len(shapes))], "county": ["361028"] * len(shapes),
        "town_code": ["361028100"] * len(shapes), "town": ["鹤城镇"] * len(shapes),
        "village_code": [f"3610281000{n // 2 + 1:02d}" for n in range(len(shapes))],
        "ecosystem": ["111"] * len(shapes),
    } | changes  # fmt: skip
    path.unlink(missing_ok=True)
    driver = {".gpkg": "GPKG", ".geojson": "GeoJSON"}[path.suffix]
    pyogrio.raw.write(
        path, geometry=shapely.to_wkb(shapes), fields=list(columns), driver=driver, geometry_type="Polygon", crs=crs,
        field_data=[np.array(values, dtype=object) for values in columns.values()],
    )  # fmt: skip
    return path
