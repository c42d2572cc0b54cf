"""A parcel file that is small enough to be held at once, as columns of one length; see gep.files.parcels for others."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gep.files import parcels
from gep.files.limits import UPLOAD
from gep.files.parcels.columns import TEXTS
from gep.files.parcels.columns import Columns as ColumnNames

COLUMNS = ("code", *TEXTS[1:])


@dataclass(frozen=True)
class ParcelFile:
    """Parcels by code; geometries in ``crs``, texts ("" where the file has no such column)."""

    geometries: NDArray[np.object_]
    columns: dict[str, NDArray[np.object_]]
    synthetic: NDArray[np.bool_]
    crs: str
    sha256: str


def read(path: Path, *, id_column: str = "code") -> ParcelFile:
    """Return the parcels of a file of any kind, in its own CRS, within the limits of uploads. Raises FileRefused."""
    with tempfile.TemporaryDirectory(prefix="gep-parcels-") as folder:
        names = ColumnNames(parcel_id=id_column)
        found = parcels.check(path, Path(folder) / "parcels.arrow", crs=None, columns=names, limits=UPLOAD)
        table = found.table
        order = np.argsort(table.column("parcel_id"))
        geometries = np.concatenate([batch.geometries() for batch in table])
        columns = {name: table.column(name).astype(object)[order] for name in TEXTS}
        columns["code"] = columns.pop("parcel_id")
        synthetic = table.column("synthetic")[order]
    return ParcelFile(geometries[order], columns, synthetic, found.table.crs, found.sha256)
