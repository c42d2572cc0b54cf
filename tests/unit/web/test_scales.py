"""Colours of the map: one class for each range, told apart by lightness alone."""

import pytest

from web.scales import GEP_SCALE, Scale

THREE = Scale(stops_fen_per_m2=(100, 200), colours=("#eeeeee", "#888888", "#222222"), without_value="#ffffff")


@pytest.mark.parametrize(
    ("fen_per_m2", "colour"),
    [(0, "#eeeeee"), (99.9, "#eeeeee"), (100, "#888888"), (200, "#222222"), (5_000, "#222222"), (None, "#ffffff")],
)
def test_the_class_of_a_value(fen_per_m2, colour):
    assert THREE.colour(fen_per_m2) == colour


def test_the_legend_names_every_class_in_yuan():
    assert [row["range"] for row in THREE.classes()] == ["< 1.00", "1.00–2.00", "≥ 2.00"]


def lightness(colour: str) -> float:
    """Return the relative luminance of an sRGB colour as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_each_class_is_darker_than_the_one_before():
    steps = [lightness(colour) for colour in GEP_SCALE.colours]
    assert all(high - low > 0.05 for high, low in zip(steps, steps[1:], strict=False))
