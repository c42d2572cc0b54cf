"""What a block came to, as bytes that another machine reads: arrays to the last bit, the rest as JSON.

Nothing in it is code: what is not an array, a text, a number, a mapping, a tuple or a figure is refused.
"""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.coefficients import Coefficient
from gep.accounting.blocks import BlockResult

TREE = "tree"
SCALARS: dict[str, Callable[[str], Any]] = {"whole": int, "decimal": Decimal, "day": date.fromisoformat}


def dump(result: BlockResult, *, ids: NDArray[np.int64]) -> bytes:
    """Return a block's result as bytes, the same for the same result; ``ids`` are the keys of its parcels."""
    arrays: list[NDArray] = []
    tree = _written({"ids": ids, **{name: getattr(result, name) for name in _names()}}, arrays)
    sink = io.BytesIO()
    text = np.frombuffer(json.dumps(tree, separators=(",", ":")).encode(), dtype=np.uint8)
    named: dict[str, Any] = {TREE: text, **{str(place): array for place, array in enumerate(arrays)}}
    np.savez(sink, **named)
    return sink.getvalue()


def load(raw: bytes) -> tuple[NDArray[np.int64], BlockResult]:
    """Return the keys of the parcels and the result that ``dump`` wrote. Raises ValueError for anything else."""
    with np.load(io.BytesIO(raw), allow_pickle=False) as stored:
        found = _read(json.loads(stored[TREE].tobytes()), stored)
    ids = found.pop("ids")
    if set(found) != _names():
        raise ValueError("the block's result was written by another version of the engine")
    return ids, BlockResult(**found)


def _names() -> set[str]:
    return {field.name for field in fields(BlockResult)}


def _written(value: Any, arrays: list[NDArray]) -> Any:
    if isinstance(value, np.ndarray) and value.dtype != object:
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, Coefficient):
        return {"figure": _written({field.name: getattr(value, field.name) for field in fields(value)}, arrays)}
    if isinstance(value, Decimal | date):
        return {"decimal" if isinstance(value, Decimal) else "day": str(value)}
    if isinstance(value, Mapping):
        items = sorted(value.items(), key=lambda item: repr(item[0]))
        return {"map": [[_written(key, arrays), _written(held, arrays)] for key, held in items]}
    if isinstance(value, tuple):
        return {"tuple": [_written(item, arrays) for item in value]}
    if isinstance(value, int) and not isinstance(value, bool):
        return {"whole": str(value)}  # sums may be beyond 64 bits; as text no reader of JSON makes floats of them
    if value is None or isinstance(value, str | float | bool):
        return value
    raise TypeError(f"a block's result holds {type(value).__name__}")


def _read(tree: Any, stored: Mapping[str, NDArray]) -> Any:
    if not isinstance(tree, dict):
        return tree
    ((kind, held),) = tree.items()
    if kind == "array":
        return stored[str(held)]
    if kind == "map":
        return {_read(key, stored): _read(value, stored) for key, value in held}
    if kind == "tuple":
        return tuple(_read(item, stored) for item in held)
    if kind == "figure":
        return Coefficient(**_read(held, stored))
    return SCALARS[kind](held)
