"""Reads a parcel file into one checked copy: bad rows told, coordinates moved, rows in the order of a Hilbert curve.

Runs in the limited child. The file passes through in batches; what stays in memory is a key, an id and a place per row.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gep.files import projections
from gep.files.parcels import hilbert, sources
from gep.files.parcels.columns import BOUNDS, schema
from gep.files.parcels.rows import Rows, Wanted
from gep.files.refusals import Refused

ROWS_A_CHUNK = 65_536  # of the unsorted copy


def run(arguments: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with the findings and facts of the file at ``path``; the checked copy is written to ``out``."""
    path, spill = Path(arguments["path"]), Path("unsorted.arrow")
    with sources.opened(path, layer=arguments["layer"], limits=limits) as source:
        crs = _settled(source.crs, answered=arguments["stated_crs"])
        wanted = Wanted.of(arguments, names=source.names, source_crs=crs)
        rows = Rows(wanted, limits=limits)
        keys, ids = _spill(rows.read(source), spill, crs=wanted.crs)
        order = _order(keys, ids)
        kept = rows.drop_duplicates(ids, order)
    told = rows.told()
    rejected = [found for found in told["findings"] if found[-1] == "rejected"]
    if rejected and wanted.on_bad == "refuse":
        raise Refused(rejected[0][3], "", **told)
    if not len(kept):
        raise Refused("no_parcels", f"{rows.read_rows} rows read, none kept", **told)
    _write(spill, Path(arguments["out"]), kept, rows_a_batch=arguments["rows_a_batch"])
    facts = source.facts | {"crs": crs, "rows_read": rows.read_rows, "rows_kept": len(kept), "vertices": rows.vertices}
    return {"facts": facts, **told}


def _settled(text: str | None, *, answered: str) -> str:
    """The CRS that the file states; where it states none, the one that the analyst answered, and never a guess."""
    stated = projections.stated(text)
    if stated.reason == "crs_missing" and answered:
        stated = projections.stated(answered)
    if not stated.crs:
        raise Refused(stated.reason, stated.told)
    return stated.crs


def _spill(batches: Iterator[pa.RecordBatch], path: Path, *, crs: str) -> tuple[np.ndarray, pa.Array]:
    """Write the good rows as they come; return their places along the curve, and their ids."""
    keys, ids, waiting, held = [], [], [], 0
    frame = projections.frame(crs)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema(crs)) as writer:
        for batch in batches:
            west, south, east, north = (batch.column(name).to_numpy() for name in BOUNDS)
            keys.append(hilbert.distances((west + east) / 2, (south + north) / 2, box=frame))
            ids.append(batch.column("parcel_id"))
            waiting.append(batch)
            held += batch.num_rows
            if held >= ROWS_A_CHUNK:
                writer.write_table(pa.Table.from_batches(waiting).combine_chunks())
                waiting, held = [], 0
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting).combine_chunks())
    none = pa.array([], pa.string())
    return np.concatenate([np.zeros(0, np.uint32), *keys]), pa.concat_arrays([none, *ids])


def _order(keys: np.ndarray, ids: pa.Array) -> np.ndarray:
    """The rows along the curve; those of one place by their ids, so that the order of the file leaves no trace."""
    table = pa.table({"key": keys, "id": ids})
    return pc.sort_indices(table, sort_keys=[("key", "ascending"), ("id", "ascending")]).to_numpy().astype(np.int64)


def _write(spill: Path, out: Path, order: np.ndarray, *, rows_a_batch: int) -> None:
    with suppress(FileNotFoundError):
        out.unlink()
    with pa.memory_map(str(spill)) as mapped, pa.ipc.open_file(mapped) as reader:
        chunks = [reader.get_batch(i) for i in range(reader.num_record_batches)]
        starts = np.cumsum([0, *(chunk.num_rows for chunk in chunks)])
        with pa.OSFile(str(out), "wb") as sink, pa.ipc.new_file(sink, reader.schema) as writer:
            for first in range(0, len(order), rows_a_batch):
                wanted = order[first : first + rows_a_batch]
                writer.write_batch(_gathered(chunks, starts, wanted))


def _gathered(chunks: list[pa.RecordBatch], starts: np.ndarray, wanted: np.ndarray) -> pa.RecordBatch:
    """The rows ``wanted`` (numbers in the unsorted copy), in that order, as one batch."""
    by_chunk = np.argsort(wanted, kind="stable")
    ascending = wanted[by_chunk]
    chunk = np.searchsorted(starts, ascending, side="right") - 1
    parts = []
    for place in np.unique(chunk):
        rows = ascending[chunk == place] - starts[place]
        parts.append(chunks[place].take(pa.array(rows)))
    back = np.empty(len(wanted), dtype=np.int64)
    back[by_chunk] = np.arange(len(wanted))
    table = pa.Table.from_batches(parts).combine_chunks()
    return table.take(pa.array(back)).combine_chunks().to_batches()[0]
