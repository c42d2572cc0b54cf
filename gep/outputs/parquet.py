"""parcels.parquet: GeoParquet 1.1, a row for each parcel, written a row group at a time."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gep.coverage import ParcelOutlines
from gep.outputs import parcel_rows
from gep.outputs.parcel_rows import Rows
from gep.outputs.statement import Extent, Statement

if TYPE_CHECKING:
    import pyarrow as pa

REPEATED = ["county", "ecosystem", "grade", "label"]  # few values; others gain nothing by a dictionary
SIDES = ("xmin", "ymin", "xmax", "ymax")
Progress = Callable[[float], None]


def write(statement: Statement, path: Path, *, progress: Progress | None = None) -> None:
    """Write every parcel with its figures; missing is null. WKB in the statement's CRS, told as PROJJSON.

    Besides the columns of parcel_rows there are ``label``, what must be said wherever a row is shown, and ``bbox``, by
    which a reader finds the rows of a place without reading the others.
    """
    from pyarrow import parquet

    tell = progress or (lambda share: None)
    groups = ((rows.outlines, _table(rows, statement.label)) for rows in parcel_rows.batches(statement))
    first = next(groups)
    schema = first[1].schema
    extent, written = Extent.of([]), 0
    # Without a schema of Arrow's own in the file, readers take the metadata that is known at the end.
    told = {"compression": "zstd", "use_dictionary": REPEATED, "store_schema": False}
    with parquet.ParquetWriter(path, schema, **told) as file:
        for outlines, table in itertools.chain([first], groups):
            file.write_table(table.cast(schema))
            extent = extent.with_more(outlines)
            written += len(outlines)
            tell(min(written / len(statement.account.parcels), 1.0))
        file.add_key_value_metadata({"geo": json.dumps(_geo(statement, extent)), "label": statement.label})


def _geo(statement: Statement, extent: Extent) -> dict[str, Any]:
    import pyproj

    about = {
        "encoding": "WKB",
        "geometry_types": list(extent.kinds),
        "crs": pyproj.CRS.from_user_input(statement.crs).to_json_dict(),
        "edges": "planar",
        "bbox": list(extent.bounds),
        "covering": {"bbox": {side: ["bbox", side] for side in SIDES}},
    }
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": about}}


def arrow_columns(columns: dict[str, NDArray]) -> dict[str, "pa.Array"]:
    """Return columns as Arrow arrays, NaN as null."""
    import pyarrow as pa

    return {name: pa.array(values, from_pandas=True) for name, values in columns.items()}


def _binary(outlines: ParcelOutlines) -> "pa.Array":
    """The outlines as an Arrow array over their own bytes; a missing one is null."""
    import pyarrow as pa

    offsets = outlines.offsets
    there = np.packbits(np.diff(offsets) > 0, bitorder="little")
    wkb = outlines.wkb[offsets[0] : offsets[-1]]
    buffers = [pa.py_buffer(there), pa.py_buffer((offsets - offsets[0]).astype(np.int32)), pa.py_buffer(wkb)]
    return pa.Array.from_buffers(pa.binary(), len(outlines), buffers)


def _table(rows: Rows, label: str) -> "pa.Table":
    import pyarrow as pa

    sides = rows.outlines.bounds.T
    box = pa.StructArray.from_arrays(
        [pa.array(side, from_pandas=True) for side in sides],
        fields=[pa.field(side, pa.float64()) for side in SIDES],
        mask=pa.array(np.isnan(sides[0])),
    )
    labels = pa.array([label] * len(rows.outlines), type=pa.string())
    outlines = _binary(rows.outlines)
    return pa.table({**arrow_columns(rows.columns), "label": labels, "bbox": box, "geometry": outlines})
