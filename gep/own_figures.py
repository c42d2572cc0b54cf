"""Figures that an account brings itself: each must be one that the method takes, or it would have no effect unseen."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from core.coefficients import CoefficientTable, load
from gep import ecosystems, price_years
from gep.method_profiles import indicator_list, switches

TABLES = Path(__file__).parent / "coefficients"
RATIOS = "valuation_ratios"


class FigureUnknown(ValueError):
    """An account's own row whose key no method asks for; the text names the row and what is spelt alike."""


def refuse_unknown(own: CoefficientTable) -> None:
    """Refuse a row that would have no effect: a misspelt key, or of a table that no account reads."""
    for row in own.rows():
        if row.key in known() or _of_class(row.key):
            continue
        alike = get_close_matches(row.key, sorted(known() | _by_class()), n=2, cutoff=0.7)
        hint = f"; there is {' and '.join(alike)}" if alike else ""
        raise FigureUnknown(
            f"{own.name}: the row {row.key!r} in {row.region} from {row.valid_from.isoformat()} is no figure of the "
            f"method{hint}"
        )


@cache
def known() -> frozenset[str]:
    """Return the keys that an account may state, but for those that go by class."""
    return frozenset([*_built_in(), *_wanted(), *_prices(), *_ratios()])


@cache
def _by_class() -> frozenset[str]:
    """The beginnings of keys that end with the code of a class, as ``<beginning>.<class>``."""
    beginnings = {key.rpartition(".")[0] for key in _built_in() if key.rpartition(".")[2] in ecosystems.BY_CODE}
    wanted = {key.removesuffix(".") for key in _wanted() if key.endswith(".")}
    return frozenset(f"{beginning}.<class>" for beginning in beginnings | wanted)


def _of_class(key: str) -> bool:
    beginning, _, code = key.rpartition(".")
    return code in ecosystems.BY_CODE and f"{beginning}.<class>" in _by_class()


@cache
def _built_in() -> tuple[str, ...]:
    tables = [path for name in indicator_list() if (path := TABLES / f"{name}.csv").is_file()]
    return tuple(f"{path.stem}.{key}" for path in tables for key in dict.fromkeys(row.key for row in load(path).rows()))


def _wanted() -> Iterator[str]:
    """What variants want and no built-in table need have."""
    for name, listed in indicator_list().items():
        for way in listed.variants.values():
            yield from (f"{name}.{figure}" for figure in way.figures)


def _prices() -> Iterator[str]:
    yield from (f"prices.{key}" for key in [*load(TABLES / "prices.csv").keys(), *price_years.items()])
    yield from (f"{price_years.INDICES}.{index}" for index in set(price_years.items().values()) if index)


def _ratios() -> Iterator[str]:
    basis = switches()["valuation_basis"]
    yield from (f"{RATIOS}.{value}.{name}" for value in basis.values[1:] for name in basis.indicators)
