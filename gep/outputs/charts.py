"""Bars as SVG: what counties or indicators come to. Each bar has its figure beside it, and reads in grey."""

from collections.abc import Sequence
from dataclasses import dataclass

from gep.outputs import svg
from gep.outputs.svg import Picture

WIDTH, ROW, BAR = 720.0, 30.0, 17.0
LABELS, FIGURES = 150.0, 130.0  # space left and right of the bars
# One shade for each group of services, apart in lightness, so that a grey print tells them apart.
GROUP_SHADES = {"provisioning": "#a9c77e", "regulating": "#1d6344", "cultural": "#6f9fb5", "": "#2f7a57"}


@dataclass(frozen=True)
class Bar:
    """One bar: its label, its value, the figure to be read beside it, and the group that shades it."""

    label: str
    value: float
    figure: str
    group: str = ""


def bars(rows: Sequence[Bar], *, title: str) -> Picture:
    """Return a chart of horizontal bars, in the order given; a negative one goes to the left of the line."""
    height = ROW * len(rows) + 16
    low, high = min(0.0, *(row.value for row in rows)), max(0.0, *(row.value for row in rows))
    scale = (WIDTH - LABELS - FIGURES) / (high - low) if high > low else 0.0
    zero = LABELS - low * scale
    parts = [svg.element("line", x1=zero, x2=zero, y1=4, y2=height - 8, stroke=svg.FAINT, stroke_width=0.8)]
    for number, row in enumerate(rows):
        top, length = 8 + number * ROW, abs(row.value) * scale
        middle = top + BAR / 2 + 4.5
        start = zero if row.value >= 0 else zero - length
        fill = GROUP_SHADES[row.group]
        parts += [
            svg.words(row.label, x=LABELS - 10, y=middle, text_anchor="end", size=13),
            svg.element("rect", x=start, y=top, width=max(length, 0.6), height=BAR, fill=fill, rx=1.5),
            svg.words(row.figure, x=max(zero, start + length) + 7, y=middle, size=12, fill=svg.FAINT),
        ]
    return svg.document(parts, width=WIDTH, height=height, title=title)


def legend(groups: Sequence[tuple[str, str]]) -> Picture:
    """Return the key of the groups' shades: pairs of group and the words for it."""
    parts, x = [], 4.0
    for group, told in groups:
        parts.append(svg.element("rect", x=x, y=4, width=14, height=14, fill=GROUP_SHADES[group], rx=1.5))
        parts.append(svg.words(told, x=x + 20, y=16, size=13))
        x += 32 + 13.5 * len(told)
    return svg.document(parts, width=WIDTH, height=24, title="图例 legend")
