"""Hostile geometry (trap T14): it is refused, and the process that asked lives on."""

import struct

import pytest
import shapely

from core import geometry_gate
from core.geometry_gate import GeometryUnreadable

SQUARE = shapely.box(116, 27, 117, 28)


def nested_wkb(depth):
    return struct.pack("<BII", 1, 7, 1) * depth + shapely.to_wkb(shapely.Point(0, 0))


@pytest.mark.parametrize(
    ("form", "raw"),
    [
        ("wkt", shapely.to_wkt(SQUARE).encode()),
        ("wkb", shapely.to_wkb(SQUARE)),
        ("geojson", shapely.to_geojson(SQUARE).encode()),
    ],
)
def test_what_is_harmless_is_read(form, raw):
    assert geometry_gate.read(raw, form=form).equals(SQUARE)


@pytest.mark.parametrize(
    ("form", "raw", "reason"),
    [
        ("wkt", b"GEOMETRYCOLLECTION(" * 50_000 + b"POINT(0 0)" + b")" * 50_000, "nested too deep"),
        ("geojson", b'{"type":"GeometryCollection","geometries":[' * 20_000, "nested too deep"),
        ("geojson", b"[" * 1_000_000, "nested too deep"),
        ("wkt", b"LINESTRING(" + b"0 0," * 60_000 + b"1 1)", "too many vertices"),
        ("wkb", b"\0" * 2_000_000, "too many vertices"),
        ("wkt", b" " * (8 * 1024 * 1024 + 1), "too large"),
        ("wkt", b"", "empty"),
    ],
)
def test_it_is_refused_unparsed(form, raw, reason):
    with pytest.raises(GeometryUnreadable) as refused:
        geometry_gate.look_over(raw, form=form)
    assert refused.value.detail["reason"] == reason


def test_the_death_of_the_child_is_a_refusal():
    # 150,000 levels in 1.35 MB pass the look over the bytes, and overflow the stack of whoever parses them.
    with pytest.raises(GeometryUnreadable) as refused:
        geometry_gate.read(nested_wkb(150_000), form="wkb")
    assert refused.value.detail["reason"]


@pytest.mark.parametrize(
    ("form", "raw"), [("wkt", b"POLYGON((0 0"), ("wkb", b"\1\2\3"), ("geojson", b'{"type":"\xff"}')]
)
def test_garbage_is_a_refusal(form, raw):
    with pytest.raises(GeometryUnreadable):
        geometry_gate.read(raw, form=form)
