"""The exact share of each raster cell that each parcel covers, once for all layers, and the sums that follow from it.

``cover`` takes geometries, ``cover_wkb`` their bytes as a file holds them. ``sums``, ``unit_sums``, ``piece_sums`` and
``class_shares`` bring layers to parcels. How the shares are found is told in ``gep.coverage.reference``.
"""

from gep.coverage.grid import Grid
from gep.coverage.outlines import NotAnOutline, packed
from gep.coverage.parcel_outlines import ParcelOutlines
from gep.coverage.shares import Coverage, cover, cover_wkb
from gep.coverage.zonal import UnitSums, ZonalSums, class_shares, piece_sums, sums, unit_sums

__all__ = [
    "Coverage",
    "Grid",
    "NotAnOutline",
    "ParcelOutlines",
    "UnitSums",
    "ZonalSums",
    "class_shares",
    "cover",
    "cover_wkb",
    "packed",
    "piece_sums",
    "sums",
    "unit_sums",
]
