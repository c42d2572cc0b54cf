"""parcels.gpkg: the parcels for QGIS, with a spatial index, written a batch at a time, with a style."""

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from gep.outputs import parcel_rows, qgis_style
from gep.outputs.parcel_rows import Rows
from gep.outputs.parquet import arrow_columns
from gep.outputs.statement import Statement

if TYPE_CHECKING:
    import pyarrow as pa

LAYER, GEOMETRY = "parcels", "geom"
Progress = Callable[[float], None]
STYLES = """CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
    f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)"""


def write(statement: Statement, path: Path, *, progress: Progress | None = None) -> None:
    """Write every parcel with its figures, missing as NULL; the style goes in and, as a .qml, beside the file.

    What the account must be labelled with stands in the layer's description and in the legend of the style. Raises
    OSError where the file cannot be written.
    """
    import pyarrow as pa
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    path.unlink(missing_ok=True)
    batches = (_batch(rows) for rows in parcel_rows.batches(statement))
    first = next(batches)
    told = pa.RecordBatchReader.from_batches(first.schema, _told(first, batches, statement, progress))
    try:
        pyogrio.write_arrow(
            told, path, layer=LAYER, driver="GPKG", geometry_name=GEOMETRY, geometry_type="MultiPolygon",
            crs=statement.crs, layer_metadata={"LABEL": statement.label},
        )  # fmt: skip
    except (DataSourceError, DataLayerError) as error:
        raise OSError(errno.EIO, f"{path.name} cannot be written: {error}") from error
    style = qgis_style.qml(statement)
    path.with_suffix(".qml").write_text(style, encoding="utf-8")
    with closing(sqlite3.connect(path)) as database, database:
        _describe(database, statement, style)


def _told(
    first: "pa.RecordBatch", rest: Iterator["pa.RecordBatch"], statement: Statement, progress: Progress | None
) -> Iterator["pa.RecordBatch"]:
    """The batches, telling how many of the rows have gone by."""
    whole, given = len(statement.account.parcels), 0
    batch: pa.RecordBatch | None = first
    while batch is not None:
        yield batch
        given += batch.num_rows
        if progress:
            progress(min(given / whole, 1.0))
        batch = next(rest, None)


def _batch(rows: Rows) -> "pa.RecordBatch":
    import pyarrow as pa

    outlines = pa.array(list(shapely.to_wkb(_multi(rows.outlines.geometries))), type=pa.binary())
    fields = {**arrow_columns(rows.columns), GEOMETRY: outlines}
    return pa.RecordBatch.from_arrays(list(fields.values()), names=list(fields))


def _multi(outlines: NDArray[np.object_]) -> NDArray[np.object_]:
    """The outlines as multi-polygons, None where there is none: a layer of a GeoPackage holds one kind."""
    found = np.full(len(outlines), None, dtype=object)
    there = np.flatnonzero(~shapely.is_missing(outlines))
    parts, owner = shapely.get_parts(outlines[there], return_index=True)
    if len(there):
        found[there] = shapely.multipolygons(parts, indices=owner)
    return found


def _describe(database: sqlite3.Connection, statement: Statement, style: str) -> None:
    title = f"{statement.name or statement.region} {statement.year} 生态产品总值 GEP"
    database.execute(
        "UPDATE gpkg_contents SET identifier = ?, description = ? WHERE table_name = ?",
        (title, statement.label, LAYER),
    )
    database.execute(STYLES)
    database.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
        " styleQML, styleSLD, useAsDefault, description) VALUES ('', '', ?, ?, 'value_density', ?, '', 1, ?)",
        (LAYER, GEOMETRY, style, title),
    )
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description)"
        " VALUES ('layer_styles', 'attributes', 'layer_styles', '')"
    )
