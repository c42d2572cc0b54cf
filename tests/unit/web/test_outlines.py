"""Shapes on pages and in tiles."""

import shapely

from web import outlines


def test_below_zoom_12_vertices_closer_than_a_unit_of_the_tile_go():
    # One unit at zoom 10 is 360 / 1024 / 4096 = 0.0000858 degrees; the bump is lower.
    bump = shapely.Polygon([(0, 0), (0.05, 0.00007), (0.1, 0), (0.1, 0.1), (0, 0.1)])
    assert shapely.get_num_coordinates(outlines.generalised([bump], zoom=10)[0]) == 5
    assert outlines.generalised([bump], zoom=12) == [bump]
    assert outlines.generalised([], zoom=10) == []


def test_a_figure_of_two_shapes_and_what_they_share_is_drawn_to_one_scale():
    one, two = shapely.box(117.00, 27.7, 117.02, 27.72), shapely.box(117.01, 27.7, 117.03, 27.72)
    figure = outlines.figure([one, two, shapely.intersection(one, two)])
    assert len(figure["paths"]) == 3
    assert all(path.startswith("M") and path.endswith("Z") for path in figure["paths"])
