"""Conditions: what is refused before it runs, and that a missing fact is a question."""

import pytest

from policy import conditions
from policy.conditions import Answer, ConditionInvalid, FactInvalid, Kind

KINDS = {
    "a.count": Kind.INTEGER,
    "a.flag": Kind.YES_NO,
    "a.name": Kind.TEXT,
    "a.day": Kind.DAY,
}


def ask(expression, **facts):
    known = conditions.clean({"a": facts}, kinds=KINDS)
    return conditions.answer(expression, paths=conditions.check(expression, kinds=KINDS), facts=known)


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("a.count > 1.5", id="a double"),
        pytest.param("a.count > 1e3", id="a double in disguise"),
        pytest.param("a.count > 9223372036854775808", id="over 64 bits"),
        pytest.param("a.count > 1u", id="an unsigned number"),
        pytest.param("a.name == 1", id="text with number"),
        pytest.param("a.flag == 'yes'", id="yes or no with text"),
        pytest.param("a.day == a.name", id="day with text"),
        pytest.param("size(a.name) > 3", id="size counts bytes"),
        pytest.param("has(a.name)", id="asks whether a fact is missing"),
        pytest.param("a.name == null", id="null"),
        pytest.param("a.name.matches('x+')", id="regular expressions"),
        pytest.param("['x'].exists(x, x == a.name)", id="comprehension"),
        pytest.param("a.other > 1", id="an undeclared fact"),
        pytest.param("a.count.startsWith('1')", id="a text test of a number"),
        pytest.param("1 < 2", id="asks for nothing"),
        pytest.param("a.count >", id="not complete"),
        pytest.param("(" * 9 + "a.flag" + ")" * 9, id="nested too deep"),
        pytest.param("a.flag && " * 60 + "a.flag", id="too long"),
        pytest.param('a.name == "x\\u0000"', id="escapes"),
    ],
)
def test_refused_before_it_runs(expression):
    with pytest.raises(ConditionInvalid):
        conditions.check(expression, kinds=KINDS)


@pytest.mark.parametrize(
    ("expression", "facts", "expected"),
    [
        ("a.count >= 3", {"count": 3}, Answer.MET),
        ("a.count >= 3", {"count": 2}, Answer.NOT_MET),
        ("a.count >= 3", {}, Answer.UNKNOWN),
        ("a.count >= 3", {"count": None}, Answer.UNKNOWN),
        ("!a.flag", {}, Answer.UNKNOWN),
        ("a.flag && a.count > 0", {"flag": False}, Answer.NOT_MET),
        ("a.count > 0 && a.flag", {"flag": False}, Answer.NOT_MET),
        ("a.flag && a.count > 0", {"flag": True}, Answer.UNKNOWN),
        ("a.flag || a.count > 0", {"flag": True}, Answer.MET),
        ("a.count > 0 || a.flag", {"flag": True}, Answer.MET),
        ("a.flag || a.count > 0", {"flag": False}, Answer.UNKNOWN),
        ("a.name.startsWith('抚州')", {"name": "抚州市"}, Answer.MET),
        ("a.name in ['x', 'y']", {"name": "z"}, Answer.NOT_MET),
        ("a.day <= 20221130", {"day": "2022-11-30"}, Answer.MET),
        ("a.day <= 20221130", {"day": 20221201}, Answer.NOT_MET),
    ],
)
def test_answers(expression, facts, expected):
    assert ask(expression, **facts) is expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", 2**63),
        ("count", True),
        ("count", 1.0),
        ("count", "1"),
        ("flag", 1),
        ("day", "2023-02-29"),
        ("day", 20230229),
        ("name", 7),
        ("other", 1),
    ],
)
def test_wrong_facts_are_refused_by_name(name, value):
    with pytest.raises(FactInvalid) as refused:
        conditions.clean({"a": {name: value}}, kinds=KINDS)
    assert refused.value.name == f"a.{name}"


def test_overflow_is_an_error_and_never_a_no():
    with pytest.raises(conditions.ConditionUnanswerable):
        ask("a.count + 1 > 0", count=2**63 - 1)
