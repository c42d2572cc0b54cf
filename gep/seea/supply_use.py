"""Supply and use tables: which ecosystem type supplies a service, and who uses it; both sides are equal, exactly.

Amounts are whole numbers: fen, or thousandths of a physical unit. Supply of the area and imports from outside are what
is used within and exported. Who uses a service is data (``users.csv``), and so is what is an exchange value
(``exchange.csv``).
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.coefficients import TAGS, known_sources
from gep.allocation import split_signed

HERE = Path(__file__).parent
Stated = TypeVar("Stated")
PER_UNIT = 1_000  # a physical amount is kept in thousandths


class SupplyIsNotUse(ValueError):
    """The two sides of a service differ; the text names it and by how much."""


class UserUnknown(LookupError):
    """No row says who uses a service, or what its value is; the text names the service."""


@dataclass(frozen=True)
class SupplyUse:
    """Services as rows: supply by ecosystem type and imports; use by user and exports. Whole numbers throughout."""

    services: tuple[str, ...]
    types: tuple[str, ...]
    users: tuple[str, ...]
    supply: NDArray[np.int64]
    imports: NDArray[np.int64]
    use: NDArray[np.int64]
    exports: NDArray[np.int64]


def whole(quantity: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return physical amounts in whole thousandths, rounded once; ValueError for a missing one."""
    if np.isnan(quantity).any():
        raise ValueError("a quantity is missing; it cannot be supplied as zero")
    return np.rint(np.asarray(quantity) * PER_UNIT).astype(np.int64)


def tabulate(
    supply: Mapping[str, Sequence[int]],
    *,
    types: Sequence[str],
    imports: Mapping[str, int] | None = None,
    exports: Mapping[str, int] | None = None,
) -> SupplyUse:
    """Return the tables of services; ``supply`` holds for each the amounts by type, negative ones kept.

    A service is an indicator, or ``indicator.product``. What is neither imported nor exported is used where it is
    supplied. Raises UserUnknown.
    """
    services, users = tuple(supply), sorted({user for shares in _users().values() for user in shares})
    coming, going = imports or {}, exports or {}
    used = np.zeros((len(services), len(users)), dtype=np.int64)
    for row, service in enumerate(services):
        within = sum(supply[service]) + coming.get(service, 0) - going.get(service, 0)
        shares = users_of(service)
        parts = split_signed(within, [Fraction(within) * share for share in shares.values()])
        used[row, [users.index(user) for user in shares]] = parts
    found = SupplyUse(
        services=services,
        types=tuple(types),
        users=tuple(users),
        supply=np.array([supply[service] for service in services], dtype=np.int64).reshape(len(services), len(types)),
        imports=np.array([coming.get(service, 0) for service in services], dtype=np.int64),
        use=used,
        exports=np.array([going.get(service, 0) for service in services], dtype=np.int64),
    )
    balance(found)
    return found


def balance(tables: SupplyUse) -> None:
    """Raise SupplyIsNotUse unless supply and imports are use and exports, for each service exactly."""
    left = tables.supply.sum(axis=1) + tables.imports
    right = tables.use.sum(axis=1) + tables.exports
    for row in np.flatnonzero(left != right)[:1]:
        raise SupplyIsNotUse(
            f"{tables.services[row]}: {left[row]} supplied and imported, {right[row]} used and exported"
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """The total of a profile, and that of exchange values alone; ``left_out_fen`` by service is their difference."""

    gep_profile_total_fen: int
    seea_exchange_total_fen: int
    left_out_fen: Mapping[str, int] = field(default_factory=dict)


def totals(value_fen: Mapping[str, int]) -> Totals:
    """Return both totals of values by service. Raises UserUnknown where no row says what kind of value one is."""
    left_out = {service: fen for service, fen in value_fen.items() if not is_exchange_value(service)}
    profile = sum(value_fen.values())
    return Totals(profile, profile - sum(left_out.values()), left_out)


def users_of(service: str) -> dict[str, Fraction]:
    """Return the users of a service and their shares, which add up to one. Raises UserUnknown."""
    return _stated(_users(), service)


def is_exchange_value(service: str) -> bool:
    """Return whether a service is valued by what is or would be paid in an exchange. Raises UserUnknown."""
    return _stated(_exchange(), service)


def _stated(table: Mapping[str, Stated], service: str) -> Stated:
    for name in (service, service.split(".")[0]):
        if name in table:
            return table[name]
    raise UserUnknown(f"nothing is stated on the service {service!r}")


@cache
def _users() -> dict[str, dict[str, Fraction]]:
    found: dict[str, dict[str, Fraction]] = {}
    for row in _rows("users.csv"):
        found.setdefault(row["service"], {})[row["user"]] = Fraction(row["share"])
    wrong = [service for service, shares in found.items() if sum(shares.values()) != 1]
    if wrong:
        raise ValueError(f"users.csv: the shares of {', '.join(wrong)} are not one together")
    return found


@cache
def _exchange() -> dict[str, bool]:
    return {row["service"]: row["exchange"] == "yes" for row in _rows("exchange.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["tag"] not in TAGS or row["source"] not in known_sources():
            raise ValueError(f"{name}, {row['service']}: the tag or the source is not known")
    return rows
