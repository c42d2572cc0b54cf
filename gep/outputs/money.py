"""Money in the words of a yearbook: 万元 and 亿元 to read, yuan to the fen to be exact."""

from core.units import FEN_PER_YUAN

FEN_PER_WAN = FEN_PER_YUAN * 10_000
FEN_PER_YI = FEN_PER_WAN * 10_000


def exact(fen: int) -> str:
    """Return yuan with two decimals, by whole numbers alone: 123456 is 1,234.56."""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02d}"


def yi(fen: float, *, decimals: int = 4) -> str:
    """Return 亿元, rounded."""
    return f"{fen / FEN_PER_YI:,.{decimals}f}"


def wan(fen: float, *, decimals: int = 2) -> str:
    """Return 万元, rounded."""
    return f"{fen / FEN_PER_WAN:,.{decimals}f}"
