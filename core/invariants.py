"""What must hold in the whole book at any time; ``manage.py verify`` asks every app."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from django.utils.module_loading import autodiscover_modules


class Broken(NamedTuple):
    """A row for which an invariant does not hold: which row, and what is wrong with it."""

    row: str
    what: str


class Checked(NamedTuple):
    """A number of rows that a check looked at; a check may yield it as often as it likes."""

    rows: int


Check = Callable[[], Iterable[Broken | Checked]]


@dataclass(frozen=True)
class Invariant:
    """A registered invariant: its code, what it says, and how it is checked."""

    code: str
    zh: str
    en: str
    check: Check


class Verdict(NamedTuple):
    """What a check found; ``rows`` is None where it did not count."""

    invariant: Invariant
    rows: int | None
    broken: list[Broken]

    @property
    def holds(self) -> bool:
        """Whether no row is broken."""
        return not self.broken


_registered: dict[str, Invariant] = {}


def invariant(*, code: str, zh: str, en: str) -> Callable[[Check], Check]:
    """Register a check under ``code``. It yields ``Broken(row, what)``, and ``Checked(rows)`` where it counts."""

    def register(check: Check) -> Check:
        known = _registered.get(code)
        if known is not None and known.check.__qualname__ + known.check.__module__ != (
            check.__qualname__ + check.__module__
        ):
            raise ValueError(f"the invariant {code} is registered twice")
        _registered[code] = Invariant(code=code, zh=zh, en=en, check=check)
        return check

    return register


@cache
def _discover() -> None:
    autodiscover_modules("invariants")


def registered() -> list[Invariant]:
    """Return the invariants of every app, I2 before I10."""
    _discover()
    return [_registered[code] for code in sorted(_registered, key=_in_order)]


def verify() -> Iterator[Verdict]:
    """Check every invariant, one after the other; yield what each found."""
    for one in registered():
        yield examine(one)


def examine(one: Invariant) -> Verdict:
    """Check one invariant."""
    broken: list[Broken] = []
    rows: int | None = None
    for found in one.check():
        if isinstance(found, Checked):
            rows = (rows or 0) + found.rows
        else:
            broken.append(found)
    return Verdict(invariant=one, rows=rows, broken=broken)


def _in_order(code: str) -> tuple[str, int, str]:
    letters = code.rstrip("0123456789abcdefghijklmnopqrstuvwxyz")
    digits = "".join(character for character in code if character.isdigit())
    return letters, int(digits or 0), code
