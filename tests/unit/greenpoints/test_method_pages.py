"""Every act has a worked case whose figures are written out, and a page that is up to date."""

import json

import factor_set_2022
import numpy as np
import pytest

from greenpoints.quantification import names, quantify, worked_cases
from greenpoints.quantification.acts import ACTS, DERIVED
from tooling import method_pages


def test_every_act_has_a_worked_case():
    assert list(worked_cases.of_each_act()) == list(ACTS)


@pytest.mark.parametrize("act", ACTS)
def test_worked_case_of_the_act(act):
    case = worked_cases.of_each_act()[act]
    basis = factor_set_2022.in_force().basis(act, material=case.material, evidence=case.evidence)
    answer = quantify.reductions(
        [basis],
        np.zeros(1, np.int64),
        quantity=np.array([case.quantity]),
        measures=np.array([json.dumps(dict(case.measures))], object),
    )
    assert [int(column[0]) for column in (answer.gross_mg, answer.net_mg, answer.flat_coins)] == [
        case.gross_mg, case.net_mg, case.coins,
    ]  # fmt: skip


def test_the_pages_of_the_acts_are_up_to_date():
    assert method_pages.main(["--check"]) == 0


def test_every_name_of_a_formula_has_words():
    in_force = factor_set_2022.in_force()
    used = {name for act in ACTS.values() for name in act.measures} | set(DERIVED) | {"quantity", "factor"}
    used |= {name for name in in_force.figures if not name.startswith("season.")}
    assert {name for name in used if names.word(name, english=False) == name} == set()
    assert names.in_words("grid * quantity / car_occupancy", english=False) == "电力因子 × 数量 ÷ 小汽车载客数"
    assert names.in_words("grid * persons", english=True) == "electricity factor × persons of the household"
