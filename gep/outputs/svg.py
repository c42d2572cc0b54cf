"""Small pieces of SVG: shapes and words, with figures that stay short."""

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

FONTS = "'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', 'SimHei', sans-serif"
INK, FAINT = "#16382d", "#5d6b63"


class Picture(str):
    """An SVG document, which a notebook shows as the picture that it is."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)


def element(name: str, content: str = "", **attributes: object) -> str:
    """Return an element; underscores in attribute names become hyphens."""
    told = "".join(f" {key.rstrip('_').replace('_', '-')}={quoteattr(_text(of))}" for key, of in attributes.items())
    return f"<{name}{told}>{content}</{name}>" if content else f"<{name}{told}/>"


def words(text: str, *, x: float, y: float, size: float = 12, **attributes: object) -> str:
    """Return a line of text at a place."""
    return element("text", escape(text), x=x, y=y, font_size=size, **{"fill": INK, **attributes})


def wrapped(text: str, *, width: float, size: float) -> list[str]:
    """Return the text in lines that fit; a Chinese character is as wide as it is high, others about half."""
    lines, room = [""], width
    for piece in re.findall(r"[\u2e80-\uffff]|[^\u2e80-\uffff\s]+|\s", text):
        wide = size * sum(1.0 if char > "\u2e7f" else 0.55 for char in piece)
        if wide > room and lines[-1]:
            lines, room = [*lines, ""], width
        if piece.strip() or lines[-1]:
            lines[-1] += piece
            room -= wide
    return [line.rstrip() for line in lines]


def document(parts: Iterable[str], *, width: float, height: float, title: str) -> Picture:
    """Return the picture, with the title that a screen reader says."""
    content = element("title", escape(title)) + "".join(parts)
    whole = element(
        "svg", content, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_text(width)} {_text(height)}",
        width=width, height=height, font_family=FONTS, role="img",
    )  # fmt: skip
    return Picture(whole)


def _text(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
