"""The checked copy of a parcel file: memory-mapped, read batch by batch, never held in memory as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from gep.files.parcels.columns import BOUNDS, TEXTS
from gep.files.refusals import sha256

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class ParcelBatch:
    """Some rows of a checked copy, neighbours on the ground.

    ``wkb`` uint8 and ``offsets`` int64, shape (rows + 1,): row i is wkb[offsets[i]:offsets[i + 1]], little-endian, in
    plan, a Polygon (3) or MultiPolygon (6), exteriors counter-clockwise. Both are views of the mapped file, not copies.
    """

    first_row: int  # the place of its first row in the table
    arrow: "pa.RecordBatch"

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where each geometry starts in ``wkb``, and where the last ends."""
        column = self.arrow.column("geometry")
        whole = np.frombuffer(column.buffers()[1], dtype=np.int64)
        return whole[column.offset : column.offset + len(column) + 1]

    @property
    def wkb(self) -> NDArray[np.uint8]:
        """The bytes of all geometries, one after another."""
        return np.frombuffer(self.arrow.column("geometry").buffers()[2] or b"", dtype=np.uint8)

    @property
    def bounds(self) -> NDArray[np.float64]:
        """West, south, east, north in metres, shape (rows, 4)."""
        return np.column_stack([self.arrow.column(name).to_numpy() for name in BOUNDS])

    def texts(self, name: str) -> NDArray[np.str_]:
        """Return one of the text columns, shape (rows,), "" where missing."""
        return np.array(self.arrow.column(name).to_pylist(), dtype=str)

    @property
    def official_area_m2(self) -> NDArray[np.float64]:
        """The area that the file states, NaN where it states none."""
        return np.asarray(self.arrow.column("official_area_m2").to_numpy())

    @property
    def synthetic(self) -> NDArray[np.bool_]:
        """Whether a row says that it is made up."""
        return np.asarray(self.arrow.column("synthetic").to_numpy(zero_copy_only=False))

    def geometries(self) -> NDArray[np.object_]:
        """Return shapely geometries, shape (rows,); made anew at each call."""
        return shapely.from_wkb(self.arrow.column("geometry").to_numpy(zero_copy_only=False))


class ParcelTable:
    """A checked copy, memory-mapped: rows along a Hilbert curve, in batches of one length. Pickles as its path."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self.path = Path(path)
        self._reader = pa.ipc.open_file(pa.memory_map(str(self.path)))
        self.crs = str(self._reader.schema.metadata[b"crs"].decode())
        self.batches = int(self._reader.num_record_batches)
        counts = [self._reader.get_batch(place).num_rows for place in range(self.batches)]
        self._starts = np.cumsum([0, *counts])

    def __reduce__(self) -> tuple[type, tuple[Path]]:
        return ParcelTable, (self.path,)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __iter__(self) -> Iterator[ParcelBatch]:
        return (self.batch(place) for place in range(self.batches))

    def batch(self, place: int) -> ParcelBatch:
        """Return one batch, 0 <= place < batches."""
        return ParcelBatch(int(self._starts[place]), self._reader.get_batch(place))

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the copy: the same parcels give the same, in whatever order and format they came."""
        return sha256(self.path)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all parcels, in metres."""
        each = np.vstack([batch.bounds for batch in self])
        return (*each[:, :2].min(axis=0).tolist(), *each[:, 2:].max(axis=0).tolist())

    def column(self, name: str) -> NDArray:
        """Return a whole column (not the geometry), shape (rows,)."""
        if name in TEXTS:
            return np.concatenate([batch.texts(name) for batch in self])
        return np.concatenate([np.asarray(b.arrow.column(name).to_numpy(zero_copy_only=False)) for b in self])
