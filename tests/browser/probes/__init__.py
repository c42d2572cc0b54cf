"""Scripts that read a page from inside: each is one function, called with one value."""

from pathlib import Path


def probe(name: str) -> str:
    """Return the script ``name``."""
    return (Path(__file__).parent / f"{name}.js").read_text(encoding="utf-8")
