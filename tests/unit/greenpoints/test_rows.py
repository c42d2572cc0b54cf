"""Hostile and careless lines: each becomes one refused row with its reason, and its neighbours live."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenpoints.screening import rows

GOOD = {
    "external_id": "ev-1", "act": "M02", "subject_ref": "syn-1", "started_at": "2026-11-20T08:00:00+08:00",
    "ended_at": "2026-11-20T08:15:00+08:00", "quantity": 3200, "unit": "m",
    "evidence": {"type": "operator_record", "ref": "p1"},
}  # fmt: skip
LINE = json.dumps(GOOD)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param(LINE.replace('"quantity": 3200', '"quantity": 1, "quantity": 3200'), "duplicate_key", id="T11"),
        pytest.param(LINE.replace('"ref": "p1"', '"ref": "p1", "ref": "p2"'), "duplicate_key", id="inner key twice"),
        pytest.param(LINE.replace("3200", "NaN"), "not_a_whole_number", id="NaN"),
        pytest.param(LINE.replace("3200", "-Infinity"), "not_a_whole_number", id="Infinity"),
        pytest.param(LINE.replace("3200", "3200.0"), "not_a_whole_number", id="float"),
        pytest.param(LINE.replace("3200", "1e3"), "not_a_whole_number", id="exponent"),
        pytest.param(LINE.replace("3200", "true"), "not_a_whole_number", id="true is not 1"),
        pytest.param(LINE.replace("3200", '"3200"'), "not_a_whole_number", id="text"),
        pytest.param(LINE.replace("3200", "9" * 400), "number_too_large", id="huge int"),
        pytest.param(LINE.replace("3200", "1000000001"), "number_too_large", id="beyond any quantity"),
        pytest.param(LINE.replace("syn-1", "syn\\u0000"), "bad_text", id="NUL"),
        pytest.param(LINE.replace("syn-1", "\\ud800"), "bad_text", id="lone surrogate"),
        pytest.param(LINE.replace("ev-1", "x" * 65), "bad_text", id="long id"),
        pytest.param(LINE.replace("ev-1", ""), "bad_text", id="empty id"),
        pytest.param(LINE.replace("ev-1", "=cmd()"), "bad_text", id="formula"),
        pytest.param(LINE.replace("08:00:00+08:00", "08:00:00"), "bad_time", id="no offset"),
        pytest.param(LINE.replace("2026-11-20T08:00", "2026-02-30T08:00"), "bad_time", id="no such day"),
        pytest.param(LINE.replace("2026-11-20T08:00", "0001-01-01T00:00"), "bad_time", id="year 1"),
        pytest.param(LINE.replace('"act"', '"colour": "red", "act"'), "unknown_field", id="unknown field"),
        pytest.param(LINE.replace('"unit": "m", ', ""), "missing_field", id="missing field"),
        pytest.param(
            LINE.replace('{"type": "operator_record", "ref": "p1"}', '"photo"'), "bad_evidence", id="evidence"
        ),
        pytest.param(LINE[:-3], "not_json", id="cut off"),
        pytest.param("[" * 1_900, "not_json", id="deep"),
        pytest.param("[1]", "not_an_object", id="array"),
        pytest.param(LINE.replace("syn-1", "y" * 3_000), "line_too_long", id="long line"),
    ],
)
def test_a_bad_line_is_one_refused_row(line, reason):
    parsed = rows.parse(f"{LINE}\n{line}\n\n{LINE.replace('ev-1', 'ev-2')}\n".encode())
    assert parsed.external_id.tolist() == ["ev-1", "ev-2"]
    assert parsed.line.tolist() == [1, 4]
    assert [(number, told) for number, _, told in parsed.bad] == [(2, reason)]


def test_bytes_that_are_not_utf8():
    assert rows.parse(b"\xff\xfe{}").bad == ((1, "", "not_utf8"),)


def test_the_id_of_a_bad_line_is_told_where_it_can_be_seen():
    assert rows.parse(LINE.replace("3200", "NaN").encode()).bad == ((1, "ev-1", "not_a_whole_number"),)


def test_a_good_line_as_columns():
    parsed = rows.parse(LINE.encode())
    assert parsed.bad == ()
    assert parsed.started_us.tolist() == [1_795_132_800_000_000]  # 2026-11-20T00:00:00Z
    assert parsed.ended_us.tolist() == [1_795_133_700_000_000]
    assert parsed.quantity.tolist() == [3200]
    assert (parsed.evidence[0], parsed.evidence_ref[0], parsed.place[0]) == ("operator_record", "p1", "")


def test_layout_and_offset_do_not_change_the_fingerprint_and_content_does():
    other_layout = json.dumps(dict(reversed(GOOD.items())), separators=(",", ":"))
    same_instant = LINE.replace("T08:00:00+08:00", "T00:00:00Z")
    other_content = LINE.replace("3200", "3201")
    parsed = rows.parse("\n".join([LINE, other_layout, same_instant, other_content]).encode())
    first, *same, other = parsed.fingerprint.tolist()
    assert same == [first, first]
    assert other != first


def test_nothing_at_all():
    assert len(rows.parse(b"")) == 0


TEXT = st.text(st.sampled_from('abZ09._:-/ \\"\u00e9'), max_size=6)
MEMBERS = st.fixed_dictionaries(
    {
        "external_id": TEXT, "act": st.sampled_from(["M02", "", "x/y"]), "subject_ref": TEXT,
        "started_at": st.sampled_from(["2026-11-20T08:00:00+08:00", "2026-02-30T08:00:00+08:00", "2Z"]),
        "ended_at": st.sampled_from(["2026-11-20T08:15:00+08:00", "2026-11-20T24:00:00+08:00", "x"]),
        "quantity": st.one_of(st.integers(-(10**10), 10**10), st.just(1.5), st.just(True)),
        "unit": st.sampled_from(["m", "km/h", "-"]),
        "evidence": st.sampled_from([{"type": "scale"}, {"type": "scale", "ref": "r"}, {"ref": "r", "type": "s"}, {}]),
    },
    optional={
        "material": TEXT, "place": st.sampled_from(["wtdeyu", "wtdeyu0", "a"]), "device": TEXT, "asset_ref": TEXT,
        "counterpart_ref": TEXT, "colour": TEXT,
    },
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(MEMBERS, min_size=1, max_size=6), st.booleans(), st.booleans())
def test_plain_lines_are_read_as_any_other_json(lines, compact, shuffled):
    """The strict reader alone, asked by members in another order, says the same of every line."""
    separators = (",", ":") if compact else (", ", ": ")
    texts = [json.dumps(line, separators=separators) for line in lines]
    backwards = [json.dumps(dict(reversed(line.items())), separators=separators) for line in lines]
    one, other = (rows.parse("\n".join(part).encode()) for part in (texts, backwards))
    assert one.bad == other.bad
    for name in one.__dataclass_fields__:
        if name != "bad":
            assert getattr(one, name).tolist() == getattr(other, name).tolist()


def test_a_member_given_twice_is_refused_in_a_plain_line_too():
    line = LINE[:-1] + ', "device": "d1", "device": "d2"}'
    assert rows.parse(line.encode()).bad == ((1, "ev-1", "duplicate_key"),)
