"""The extent account: how much of each ecosystem type there was, was added, was lost, and is; exact. gep.md 1.4, 5.2.

Areas are whole square millimetres. The change matrix has opening types as rows and closing types as columns; its rows
add up to the opening extent, its columns to the closing extent, and both to the accounting area.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gep.change.areas import MM2_PER_HA, mm2_of_hectares

UNKNOWN = ""  # of land whose type is not known in one of the years; it has its own row and column, and is not zero


class ExtentDoesNotReconcile(ValueError):
    """Opening + additions - reductions is not closing for a type, or the sums differ; the text names it and by what."""


class TypesUnknown(ValueError):
    """A piece of land carries a type that the account does not list."""


@dataclass(frozen=True)
class ExtentAccount:
    """Extent by type, int64 mm², shape (types,) each; ``matrix`` opening × closing, None where only sums are known."""

    types: tuple[str, ...]
    opening_mm2: NDArray[np.int64]
    additions_mm2: NDArray[np.int64]
    reductions_mm2: NDArray[np.int64]
    closing_mm2: NDArray[np.int64]
    matrix_mm2: NDArray[np.int64] | None = None

    @property
    def net_mm2(self) -> NDArray[np.int64]:
        """Return additions less reductions by type."""
        return self.additions_mm2 - self.reductions_mm2


def account(
    opening_type: NDArray[np.str_], closing_type: NDArray[np.str_], *, area_mm2: NDArray[np.int64], types: Sequence[str]
) -> ExtentAccount:
    """Return the account of pieces of land, shape (n,) each: parcels, or the overlay of two parcel versions.

    ``types`` gives the order; land of type UNKNOWN is accounted last where there is any. A piece whose type stays the
    same is neither added nor lost. Raises TypesUnknown.
    """
    names = _with_unknown(types, opening_type, closing_type)
    rows, columns = _places(opening_type, names), _places(closing_type, names)
    matrix = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(matrix, (rows, columns), np.asarray(area_mm2, dtype=np.int64))
    stayed = np.diag(matrix)
    found = ExtentAccount(
        types=names,
        opening_mm2=matrix.sum(axis=1),
        additions_mm2=matrix.sum(axis=0) - stayed,
        reductions_mm2=matrix.sum(axis=1) - stayed,
        closing_mm2=matrix.sum(axis=0),
        matrix_mm2=matrix,
    )
    reconcile(found)
    return found


def account_of_shares(
    opening_mm2: NDArray[np.int64], closing_mm2: NDArray[np.int64], *, types: Sequence[str]
) -> ExtentAccount:
    """Return the account of the same parcels with their areas by type in two years, shape (parcels, types) each.

    What a type gains or loses within each parcel is known, which type it took it from is not; so there is no matrix.
    Raises ExtentDoesNotReconcile where a parcel changed its area.
    """
    opening, closing = np.asarray(opening_mm2, dtype=np.int64), np.asarray(closing_mm2, dtype=np.int64)
    moved = np.flatnonzero(opening.sum(axis=1) != closing.sum(axis=1))
    if len(moved):
        raise ExtentDoesNotReconcile(f"parcel {moved[0]} has another area in the closing year")
    found = ExtentAccount(
        types=tuple(types),
        opening_mm2=opening.sum(axis=0),
        additions_mm2=np.maximum(closing - opening, 0).sum(axis=0),
        reductions_mm2=np.maximum(opening - closing, 0).sum(axis=0),
        closing_mm2=closing.sum(axis=0),
    )
    reconcile(found)
    return found


def reconcile(stated: ExtentAccount) -> None:
    """Raise ExtentDoesNotReconcile unless every identity of the account holds, to the square millimetre."""
    due = stated.opening_mm2 + stated.additions_mm2 - stated.reductions_mm2
    for place in np.flatnonzero(due != stated.closing_mm2)[:1]:
        off = (int(stated.closing_mm2[place]) - int(due[place])) / MM2_PER_HA
        raise ExtentDoesNotReconcile(f"{stated.types[place]}: closing is {off:+.4f} ha off opening + net change")
    if stated.opening_mm2.sum() != stated.closing_mm2.sum():
        off = (int(stated.closing_mm2.sum()) - int(stated.opening_mm2.sum())) / MM2_PER_HA
        raise ExtentDoesNotReconcile(f"the types together: closing is {off:+.4f} ha off opening")
    if stated.matrix_mm2 is not None:
        rows, columns = stated.matrix_mm2.sum(axis=1), stated.matrix_mm2.sum(axis=0)
        if (rows != stated.opening_mm2).any() or (columns != stated.closing_mm2).any():
            raise ExtentDoesNotReconcile("the change matrix does not add up to opening and closing")


def published(rows: Mapping[str, tuple[str, str, str, str]]) -> ExtentAccount:
    """Return the account that a printed table states in hectares: opening, additions, reductions, closing by type.

    Raises ExtentDoesNotReconcile where it contradicts itself; such a table is not to be used.
    """
    figures = np.array([[mm2_of_hectares(cell) for cell in cells] for cells in rows.values()], dtype=np.int64)
    opening, additions, reductions, closing = figures.T
    stated = ExtentAccount(tuple(rows), opening, additions, reductions, closing)
    reconcile(stated)
    return stated


@dataclass(frozen=True)
class RegionExtent:
    """Extent of one region by type, int64 mm²; land that only changed hands between regions is no change of type."""

    types: tuple[str, ...]
    opening_mm2: NDArray[np.int64]
    additions_mm2: NDArray[np.int64]
    reductions_mm2: NDArray[np.int64]
    transfers_in_mm2: NDArray[np.int64]
    transfers_out_mm2: NDArray[np.int64]
    closing_mm2: NDArray[np.int64]


def by_region(
    opening_type: NDArray[np.str_],
    closing_type: NDArray[np.str_],
    *,
    opening_region: NDArray[np.str_],
    closing_region: NDArray[np.str_],
    area_mm2: NDArray[np.int64],
    types: Sequence[str],
) -> dict[str, RegionExtent]:
    """Return the extent of each region, shape (n,) each in; merged townships and moved borders are told as transfers.

    Land that moved is transferred with its opening type; what then became of it counts in its new region.
    """
    names = _with_unknown(types, opening_type, closing_type)
    rows, columns = _places(opening_type, names), _places(closing_type, names)
    moved, changed = opening_region != closing_region, rows != columns

    def by_type(place: NDArray[np.intp], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        sums = np.zeros(len(names), dtype=np.int64)
        np.add.at(sums, place[chosen], area_mm2[chosen])
        return sums

    found = {}
    for region in sorted({*opening_region.tolist(), *closing_region.tolist()}):
        was, is_now = opening_region == region, closing_region == region
        found[region] = RegionExtent(
            types=names,
            opening_mm2=by_type(rows, was),
            additions_mm2=by_type(columns, is_now & changed),
            reductions_mm2=by_type(rows, is_now & changed),
            transfers_in_mm2=by_type(rows, is_now & moved),
            transfers_out_mm2=by_type(rows, was & moved),
            closing_mm2=by_type(columns, is_now),
        )
    return found


def single_type_rate(opening_mm2: int, closing_mm2: int, *, years: float) -> float:
    """Return K_T of HJ 1175-2021: the change of one type as a share of its opening extent, per year."""
    return (closing_mm2 - opening_mm2) / opening_mm2 / years


def outflow_intensity(of_account: ExtentAccount) -> NDArray[np.float64]:
    """Return R_T of HJ 1175-2021 by type: its share that was lost over the share of all land that changed type.

    NaN for a type without opening extent, and throughout where nothing changed.
    """
    lost, had = of_account.reductions_mm2.astype(np.float64), of_account.opening_mm2.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (lost / had) / (lost.sum() / had.sum())


def _with_unknown(types: Sequence[str], *stated: NDArray[np.str_]) -> tuple[str, ...]:
    there = any((values == UNKNOWN).any() for values in stated)
    return (*types, UNKNOWN) if there and UNKNOWN not in types else tuple(types)


def _places(stated: NDArray[np.str_], names: Sequence[str]) -> NDArray[np.intp]:
    found, place = np.unique(stated, return_inverse=True)
    listed = {name: number for number, name in enumerate(names)}
    strange = [name for name in found.tolist() if name not in listed]
    if strange:
        raise TypesUnknown(f"types {strange} are not in the account")
    return np.array([listed[name] for name in found.tolist()], dtype=np.intp)[place]
