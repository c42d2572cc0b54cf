"""Pack leg rows into PostgreSQL's binary COPY format with numpy: no Python object per row.

The format: a signature, then per row the number of fields and each field as its length and its bytes, big-endian.
"""

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
COLUMNS = ("source_id", "target_id", "quantity", "occurred_at", "leg", "kind", "reference")
POSTGRES_EPOCH_US = 946_684_800_000_000  # 2000-01-01T00:00:00Z in microseconds since 1970

# All but the text; the text comes last, so that everything before it has one width.
_FIXED = np.dtype(
    [
        ("fields", ">i2"),
        ("source_length", ">i4"),
        ("source_id", ">i8"),
        ("target_length", ">i4"),
        ("target_id", ">i8"),
        ("quantity_length", ">i4"),
        ("quantity", ">i8"),
        ("occurred_length", ">i4"),
        ("occurred_at", ">i8"),
        ("leg_length", ">i4"),
        ("leg", ">i2"),
        ("kind_length", ">i4"),
        ("kind", ">i2"),
        ("reference_length", ">i4"),
    ]
)


def text_matrix(texts: list[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the UTF-8 bytes of ``texts``, one row each, padded with zeros, and their lengths. No text holds a NUL."""
    if not texts:
        return np.zeros((0, 1), dtype=np.uint8), np.zeros(0, dtype=np.int64)
    joined = "".join(texts)
    encoded = np.array(texts if joined.isascii() else [text.encode() for text in texts], dtype=np.bytes_)
    width = max(encoded.dtype.itemsize, 1)
    return encoded.view(np.uint8).reshape(len(texts), width), np.char.str_len(encoded).astype(np.int64)


def pack_legs(
    *,
    source_id: NDArray[np.int64],
    target_id: NDArray[np.int64],
    quantity: NDArray[np.int64],
    occurred_us: NDArray[np.int64],
    leg: NDArray[np.int64],
    kind: int,
    references: list[str],
) -> bytes:
    """Return the rows as one binary COPY of ``COLUMNS``. ``occurred_us``: microseconds since 1970, UTC."""
    fixed = np.zeros(len(references), dtype=_FIXED)
    fixed["fields"] = len(COLUMNS)
    for name in ("source", "target", "quantity", "occurred"):
        fixed[f"{name}_length"] = 8
    fixed["leg_length"] = fixed["kind_length"] = 2
    fixed["source_id"], fixed["target_id"], fixed["quantity"] = source_id, target_id, quantity
    fixed["occurred_at"] = occurred_us - POSTGRES_EPOCH_US
    fixed["leg"], fixed["kind"] = leg, kind
    text, length = text_matrix(references)
    fixed["reference_length"] = length
    return SIGNATURE + _without_padding(fixed, text, length) + TRAILER


def _without_padding(fixed: NDArray, text: NDArray[np.uint8], length: NDArray[np.int64]) -> bytes:
    """Set both parts of each row side by side and leave the padding of the text out."""
    head = fixed.view(np.uint8).reshape(len(fixed), _FIXED.itemsize)
    whole = np.concatenate([head, text], axis=1)
    keep = np.arange(whole.shape[1]) < (_FIXED.itemsize + length)[:, None]
    return whole[keep].tobytes()
