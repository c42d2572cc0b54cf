"""What a compiled account says in files: parcels.parquet, parcels.gpkg, totals.csv, report.json. No database."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gep import methods
from gep.account_files import CompiledFile

UNCONFIRMED = "含未证实参数，不得作为正式结果 unconfirmed figures, never official"
SYNTHETIC = "模拟数据 synthetic data"


def write(compiled: CompiledFile, folder: Path) -> dict[str, Path]:
    """Write the four files into ``folder``; return their paths by name."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    columns = parcel_columns(compiled)
    paths = {name: folder / name for name in ("parcels.parquet", "parcels.gpkg", "totals.csv", "report.json")}
    _write_parquet(paths["parcels.parquet"], compiled, columns)
    _write_gpkg(paths["parcels.gpkg"], compiled, columns)
    _write_totals(paths["totals.csv"], compiled)
    text = json.dumps(report(compiled), ensure_ascii=False, indent=2)
    paths["report.json"].write_text(text + "\n", encoding="utf-8")
    return paths


def labels(compiled: CompiledFile) -> list[str]:
    """Return what every output of this account must say about it."""
    said = [SYNTHETIC] if compiled.synthetic else []
    return [*said, UNCONFIRMED] if compiled.account.method.unconfirmed else said


def parcel_columns(compiled: CompiledFile) -> dict[str, NDArray]:
    """Return one column for each figure of the parcels, in their order; value_fen columns are int64."""
    account = compiled.account
    count = len(account.parcels)
    columns: dict[str, Any] = {
        "parcel_id": account.parcels.codes.astype(object),
        "county": account.parcels.areas["county"].astype(object),
        "ecosystem": account.parcels.ecosystem.astype(object),
        "area_m2": account.parcels.area_m2,
        "coverage_share": account.parcels.inside_share,
    }
    total_fen = np.zeros(count, dtype=np.int64)
    for name, result in account.results.items():
        columns[f"{name}_{result.unit}"] = result.quantity
        columns |= {f"{name}_{part}": quantity for part, quantity in result.parts.items()}
        columns[f"{name}_fen"] = result.value_fen
        columns[f"{name}_coverage_share"] = result.coverage_share
        total_fen += result.value_fen
    columns["total_fen"] = total_fen
    columns["label"] = np.full(count, "; ".join(labels(compiled)), dtype=object)
    return columns


def report(compiled: CompiledFile) -> dict[str, Any]:
    """Return the account's totals, method, inputs and every figure used with its source; fit for JSON."""
    account, described = compiled.account, compiled.described
    return {
        "name": described.name,
        "labels": labels(compiled),
        "region": described.region,
        "year": described.year,
        "price_year": described.price_year,
        "profile": account.method.profile.document,
        "switches": dict(account.method.profile.switches),
        "unconfirmed_figures": account.method.unconfirmed,
        "synthetic": compiled.synthetic,
        "unindexed_prices": account.method.unindexed_prices(),
        "parcels": len(account.parcels),
        "parcels_partly_off_the_layers": int(np.sum(account.parcels.inside_share < 1 - 1e-9)),
        "area_m2": float(np.sort(account.parcels.area_m2).sum()),
        "total_fen": account.total_fen,
        "indicators": {
            total.indicator: {"physical": total.quantity, "unit": total.unit, "value_fen": total.value_fen}
            for total in account.totals
            if total.level == "region"
        },
        "pending_data": {name: list(lacking) for name, lacking in account.pending.items()},
        "slope_length": "each cell's own side; compare soil retention only with accounts that use the same",
        "figures": account.method.figures(),
        "sha256": {"parcels": compiled.parcels.sha256, **compiled.stack.digests, "figures": methods.tables_digest()},
    }


def _write_totals(path: Path, compiled: CompiledFile) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["level", "area", "indicator", "quantity", "unit", "value_fen", "parcels", "label"])
        label = "; ".join(labels(compiled))
        for t in compiled.account.totals:
            rows.writerow([t.level, t.area, t.indicator, repr(t.quantity), t.unit, t.value_fen, t.parcels, label])


def _write_parquet(path: Path, compiled: CompiledFile, columns: dict[str, NDArray]) -> None:
    """GeoParquet 1.0: WKB in the account's CRS, told as PROJJSON in the file's metadata."""
    import pyarrow as pa
    import pyproj
    from pyarrow import parquet

    geometries = compiled.parcels.geometries
    table = pa.table({**columns, "geometry": pa.array(list(shapely.to_wkb(geometries)), type=pa.binary())})
    about = {
        "encoding": "WKB",
        "geometry_types": ["MultiPolygon", "Polygon"],
        "crs": pyproj.CRS.from_user_input(compiled.described.crs).to_json_dict(),
        "bbox": [float(bound) for bound in shapely.total_bounds(geometries)],
    }
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": about}}
    said = {"geo": json.dumps(geo), "label": "; ".join(labels(compiled))}
    parquet.write_table(table.replace_schema_metadata(said), path, compression="zstd")


def _write_gpkg(path: Path, compiled: CompiledFile, columns: dict[str, NDArray]) -> None:
    import pyogrio

    path.unlink(missing_ok=True)
    geometries = shapely.multipolygons([shapely.get_parts(shape) for shape in compiled.parcels.geometries])
    pyogrio.raw.write(
        path, geometry=shapely.to_wkb(geometries), field_data=list(columns.values()), fields=list(columns),
        layer="parcels", driver="GPKG", geometry_type="MultiPolygon", crs=compiled.described.crs,
        layer_metadata={"LABEL": "; ".join(labels(compiled))},
    )  # fmt: skip
