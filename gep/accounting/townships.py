"""What counties state by township: each product's, or a township's of all products of an indicator together.

gep.md 5.1. A product's township totals are kept as they are stated. Where only the townships' totals over all products
are known beside the counties' products, both margins are met by proportional fitting with an exact integer finish.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.rounding import apportion
from gep.accounting.inputs import CountyStatistics
from gep.allocation import MarginsDoNotConverge, MarginsUnreachable, fit_margins
from gep.statistics import Product

REST = ""  # the townships of a county that are not named
WITHIN = "\n"  # between a county and its township in the name of a group

Cells = Mapping[str, int]  # fen by township, REST among them


class TownshipsRefused(ValueError):
    """The totals of a county's townships and of its products cannot both hold; the text names county and indicator."""


@dataclass(frozen=True)
class Groups:
    """The parcels among which a product's parts are shared out: those of a county, or of a township of it.

    ``names`` are of a county, or of county and township; ``place`` the group of each parcel; ``fen`` what each group
    gets; ``group_of`` the group of each county and township that there is, by the name that blocks know it by.
    """

    names: tuple[str, ...]
    place: NDArray[np.int64]
    fen: NDArray[np.int64]
    group_of: Mapping[str, str]


def name(county: NDArray[np.str_], town: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return the name of the group of county and township of each parcel."""
    return np.char.add(np.char.add(county, WITHIN), town)


def county_of(group: str) -> str:
    """Return the county that a group lies in."""
    return group.partition(WITHIN)[0]


def split(
    products: Sequence[Product],
    statistics: CountyStatistics,
    *,
    weights: Mapping[str, NDArray[np.float64]],
    county: NDArray[np.str_],
    town: NDArray[np.str_],
) -> dict[str, Groups]:
    """Return the groups of each product of which any county states anything by township.

    ``weights`` by product, shape (parcels,), as they would go over the county. Raises TownshipsRefused.
    """
    named = [product for product in products if is_stated(product, statistics.by_town)]
    if not named:
        return {}
    totals = statistics.townships.get(products[0].indicator, {})
    keys, place = np.unique(name(county, town), return_inverse=True)
    cells: dict[str, dict[str, Cells]] = {product.code: {} for product in products}
    for product in named:
        for of_county, by_town in statistics.townships.get(product.code, {}).items():
            total = statistics.fen_of(product.code, of_county)
            if total > 0:
                cells[product.code][of_county] = _apportioned(total, by_town)
    for of_county, by_town in totals.items():
        if not any(of_county in cells[product.code] for product in products):
            fitted = _fitted(products, statistics, of_county, by_town, weights, keys, place)
            for code, by_place in fitted.items():
                cells[code][of_county] = by_place
    return {p.code: _groups(statistics, p.code, cells[p.code], keys.tolist(), place) for p in named}


def is_stated(product: Product, by_town: frozenset[str]) -> bool:
    """Return whether anything of a product is stated by township, by itself or with the others of its indicator."""
    return product.code in by_town or product.indicator in by_town


def _apportioned(total: int, by_town: Cells) -> dict[str, int]:
    """The total in the proportion of the townships: as stated where the total is theirs, to the fen in any case."""
    towns = sorted(by_town)
    parts = apportion(total, np.array([by_town[town] for town in towns], dtype=np.int64))
    return dict(zip(towns, parts.tolist(), strict=True))


def _fitted(
    products: Sequence[Product],
    statistics: CountyStatistics,
    county: str,
    by_town: Cells,
    weights: Mapping[str, NDArray[np.float64]],
    keys: NDArray[np.str_],
    place: NDArray[np.int64],
) -> dict[str, dict[str, int]]:
    """Each product's fen by township, so that products and townships both hold."""
    rows = {p.code: fen for p in products if (fen := statistics.fen_of(p.code, county)) > 0}
    if not rows:
        return {}
    columns = _apportioned(sum(rows.values()), by_town)
    towns = sorted(columns)
    column = np.full(len(keys), -1)
    for i, key in enumerate(keys.tolist()):
        of_county, _, town = key.partition(WITHIN)
        if of_county == county:
            column[i] = towns.index(town) if town in columns else towns.index(REST) if REST in columns else -1
    mine = column[place] >= 0
    summed = np.array([_sums(weights[code][mine], column[place[mine]], len(towns)) for code in rows])
    try:
        table = fit_margins(np.array(list(rows.values())), np.array([columns[town] for town in towns]), weights=summed)
    except (MarginsUnreachable, MarginsDoNotConverge) as error:
        named = f"rows {', '.join(rows)}; columns {', '.join(town or 'the rest' for town in towns)}"
        raise TownshipsRefused(f"{products[0].indicator} in {county}: {error} ({named})") from None
    return {code: dict(zip(towns, table[i].tolist(), strict=True)) for i, code in enumerate(rows)}


def _sums(weights: NDArray[np.float64], place: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Sums by place of sorted weights: the order of the parcels changes no bit."""
    order = np.lexsort((weights, place))
    return np.bincount(place[order], weights=weights[order], minlength=count).astype(np.float64)


def _groups(
    statistics: CountyStatistics, code: str, cells: Mapping[str, Cells], keys: Sequence[str], place: NDArray[np.int64]
) -> Groups:
    group_of = {}
    for key in keys:
        county, _, town = key.partition(WITHIN)
        by_town = cells.get(county)
        group_of[key] = county if by_town is None else f"{county}{WITHIN}{town if town in by_town else REST}"
    there = {f"{county}{WITHIN}{town}" for county, by_town in cells.items() for town in by_town}
    counties = {county_of(key) for key in keys}
    names = sorted({*group_of.values(), *(group for group in there if county_of(group) in counties)})
    number = {group: i for i, group in enumerate(names)}
    fen = [
        cells[county_of(group)].get(group.partition(WITHIN)[2], 0)
        if WITHIN in group
        else statistics.fen_of(code, group)
        for group in names
    ]
    of_key = np.array([number[group_of[key]] for key in keys], dtype=np.int64)
    return Groups(tuple(names), of_key[place], np.array(fen, dtype=np.int64), group_of)
