"""Overlaps that the matrix forbids, on the case W22: a parcel of 400 by 200 m in EPSG:4548."""

from datetime import date

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from marketplace import exclusion
from marketplace.exclusion import Claim

EAST, NORTH = 480_000, 3_080_000  # a corner in Zixi, metres in EPSG:4548
DAY = date(2026, 1, 9)
RULES = exclusion.matrix(on=DAY)


def strip(west: float, east: float):
    return shapely.box(EAST + west, NORTH, EAST + east, NORTH + 200)


def claim(code, west, east, *, kind="forest_tenure", since=date(2020, 1, 1), until=None, consents=()):
    return Claim(code, kind, strip(west, east), since, until, frozenset(consents))


PLEDGED = claim("pledged", 300, 400)


def check(candidate, *others):
    return exclusion.check(candidate, others, rules=RULES, crs="EPSG:4548")


def test_w22_twenty_metres_too_far_is_six_mu():
    verdict = check(claim("new", 0, 320), PLEDGED)
    [conflict] = verdict.conflicts
    assert conflict.code == "pledged"
    assert conflict.area_m2 == pytest.approx(4_000, abs=1e-6)
    assert conflict.area_mu == pytest.approx(6, abs=1e-9)
    assert exclusion.to_metres(conflict.geometry).bounds == pytest.approx(
        (EAST + 300, NORTH, EAST + 320, NORTH + 200), abs=1e-3
    )


def test_w22_up_to_the_boundary_is_accepted():
    accepted = claim("new", 0, 300)
    assert check(accepted, PLEDGED) == exclusion.Verdict((), ())
    assert exclusion.area_m2(accepted.geometry, crs="EPSG:4548") == 60_000  # 90 mu


def test_w22_a_sliver_is_accepted_and_told():
    sliver = Claim("new", "forest_tenure", shapely.box(EAST, NORTH, EAST + 300.0015, NORTH + 200), date(2020, 1, 1))
    verdict = check(sliver, PLEDGED)
    assert verdict.conflicts == ()
    assert verdict.slivers[0].area_m2 == pytest.approx(0.3, abs=1e-6)


@pytest.mark.parametrize(
    ("smaller_m2", "tolerance_m2"),
    [pytest.param(1_000, 1.0, id="one square metre"), pytest.param(20_000, 10.0, id="five in ten thousand")],
)
def test_tolerance(smaller_m2, tolerance_m2):
    assert exclusion.tolerance_m2(smaller_m2) == pytest.approx(tolerance_m2)


@pytest.mark.parametrize(
    ("kind", "other", "forbidden"),
    [
        pytest.param("forest_tenure", "forest_carbon", False, id="tenure beside carbon"),
        pytest.param("forest_carbon", "carbon_inclusion", True, id="one tonne counted twice"),
        pytest.param("standing_timber", "forest_carbon", True, id="felling what stores carbon"),
        pytest.param("vep_bundle", "understory", True, id="a bundle takes all"),
        pytest.param("forest_tenure", "understory", True, id="needs consent, none given"),
    ],
)
def test_kinds(kind, other, forbidden):
    verdict = check(claim("new", 0, 100, kind=kind), claim("old", 0, 100, kind=other))
    assert bool(verdict.conflicts) is forbidden


@pytest.mark.parametrize(("mine", "theirs"), [(("old",), ()), ((), ("new",))])
def test_consent_of_either_side_lifts_a_rule_that_asks_for_it(mine, theirs):
    new = claim("new", 0, 100, kind="understory", consents=mine)
    old = claim("old", 0, 100, consents=theirs)
    assert check(new, old).conflicts == ()


def test_consent_does_not_lift_an_exclusion():
    assert check(claim("new", 0, 100, consents=("old",)), claim("old", 0, 100)).conflicts


def test_periods_are_half_open():
    ended = claim("old", 0, 100, until=date(2026, 1, 1))
    assert check(claim("new", 0, 100, since=date(2026, 1, 1)), ended).conflicts == ()
    assert check(claim("new", 0, 100, since=date(2025, 12, 31)), ended).conflicts


def test_a_kind_that_the_matrix_does_not_name_is_taken_as_excluding():
    assert check(claim("new", 0, 100, kind="unheard_of"), PLEDGED, claim("old", 0, 50)).conflicts


def test_the_matrix_names_every_pair_once():
    kinds = {kind for pair in RULES for kind in pair}
    assert len(kinds) == 8
    assert len(RULES) == 36


def test_no_rule_is_in_force_before_the_platform():
    assert exclusion.matrix(on=date(2017, 7, 31)) == {}


def test_two_rules_for_one_pair_are_refused(tmp_path):
    path = tmp_path / "exclusions.csv"
    path.write_text("kind,other,rule,valid_from,valid_to,source\na,b,ok,2020-01-01,,s\nb,a,excludes,2021-01-01,,s\n")
    assert exclusion.matrix(on=date(2020, 6, 1), path=path) == {frozenset("ab"): "ok"}
    with pytest.raises(exclusion.BadExclusionTable, match="two rules"):
        exclusion.matrix(on=date(2021, 6, 1), path=path)


@given(st.tuples(st.integers(0, 40), st.integers(1, 40)), st.tuples(st.integers(0, 40), st.integers(1, 40)))
def test_conflict_is_mutual(first, second):
    one = claim("one", first[0], first[0] + first[1])
    two = claim("two", second[0], second[0] + second[1])
    assert [o.area_m2 for o in check(one, two).conflicts] == [o.area_m2 for o in check(two, one).conflicts]
