"""A small piece of synthetic land for the story: 36 parcels of forest and paddy under layers of one value each."""

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pyproj
import shapely

from core import jobs
from gep import accounts, intake

CRS = "EPSG:4548"
CELL_M = 30.0
LAYERS = {
    "precipitation_mm": 1700.0,
    "evapotranspiration_mm": 800.0,
    "vegetation_cover": 70.0,
    "dem_m": 0.0,
    "sand_percent": 40.0,
    "silt_percent": 35.0,
    "clay_percent": 25.0,
    "organic_carbon_percent": 1.5,
    "nep_gc_m2": 300.0,
}


def account(ground: shapely.Polygon, *, folder: Path, county: str, at: datetime) -> str:
    """Load the parcels, compile an account over them, and return the code of the first parcel."""
    intake.load_parcels(write_parcels(ground, path=folder / "parcels.geojson", county=county))
    layers = write_layers(ground, folder=folder)
    accounts.request(region=county, year=2024, price_year=2024, layers=layers, at=at)
    while jobs.run_due(as_of=at):
        pass
    return f"{county}-90001"


def write_parcels(ground: shapely.Polygon, *, path: Path, county: str) -> Path:
    """Write six by six equal parcels that cover ``ground`` (degrees)."""
    west, south, east, north = ground.bounds
    xs, ys = np.linspace(west, east, 7), np.linspace(south, north, 7)
    features = []
    for number in range(36):
        x, y = number % 6, number // 6
        told = {
            "code": f"{county}-{90001 + number}", "county": county, "town_code": f"{county}100", "town": "鹤城镇",
            "village_code": f"{county}100001", "village": "示例村", "land_use": "0301" if x < 4 else "0101",
            "ecosystem": "111" if x < 4 else "511", "synthetic": True, "provenance": "模拟数据 synthetic; test story",
        }  # fmt: skip
        shape = shapely.box(xs[x], ys[y], xs[x + 1], ys[y + 1])
        features.append({"type": "Feature", "properties": told, "geometry": json.loads(shapely.to_geojson(shape))})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def write_layers(ground: shapely.Polygon, *, folder: Path) -> dict[str, Path]:
    """Write rasters of 30 m that reach over ``ground`` on every side: forest in the west, paddy in the east."""
    import rasterio
    from rasterio.transform import from_origin

    move = pyproj.Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    west, south, east, north = shapely.transform(ground, lambda at: np.column_stack(move.transform(*at.T))).bounds
    left, top = np.floor(west / CELL_M - 3) * CELL_M, np.ceil(north / CELL_M + 3) * CELL_M
    columns, rows = int((east - left) / CELL_M) + 4, int((top - south) / CELL_M) + 4
    cover = np.full((rows, columns), 111)
    cover[:, columns * 2 // 3 :] = 511
    slope = np.add.outer(np.arange(rows), np.arange(columns)) * 4.0
    values = {name: np.full((rows, columns), value) for name, value in LAYERS.items()} | {"dem_m": 200 + slope}
    paths = {}
    for name, layer in {"land_cover": cover, **values}.items():
        paths[name] = folder / f"{name}.tif"
        kind = "uint16" if name == "land_cover" else "float32"
        with rasterio.open(
            paths[name], "w", driver="GTiff", width=columns, height=rows, count=1, crs=CRS, dtype=kind,
            nodata=0 if kind == "uint16" else -9999, transform=from_origin(left, top, CELL_M, CELL_M),
        ) as raster:  # fmt: skip
            raster.write(layer.astype(kind), 1)
            raster.update_tags(SYNTHETIC="YES")
    return paths
