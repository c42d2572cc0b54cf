"""A leg as the bytes that the public log hashes. The encoding is fixed for good: docs/bookkeeping.md states it.

version 1, one byte · reference · leg, 2 bytes · kind, 1 byte · asset, 1 byte · source code · target code ·
quantity, 8 bytes · microseconds since 1970 UTC, 8 bytes · related reference · related leg, 2 bytes.
Texts are UTF-8 behind their length in 2 bytes; numbers are big-endian; where nothing is related both are empty and 0.
"""

import struct
from dataclasses import dataclass

VERSION = b"\x01"
_NUMBERS = struct.Struct(">HBB")
_AMOUNTS = struct.Struct(">qq")


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the log says of one leg; ``occurred_us`` is microseconds since 1970, UTC."""

    reference: str
    leg: int
    kind: int
    asset: int
    source: str
    target: str
    quantity: int
    occurred_us: int
    related_reference: str = ""
    related_leg: int = 0


def encode(leaf: Leaf) -> bytes:
    """Return the bytes of the leaf."""
    return b"".join(
        (
            VERSION,
            _text(leaf.reference),
            _NUMBERS.pack(leaf.leg, leaf.kind, leaf.asset),
            _text(leaf.source),
            _text(leaf.target),
            _AMOUNTS.pack(leaf.quantity, leaf.occurred_us),
            _text(leaf.related_reference),
            leaf.related_leg.to_bytes(2, "big"),
        )
    )


def _text(text: str) -> bytes:
    content = text.encode()
    return len(content).to_bytes(2, "big") + content
