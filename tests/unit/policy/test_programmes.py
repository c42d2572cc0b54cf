"""Every programme: read strictly, worked case by case, and its conditions read the same by a second engine."""

import celpy
import pytest

from policy import assessment, case_files, programme_files
from policy.conditions import Answer, nested
from policy.programme_files import ProgrammeInvalid

PROGRAMMES = programme_files.load_folder()
BY_CODE = {programme.code: programme for programme in PROGRAMMES}
CASES = case_files.load_folder()
GREEN = (programme_files.FOLDER / "cert-green-2022.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.programme}: {case.id}")
def test_worked_case(case):
    programme = BY_CODE[case.programme]
    assert programme.in_force(case.day)
    assert case_files.run(programme, (case,)) == []


@pytest.mark.parametrize("programme", PROGRAMMES, ids=lambda programme: programme.code)
def test_every_condition_has_a_case_that_passes_and_one_that_fails(programme):
    results = [
        (one.id, one.result)
        for case in case_files.of(programme)
        for one in assessment.assess(programme, case.facts).conditions
    ]
    for condition in programme.conditions:
        assert (condition.id, Answer.MET) in results
        assert (condition.id, Answer.NOT_MET) in results


def second_opinion(expression, *, paths, facts):
    environment = celpy.Environment()
    runner = environment.program(environment.compile(expression))
    tree = celpy.json_to_cel(nested(facts, paths=paths))
    try:
        return Answer.MET if runner.evaluate(tree) else Answer.NOT_MET
    except celpy.CELEvalError:
        return Answer.UNKNOWN


@pytest.mark.parametrize("programme", PROGRAMMES, ids=lambda programme: programme.code)
def test_a_second_engine_reads_every_condition_the_same(programme):
    for case in case_files.of(programme):
        answer = assessment.assess(programme, case.facts)
        for condition, one in zip(programme.conditions, answer.conditions, strict=True):
            known = {path: value for path, value in answer.facts.items() if path in condition.facts}
            assert second_opinion(condition.cel, paths=condition.facts, facts=known) is one.result, condition.id


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("version: 1", "version: 1\nversion: 2", "stand once"),
        ("version: 1", "version: 1\nmood: good", "unknown keys"),
        ("period: once", "period: monthly", "period"),
        ("green.new: 1000000", "green.new: 1000000.0", "whole number"),
        ("notice_days: 10\n", "", "missing keys"),
        ("source: linchuan-cert-2022 奖补对象", "source: hearsay", "does not begin with"),
        ("id: C2_window", "id: C1_district", "same id"),
        ("e.county_code == '361002'", "e.county == '361002'", "not declared"),
        ("confirmed: true", "confirmed: perhaps", "confirmed"),
        ("to: 2023-01-01", "to: 2021-01-01", "before"),
        ("demo: false", "demo: true", "演示"),
        ("demo: false", "demo: &x false", "anchors"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name(was, becomes, told):
    with pytest.raises(ProgrammeInvalid, match=told) as refused:
        programme_files.read(GREEN.replace(was, becomes, 1), name="broken.yaml")
    assert "broken.yaml" in str(refused.value)


def test_two_versions_never_share_a_day():
    later = programme_files.read(GREEN.replace("version: 1", "version: 2"), name="later.yaml")
    with pytest.raises(ProgrammeInvalid, match="two versions are in force"):
        programme_files.check_versions([BY_CODE["CERT-GREEN-2022"], later])


def test_every_label_of_a_demo_programme_says_so():
    demo = BY_CODE["DEMO-RIGHT-SALE"]
    texts = [demo.name_zh, demo.summary_zh, *(condition.msg_zh for condition in demo.conditions)]
    assert all("演示" in text for text in texts)
    assert demo.confirmed is False


def test_a_question_names_the_missing_fact_in_both_languages():
    case = next(case for case in CASES if case.id == "where the seller is registered is not known")
    answer = assessment.assess(BY_CODE[case.programme], case.facts)
    assert [question.fact for question in answer.questions] == ["sale.seller_county_code"]
    assert answer.questions[0].ask_zh == "转让方登记在哪个区县（代码）？"
    assert answer.amount_fen is None
