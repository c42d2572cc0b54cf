"""The four things the book counts, each in one whole unit that never changes."""

from enum import IntEnum

ID_STEP = 8


class Asset(IntEnum):
    """What an account holds; an account's id leaves this number when divided by eight."""

    CO2E = 1
    COIN = 2
    FEN = 3
    UNIT = 4


PREFIXES = {"co2e": Asset.CO2E, "coin": Asset.COIN, "fen": Asset.FEN, "unit": Asset.UNIT}
UNITS = {Asset.CO2E: "mg", Asset.COIN: "coin", Asset.FEN: "fen", Asset.UNIT: "kg"}


def asset_of(code: str) -> Asset:
    """Return the asset that an account ``code`` begins with; ValueError where it begins with none."""
    prefix, colon, path = code.partition(":")
    if not colon or not path or prefix not in PREFIXES:
        raise ValueError(f"an account code is one of {', '.join(PREFIXES)}, a colon and a path, not {code!r}")
    return PREFIXES[prefix]
