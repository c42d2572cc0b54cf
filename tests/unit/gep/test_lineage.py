"""What old parcels became: shares by area that add up, noise left out, what is lost told."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gep import lineage


def boxes(*sides):
    return np.array([shapely.box(west, 0, east, 100) for west, east in sides], dtype=object)


def edges(found):
    return [
        (parent, child, pytest.approx(area), pytest.approx(share))
        for parent, child, area, share in zip(
            found.parent.tolist(), found.child.tolist(), found.area_m2.tolist(), found.share.tolist(), strict=True
        )
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param([(0, 100)], [(0, 25), (25, 100)], [(0, 0, 2_500, 0.25), (0, 1, 7_500, 0.75)], id="split"),
        pytest.param([(0, 60), (60, 100)], [(0, 100)], [(0, 0, 6_000, 1), (1, 0, 4_000, 1)], id="merged"),
        pytest.param([(0, 100)], [(0, 90)], [(0, -1, 1_000, 0.1), (0, 0, 9_000, 0.9)], id="a part lost"),
        pytest.param([(0, 100)], [(200, 300)], [(0, -1, 10_000, 1)], id="gone"),
        pytest.param([(0, 100)], [], [(0, -1, 10_000, 1)], id="nothing new"),
        pytest.param([], [(0, 100)], [], id="nothing old"),
        pytest.param([(0, 100)], [(0, 99.999), (99.999, 200)], [(0, 0, 9_999.9, 1)], id="a sliver is noise"),
    ],
)
def test_what_became_of_what(old, new, expected):
    assert edges(lineage.trace(boxes(*old), boxes(*new))) == expected


@given(st.lists(st.integers(1, 999), min_size=0, max_size=6, unique=True), st.integers(0, 300))
def test_the_shares_of_a_parcel_add_up_to_one(cuts, shift):
    borders = [0, *sorted(cuts), 1_000]
    new = boxes(*((west + shift, east + shift) for west, east in zip(borders, borders[1:], strict=False)))
    found = lineage.trace(boxes((0, 500), (500, 1_000)), new)
    for parent in (0, 1):
        assert found.share[found.parent == parent].sum() == pytest.approx(1, abs=1e-9)
