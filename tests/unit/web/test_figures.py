"""Numbers as people read them."""

import pytest
from django.utils.translation import override

from web import figures


@pytest.mark.parametrize(
    ("kind", "number", "chinese", "english"),
    [
        ("money", 1_234_567, "12,345.67 元", "12,345.67 CNY"),
        ("money", -5, "-0.05 元", "-0.05 CNY"),
        ("large_money", 123_456_789_012, "12.35 亿元", "1.23 bn CNY"),
        ("large_money", 123_456_789, "123.46 万元", "1.23 m CNY"),
        ("large_money", 99_999, "999.99 元", "999.99 CNY"),
        ("area", 1_944_000_000.0, "1,944.0 km²", "1,944.0 km²"),
        ("area", 25_000.0, "2.50 公顷", "2.50 ha"),
        ("area", 640.4, "640 m²", "640 m²"),
        ("mu", 10_000.0, "15.00 亩", "15.00 mu"),
        ("carbon", 2_500_000_000, "2.50 t CO₂e", "2.50 t CO₂e"),
        ("carbon", 80_000, "0.080 kg CO₂e", "0.080 kg CO₂e"),
        ("coins", 1_050, "1,050 碳币", "1,050 coins"),
        ("percent", 0.1234, "12.3 %", "12.3 %"),
        ("whole", 100_000, "100,000", "100,000"),
    ],
)
def test_a_number_and_its_unit(kind, number, chinese, english):
    with override("zh-hans"):
        assert str(figures.KINDS[kind](number)) == chinese
    with override("en"):
        assert str(figures.KINDS[kind](number)) == english


def test_halves_are_rounded_up():
    assert figures.grouped(2.5) == "3"
    assert figures.grouped("0.125", places=2) == "0.13"
