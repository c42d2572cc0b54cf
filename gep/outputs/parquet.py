"""parcels.parquet: GeoParquet 1.1, a row for each parcel, written a row group at a time."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gep.outputs import parcel_rows
from gep.outputs.parcel_rows import Rows
from gep.outputs.statement import Statement

if TYPE_CHECKING:
    import pyarrow as pa

SIDES = ("xmin", "ymin", "xmax", "ymax")
Progress = Callable[[float], None]


def write(statement: Statement, path: Path, *, progress: Progress | None = None) -> None:
    """Write every parcel with its figures; missing is null. WKB in the statement's CRS, told as PROJJSON.

    Besides the columns of parcel_rows there are ``label``, what must be said wherever a row is shown, and ``bbox``, by
    which a reader finds the rows of a place without reading the others.
    """
    from pyarrow import parquet

    tell = progress or (lambda share: None)
    groups = (_table(rows, statement.label) for rows in parcel_rows.batches(statement))
    first = next(groups)
    schema = first.schema.with_metadata({"geo": json.dumps(_geo(statement)), "label": statement.label})
    written = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as file:
        for table in itertools.chain([first], groups):
            file.write_table(table.cast(schema))
            written += table.num_rows
            tell(min(written / len(statement.account.parcels), 1.0))


def _geo(statement: Statement) -> dict[str, Any]:
    import pyproj

    about = {
        "encoding": "WKB",
        "geometry_types": list(statement.extent.kinds),
        "crs": pyproj.CRS.from_user_input(statement.crs).to_json_dict(),
        "edges": "planar",
        "bbox": list(statement.extent.bounds),
        "covering": {"bbox": {side: ["bbox", side] for side in SIDES}},
    }
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": about}}


def arrow_columns(columns: dict[str, NDArray]) -> dict[str, "pa.Array"]:
    """Return columns as Arrow arrays, NaN as null."""
    import pyarrow as pa

    return {name: pa.array(values, from_pandas=True) for name, values in columns.items()}


def _table(rows: Rows, label: str) -> "pa.Table":
    import pyarrow as pa

    sides = shapely.bounds(rows.outlines).T
    box = pa.StructArray.from_arrays(
        [pa.array(side, from_pandas=True) for side in sides],
        fields=[pa.field(side, pa.float64()) for side in SIDES],
        mask=pa.array(np.isnan(sides[0])),
    )
    labels = pa.array([label] * len(rows.outlines), type=pa.string())
    outlines = pa.array(list(shapely.to_wkb(rows.outlines)), type=pa.binary())
    return pa.table({**arrow_columns(rows.columns), "label": labels, "bbox": box, "geometry": outlines})
