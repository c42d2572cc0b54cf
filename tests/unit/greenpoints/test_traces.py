"""A trace goes another way than the columns, to the same milligram."""

import json

import factor_set_2022
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_quantify import CASES

from greenpoints.quantification import bases, parameters, quantify, traces
from greenpoints.quantification.acts import ACTS


def both(basis, quantity, measures):
    """Return the answer of the columns and that of the trace."""
    columns = quantify.reductions(
        [basis], np.zeros(1, np.int64), quantity=np.array([quantity]), measures=np.array([json.dumps(measures)], object)
    )
    told = traces.trace(basis, quantity=quantity, measures=measures)
    names = ("gross_mg", "net_mg", "posted_mg", "flat_coins")
    return [int(getattr(columns, name)[0]) for name in names], [getattr(told, name) for name in names]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_worked_cases_replay_from_their_text(case):
    _, act, material, evidence, quantity, measures, gross_mg, net_mg = case
    basis = factor_set_2022.in_force().basis(act, material=material, evidence=evidence)
    told = traces.trace(bases.read(basis.content), quantity=quantity, measures=measures)
    assert (told.gross_mg, told.net_mg, told.posted_mg) == (gross_mg, net_mg, net_mg)


@st.composite
def records(draw):
    act = draw(st.sampled_from(sorted(ACTS.values(), key=lambda act: act.code)))
    numbers = st.integers(0, draw(st.sampled_from([50, 100_000, 10**9])))
    measures = {name: draw(numbers) for name, one in act.measures.items() if one.required or draw(st.booleans())}
    material = draw(st.sampled_from(act.materials or ("",)))
    return act.code, material, draw(st.sampled_from(sorted(act.evidence))), draw(numbers), measures


@given(records(), st.booleans())
def test_columns_and_trace_agree_on_any_record(record, approved):
    act, material, evidence, quantity, measures = record
    in_force = factor_set_2022.in_force() if approved else parameters.in_force(factor_set_2022.DAY)
    columns, told = both(in_force.basis(act, material=material, evidence=evidence), quantity, measures)
    assert columns == told


def test_the_steps_of_a_household():
    basis = factor_set_2022.in_force().basis("H01", material="", evidence="power_meter")
    told = traces.trace(basis, quantity=30, measures={"persons": 9, "consumption_wh": 550_000})
    values = {step.code: step.value for step in told.steps if step.code not in {"input", "figure"}}
    assert values == {
        "at_most": "7 person", "baseline": "326138400 mg", "project": "316360000 mg", "most": "86280000 mg",
        "zero_below": "550000 : 85050", "saved": "9778400 mg", "gross": "9778400 mg", "discount": "x 1.0",
        "net": "9778400 mg", "posted": "9778400 mg", "coins": "0 coin",
    }  # fmt: skip
    assert {step.formula: step.value for step in told.steps if step.code == "figure"}["grid"] == (
        "0.5752 kg/kWh = 575.2 Wh^-1 mg"
    )


def test_a_record_that_lacks_a_number_is_worth_nothing():
    basis = factor_set_2022.in_force().basis("H01", material="", evidence="power_meter")
    columns, told = both(basis, 30, {"persons": 3})
    assert columns == told == [0, 0, 0, 0]
