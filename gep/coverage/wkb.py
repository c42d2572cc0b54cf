"""Reads the rings of parcels straight from well-known binary, compiled; no geometry is built."""

import sys

import numpy as np
from numpy.typing import NDArray

from gep.coverage.compiling import compiled, frozen
from gep.coverage.outlines import (
    FURTHEST_M,
    MULTIPOLYGON,
    NOT_POLYGONAL,
    OPEN_RING,
    POLYGON,
    TOO_FAR,
    TRUNCATED,
    NotAnOutline,
    Outlines,
)

SOUND = 0
HOST_IS_LITTLE = sys.byteorder == "little"
HAS_Z, HAS_M, HAS_SRID = 0x80000000, 0x40000000, 0x20000000  # flags of PostGIS; ISO adds 1000, 2000 or 3000


def outlines_from_wkb(buffer: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Outlines:
    """Return the rings of parcels given as well-known binary. Raises NotAnOutline."""
    given = frozen(buffer, np.uint8), frozen(offsets, np.int64)
    nowhere = np.empty(0, np.uint8), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
    vertices, rings, parcel, reason = _read(*given, *nowhere, False)
    if reason != SOUND:
        raise NotAnOutline(parcel=parcel, reason=reason)
    xy = np.empty((vertices, 2))
    ring_start = np.empty(rings + 1, dtype=np.int64)
    ring_parcel, ring_sign = np.empty(rings, dtype=np.int64), np.empty(rings, dtype=np.int64)
    _read(*given, xy.reshape(-1).view(np.uint8), ring_start, ring_parcel, ring_sign, True)
    ring_start[rings] = vertices
    parcel, reason = _first_unsound(xy, ring_start, ring_parcel)
    if reason != SOUND:
        raise NotAnOutline(parcel=parcel, reason=reason)
    return Outlines(xy, ring_start, ring_parcel, ring_sign, parcels=len(offsets) - 1)


@compiled
def _read(buffer, offsets, xy, ring_start, ring_parcel, ring_sign, writing):
    """Count vertices and rings, or write them down; return both, and the first parcel that is unreadable, and why."""
    into = xy, ring_start, ring_parcel, ring_sign
    vertex, ring = 0, 0
    for parcel in range(len(offsets) - 1):
        at, stop = offsets[parcel], offsets[parcel + 1]
        if at == stop:
            continue
        kind, little, stride, members, at = _header(buffer, at, stop)
        reason = SOUND
        if kind == POLYGON:
            at, vertex, ring, reason = _read_rings(
                buffer, at, stop, little, stride, members, parcel, vertex, ring, into, writing
            )
        elif kind == MULTIPOLYGON:
            for _ in range(members):
                kind, little, stride, rings, at = _header(buffer, at, stop)
                if kind != POLYGON:
                    reason = NOT_POLYGONAL
                    break
                at, vertex, ring, reason = _read_rings(
                    buffer, at, stop, little, stride, rings, parcel, vertex, ring, into, writing
                )
                if reason != SOUND:
                    break
        else:
            reason = NOT_POLYGONAL
        if reason != SOUND:
            return vertex, ring, parcel, TRUNCATED if at > stop else reason
    return vertex, ring, 0, SOUND


@compiled
def _read_rings(buffer, at, stop, little, stride, rings, parcel, vertex, ring, into, writing):
    """Read the rings of one polygon; return where the next begins, the counts of vertices and rings, and a reason."""
    xy, ring_start, ring_parcel, ring_sign = into
    for number in range(rings):
        points = _number(buffer, at, stop, little)
        at += 4
        if at > stop or points > (stop - at) // stride:
            return stop + 1, vertex, ring, TRUNCATED
        if writing:
            ring_start[ring], ring_parcel[ring], ring_sign[ring] = vertex, parcel, 1 if number == 0 else -1
            _copy_points(buffer, at, stride, points, xy, vertex, little != HOST_IS_LITTLE)
        at += points * stride
        vertex += points
        ring += 1
    return at, vertex, ring, SOUND


@compiled
def _header(buffer, at, stop):
    """Kind, whether little-endian, bytes a point, how many members, and where they start (past ``stop`` if cut off)."""
    if at + 9 > stop:
        return 0, True, 16, 0, stop + 1
    little = buffer[at] == 1
    if buffer[at] > 1:
        return 0, True, 16, 0, at
    code = _number(buffer, at + 1, stop, little)
    at += 9 if code & HAS_SRID else 5
    dimensions = 2 + (code & HAS_Z != 0) + (code & HAS_M != 0)
    kind = code & 0x0FFFFFFF
    if 1_000 <= kind < 4_000:  # 1000 has z, 2000 has m, 3000 has both
        dimensions += 2 if kind >= 3_000 else 1
        kind %= 1_000
    return kind, little, 8 * dimensions, _number(buffer, at, stop, little), at + 4


@compiled
def _number(buffer, at, stop, little):
    """The four bytes at ``at`` as a whole number; 0 where they are not all there."""
    number = np.int64(0)
    if at + 4 > stop:
        return number
    for k in range(4):
        number = number * 256 + buffer[at + (3 - k if little else k)]
    return number


@compiled
def _copy_points(buffer, at, stride, points, xy, vertex, swapped):
    """Copy x and y of each point byte by byte, for they start at any byte; z and m stay behind."""
    for point in range(points):
        source, target = at + point * stride, (vertex + point) * 16
        for k in range(16):
            xy[target + k] = buffer[source + ((k ^ 7) if swapped else k)]  # k ^ 7 counts down within each eight


@compiled
def _first_unsound(xy, ring_start, ring_parcel):
    """The first parcel with a ring that is not one, and why."""
    for ring in range(len(ring_parcel)):
        first, past = ring_start[ring], ring_start[ring + 1]
        for i in range(first, past):
            if not (abs(xy[i, 0]) < FURTHEST_M and abs(xy[i, 1]) < FURTHEST_M):
                return ring_parcel[ring], TOO_FAR
        if past > first and (past - first < 4 or xy[first, 0] != xy[past - 1, 0] or xy[first, 1] != xy[past - 1, 1]):
            return ring_parcel[ring], OPEN_RING
    return 0, SOUND
