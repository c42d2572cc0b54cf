"""A batch of legs as columns: numbered postings, numbered accounts, packed times. No database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bookkeeping.assets import PREFIXES, asset_of
from bookkeeping.kinds import MAX_QUANTITY
from bookkeeping.limits import Ints, Legs

MAX_REFERENCE_LENGTH = 150  # with the suffix below within the column
EXPIRED_SUFFIX = "/expired"


@dataclass(frozen=True, slots=True)
class Batch:
    """n legs of p postings over m account codes.

    ``references`` (n,) object; ``legs`` numbers postings and accounts; ``leg`` (n,) counts within its posting;
    ``name`` (p,) numbers the references; ``starts`` (p,) is the first leg of each posting; ``occurred_us`` (n,).
    """

    references: NDArray[Any]
    codes: list[str]
    legs: Legs
    leg: Ints
    name: Ints
    starts: Ints
    occurred_us: Ints

    def posting_references(self) -> NDArray[Any]:
        """Return the reference of each posting, shape (p,)."""
        return self.references[self.starts]

    def rows_of(self, posting: int) -> slice:
        """Return where the legs of the posting stand."""
        last = posting + 1 == len(self.starts)
        return slice(int(self.starts[posting]), len(self.references) if last else int(self.starts[posting + 1]))


def batch_of(
    *,
    references: Sequence[str],
    sources: Sequence[str] | str,
    targets: Sequence[str] | str,
    quantities: Any,
    occurred_at: Any,
    legs: Any = None,
) -> Batch:
    """Return the columns as a batch; a single account code or instant stands for every leg.

    ``legs`` counts the legs of each posting from 0; without it every row is a posting of its own. ValueError where a
    column has another length, a quantity is not a whole number from 1 to MAX_QUANTITY, a reference cannot name a
    posting, legs do not count up under one reference, an instant is naive, or an account code has no asset.
    """
    names = np.array(references, dtype=object)
    size = len(names)
    quantity = _quantities(quantities, size)
    _check_references(names)
    source, target, codes = _accounts(sources, targets, size)
    leg = _leg_numbers(legs, names)
    starts = np.flatnonzero(leg == 0)
    posting = np.cumsum(leg == 0) - 1
    return Batch(
        references=names,
        codes=codes,
        legs=Legs(posting.astype(np.int64), source, target, quantity),
        leg=leg,
        name=_numbered(names[starts])[0],
        starts=starts,
        occurred_us=_microseconds(occurred_at, size),
    )


def asset_numbers(codes: Sequence[str]) -> Ints:
    """Return the number of the asset of each code, shape (len(codes),)."""
    known = {prefix: int(asset) for prefix, asset in PREFIXES.items()}
    return np.array([known.get(code.partition(":")[0]) or int(asset_of(code)) for code in codes], dtype=np.int64)


def _leg_numbers(legs: Any, names: NDArray[Any]) -> Ints:
    if legs is None:
        return np.zeros(len(names), dtype=np.int64)
    leg = np.asarray(legs, dtype=np.int64)
    if leg.shape != names.shape:
        raise ValueError(f"{len(names)} references and leg numbers of shape {leg.shape}")
    follows = leg[1:] == leg[:-1] + 1
    if len(leg) and (leg[0] != 0 or not ((leg[1:] == 0) | follows & (names[1:] == names[:-1])).all()):
        raise ValueError("leg numbers count up from 0 under one reference")
    return leg


def _quantities(quantities: Any, size: int) -> Ints:
    given = np.asarray(quantities)
    if given.shape != (size,):
        raise ValueError(f"{size} references and quantities of shape {given.shape}")
    if size and given.dtype.kind not in "iu":
        raise ValueError(f"quantities are whole numbers, not {given.dtype}")
    if size and not (int(given.min()) >= 1 and int(given.max()) <= MAX_QUANTITY):
        raise ValueError(f"a leg moves 1 to {MAX_QUANTITY}; here are {given.min()} to {given.max()}")
    return given.astype(np.int64)


def _check_references(names: NDArray[Any]) -> None:
    for name in names.tolist():
        check_reference(name)


def check_reference(reference: str) -> None:
    """Raise ValueError where ``reference`` cannot name a posting."""
    if not 0 < len(reference) <= MAX_REFERENCE_LENGTH or "\0" in reference:
        raise ValueError(f"a reference has 1 to {MAX_REFERENCE_LENGTH} characters, not {reference[:200]!r}")
    if reference.endswith(EXPIRED_SUFFIX):
        raise ValueError(f"{reference!r}: what ends in {EXPIRED_SUFFIX} is named by the sweep of expired holds")
    if not reference.isascii():
        reference.encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError


def check_instant(moment: datetime) -> None:
    """Raise ValueError for an instant without an offset: databases would read it differently."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no offset")


def _accounts(sources: Sequence[str] | str, targets: Sequence[str] | str, size: int) -> tuple[Ints, Ints, list[str]]:
    columns = []
    for side in (sources, targets):
        column = np.full(size, side, dtype=object) if isinstance(side, str) else np.array(side, dtype=object)
        if column.shape != (size,):
            raise ValueError(f"{size} references and {len(column)} accounts on one side")
        columns.append(column)
    numbers, codes = _numbered(np.concatenate(columns))
    return numbers[:size], numbers[size:], codes.tolist()


def _numbered(texts: NDArray[Any]) -> tuple[Ints, NDArray[Any]]:
    """Return the number of each text, counted in order of first appearance, and the texts by number."""
    import pandas as pd

    numbers, distinct = pd.factorize(texts)
    return numbers.astype(np.int64), distinct


def _microseconds(occurred_at: Any, size: int) -> Ints:
    import pandas as pd

    if isinstance(occurred_at, datetime):
        check_instant(occurred_at)
        return np.full(size, pd.Timestamp(occurred_at).as_unit("us").value // 1_000, dtype=np.int64)
    moments = pd.DatetimeIndex(pd.to_datetime(np.asarray(occurred_at), utc=True)).as_unit("us").asi8
    if moments.shape != (size,):
        raise ValueError(f"{size} references and {len(moments)} instants")
    return moments
