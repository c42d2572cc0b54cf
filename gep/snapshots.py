"""The parcels of a run as one object in the storage: frozen, in record batches, each of which is a block of the run.

It is a checked copy like that of a parcel file (``gep.files.parcels``), with the key of each parcel beside it.
Every worker reads its block from there, so that a parcel that changes meanwhile changes no run.
"""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from core import regions
from gep import storage
from gep.files import projections
from gep.files.parcels import ParcelTable
from gep.files.parcels.columns import BOUNDS
from gep.models import Parcel

TEXTS = ("code", "county", "town_code", "village_code", "land_use", "ecosystem")
COLUMNS = ("pk", *TEXTS, "official_area_m2", "area_m2", "synthetic", "geometry")
FILE_NAMES = {"code": "parcel_id"}  # what a checked copy calls it


class ParcelsUnknown(ValueError):
    """The region has no parcels on that day, or lacks some that were named."""


@dataclass
class Snapshot:
    """Where the parcels of a run lie, how many there are, in how many blocks, and whether any is synthetic."""

    digest: str = ""
    parcels: int = 0
    blocks: int = 0
    area_m2: float = 0.0
    synthetic: bool = False
    named: set[str] = field(default_factory=set)  # of the parcels that were asked for by name, those that are there


@dataclass(frozen=True)
class FrozenParcels:
    """Parcels of a snapshot as columns of one length; geometries in the metric system, surveyed area NaN if unknown."""

    ids: NDArray[np.int64]
    texts: Mapping[str, NDArray[np.str_]]
    official_area_m2: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    geometries: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.ids)


def counties_of(region: str) -> list[str]:
    """Return the counties of a region, itself where it is one."""
    return [county.code for county in regions.counties() if region in regions.chain(county.code)]


def parcels_on(region: str, on: date) -> QuerySet[Parcel]:
    """Return the parcels of a region that are valid on a day, neighbours near each other, always in the same order."""
    valid = Q(valid_from__lte=on) & (Q(valid_to=None) | Q(valid_to__gt=on))
    rows = Parcel.objects.filter(valid, county__in=counties_of(region))
    return rows.order_by("county", "town_code", "village_code", "code")


def parcels_digest(region: str, on: date) -> str:
    """Return one SHA-256 over the parcels of a region on a day; "" where there are none."""
    found, some = hashlib.sha256(), False
    for digest in parcels_on(region, on).values_list("digest", flat=True).iterator(chunk_size=20_000):
        found.update(digest.encode())
        some = True
    return found.hexdigest() if some else ""


def take(
    region: str, on: date, *, codes: Iterable[str] | None = None, land_use: Mapping[str, str] | None = None,
) -> Snapshot:  # fmt: skip
    """Freeze the parcels of a region on a day, or those of ``codes``; ``land_use`` says what some are to be instead.

    Raises ParcelsUnknown.
    """
    import pyarrow as pa

    rows, instead = parcels_on(region, on), dict(land_use or {})
    wanted = None if codes is None else set(codes)
    if wanted is not None:
        rows = rows.filter(code__in=wanted)
    taken = Snapshot()
    with tempfile.TemporaryDirectory(prefix="fuzhou-snapshot-") as folder:
        path = Path(folder) / "parcels.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, _schema()) as writer:
            for block in _blocks(rows, size=settings.GEP_BLOCK_PARCELS):
                writer.write_batch(_batch(block, instead, taken=taken, wanted=(wanted or set()) | set(instead)))
        missing = sorted(((wanted or set()) | set(instead)) - taken.named)
        if missing or not taken.parcels:
            raise ParcelsUnknown(f"{region} has no parcel {', '.join(missing[:5]) or 'at all'} on {on}")
        taken.digest = storage.put(path).digest
    return taken


def block(digest: str, number: int) -> FrozenParcels:
    """Return one block of a snapshot, counted from 0. Raises storage.ObjectMissing, storage.ObjectDamaged."""
    import pyarrow as pa

    with pa.memory_map(str(storage.cached_file(digest))) as source:
        batch = pa.ipc.open_file(source).get_batch(number)
        columns = {name: batch.column(name) for name in batch.schema.names}
        return FrozenParcels(
            ids=columns["pk"].to_numpy(zero_copy_only=False).copy(),
            texts={name: np.array(columns[FILE_NAMES.get(name, name)].to_pylist(), dtype=str) for name in TEXTS},
            official_area_m2=columns["official_area_m2"].to_numpy(zero_copy_only=False).copy(),
            area_m2=columns["area_m2"].to_numpy(zero_copy_only=False).copy(),
            geometries=shapely.from_wkb(np.array(columns["geometry"].to_pylist(), dtype=object)),
        )


def table(digest: str) -> ParcelTable:
    """Return a snapshot as a checked copy of parcels. Raises storage.ObjectMissing, storage.ObjectDamaged."""
    return ParcelTable(storage.cached_file(digest))


def block_count(digest: str) -> int:
    """Return how many blocks a snapshot has."""
    import pyarrow as pa

    with pa.memory_map(str(storage.cached_file(digest))) as source:
        return pa.ipc.open_file(source).num_record_batches


def _blocks(rows: QuerySet[Parcel], *, size: int) -> Iterator[list[tuple]]:
    found = rows.values_list(*COLUMNS).iterator(chunk_size=size)
    while some := list(islice(found, size)):
        yield some


def _schema() -> Any:
    import pyarrow as pa

    kinds = {
        "pk": pa.int64(), "official_area_m2": pa.float64(), "area_m2": pa.float64(), "synthetic": pa.bool_(),
        **dict.fromkeys(BOUNDS, pa.float64()), "geometry": pa.large_binary(),
    }  # fmt: skip
    names = [FILE_NAMES.get(name, name) for name in COLUMNS if name != "geometry"]
    fields = [(name, kinds.get(name, pa.string())) for name in (*names, *BOUNDS, "geometry")]
    return pa.schema(fields, metadata={"crs": projections.METRIC_CRS})


def _batch(rows: list[tuple], instead: Mapping[str, str], *, taken: Snapshot, wanted: set[str]) -> Any:
    import pyarrow as pa

    columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    taken.parcels += len(rows)
    taken.blocks += 1
    taken.area_m2 += sum(columns["area_m2"])
    taken.synthetic |= any(columns["synthetic"])
    if wanted:
        taken.named |= wanted.intersection(columns["code"])
    for place, code in enumerate(columns["code"]):
        if code in instead:  # the class follows from the new use, whatever the survey said before
            columns["land_use"][place], columns["ecosystem"][place] = instead[code], ""
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = columns["geometry"]
    moved = projections.to_crs(shapes, source=projections.STORED_CRS, target=projections.METRIC_CRS)
    settled = projections.settled(moved)
    columns["geometry"] = list(shapely.to_wkb(settled))
    columns |= dict(zip(BOUNDS, shapely.bounds(settled).T, strict=True))
    columns["parcel_id"] = columns.pop("code")
    columns["official_area_m2"] = [np.nan if area is None else area for area in columns["official_area_m2"]]
    return pa.record_batch([pa.array(columns[name]) for name in _schema().names], schema=_schema())
