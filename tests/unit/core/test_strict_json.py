"""JSON is read with exactly one meaning, or refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.json import InvalidJson, canonical, loads_strict


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"{}", {}),
        (b'{"a": [1, -2.5, true, null, "x"]}', {"a": [1, -2.5, True, None, "x"]}),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        ('"e\u0301"'.encode(), "\u00e9"),
        (b'"\\ud83c\\udf32"', "\U0001f332"),
        (b'"[[[[[["', "[[[[[["),
        (b'{"a": "\\"[{"}', {"a": '"[{'}),
        (b"[" * 32 + b"]" * 32, json.loads("[" * 32 + "]" * 32)),
    ],
)
def test_good_json_is_read(raw, value):
    assert loads_strict(raw) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b'{"a": 1, "a": 1}',
        '{"\u00e9": 1, "e\u0301": 2}'.encode(),
        b"NaN",
        b"[Infinity]",
        b"1e400",
        b"9223372036854775808",
        b"9" * 5_000,
        b'"\\u0000"',
        b'{"\\u0000": 1}',
        b'"\\ud800"',
        '"\u202e"'.encode(),
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"[" * 33 + b"]" * 33,
        b"[" * 1_000_000,
        b'[1, 2] "',
        b"[" + b"1," * 10_000 + b"1]",
    ],
    ids=lambda raw: repr(raw[:20]),
)
def test_bad_json_is_refused(raw):
    """Traps T10 and T11: doubled keys, numbers without end, NUL, lone surrogates."""
    with pytest.raises(InvalidJson):
        loads_strict(raw)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text("abc\u4e2d\u00e9[]{}\"\\", max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(VALUES)
def test_every_value_of_ours_comes_back_from_its_one_spelling(value):
    assert loads_strict(canonical(value)) == value
