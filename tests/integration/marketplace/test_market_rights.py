"""The register of rights: what it refuses, what it remembers."""

from datetime import date

import pytest
import shapely
from django.db import IntegrityError, connection, transaction
from small_market import PUBLISHED, publish, register, strip

from core.geometry import GeometryRefused
from marketplace import queries, rights
from marketplace.models import Right, RightChange

pytestmark = pytest.mark.django_db


def test_w22_another_holders_overlap_is_refused_with_its_measure():
    register("pledged", 300, 400, holder="other")
    with pytest.raises(rights.RightsConflict) as refused:
        register("new", 0, 320)
    [conflict] = refused.value.detail["conflicts"]
    assert (conflict["right"], conflict["area_m2"], conflict["area_mu"]) == ("pledged", 4_000.0, 6.0)
    assert shapely.geometry.shape(conflict["intersection"]).is_valid
    assert not Right.objects.filter(code="new").exists()


def test_w22_up_to_the_boundary_and_a_sliver_are_accepted():
    register("pledged", 300, 400, holder="other")
    assert register("new", 0, 300).area_m2 == pytest.approx(60_000, abs=0.01)
    register("strip", 400, 499, holder="third")
    register("sliver", 498.9985, 600, holder="other")
    noted = RightChange.objects.get(right__code="sliver")
    assert noted.detail["slivers"] == [{"right": "strip", "area_m2": pytest.approx(0.3, abs=0.01)}]


def test_land_far_away_and_other_years_do_not_conflict():
    register("a", 0, 100, valid_to=date(2030, 1, 1), holder="other")
    register("b", 0, 100, valid_from=date(2030, 1, 1))
    register("c", 5_000, 5_100, holder="other")
    assert Right.objects.count() == 3


def test_consent_in_writing_lets_understory_beside_tenure():
    register("tenure", 0, 100, holder="other")
    with pytest.raises(rights.RightsConflict):
        register("mushrooms", 0, 100, kind="understory")
    register("mushrooms", 0, 100, kind="understory", consents=("tenure",))


def test_transfer_moves_the_title_and_keeps_the_history():
    register("a", 0, 100)
    rights.transfer("a", to="buyer", cause="inheritance", at=PUBLISHED)
    assert queries.right("a").holder == "buyer"
    kinds = list(RightChange.objects.filter(right__code="a").order_by("pk").values_list("kind", "holder"))
    assert kinds == [("registered", "zixi-bamboo"), ("transferred", "buyer")]


def test_transfer_is_refused_where_the_former_holder_keeps_what_excludes_it():
    register("a", 0, 100)
    register("b", 50, 150)
    with pytest.raises(rights.RightsConflict):
        rights.transfer("b", to="buyer", cause="gift", at=PUBLISHED)


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        pytest.param({"kind": "unheard_of"}, rights.RightKindUnknown, id="kind"),
        pytest.param({"valid_to": date(2020, 1, 1)}, rights.RightPeriodEmpty, id="empty period"),
        pytest.param({"code": "a"}, rights.RightCodeTaken, id="code"),
    ],
)
def test_bad_terms(terms, refusal):
    register("a", 0, 100)
    with pytest.raises(refusal):
        register(**{"code": "b", "west": 200, "east": 300, **terms})


def test_bad_shapes():
    bow_tie = shapely.Polygon([(117, 27), (117.1, 27.1), (117.1, 27), (117, 27.1)])
    circle = shapely.Point(117, 27).buffer(0.01, quad_segs=600)
    terms = {"kind": "forest_tenure", "valid_from": date(2020, 1, 1), "valid_to": None, "at": PUBLISHED}
    with pytest.raises(GeometryRefused):
        rights.conflicts(geometry=bow_tie, **terms)
    with pytest.raises(rights.ShapeTooDetailed):
        rights.conflicts(geometry=circle, **terms)
    with pytest.raises(rights.ShapeTooDetailed):
        rights.register(code="x", holder="h", geometry=shapely.box(100, 20, 120, 40), **terms)


def test_conflicts_tells_without_writing():
    register("a", 0, 100)
    terms = {"kind": "vep_bundle", "valid_from": date(2026, 1, 1), "valid_to": None, "at": PUBLISHED}
    assert [c.code for c in rights.conflicts(geometry=strip(50, 200), **terms).conflicts] == ["a"]
    assert rights.conflicts(geometry=strip(50, 200), holder="zixi-bamboo", **terms).conflicts == ()
    assert Right.objects.count() == 1


def test_rights_over_a_parcel():
    register("a", 0, 100, parcels=("P1", "P2"))
    register("b", 200, 300, parcels=("P2",), valid_to=date(2026, 1, 1))
    assert [right.code for right in queries.rights_over("P2")] == ["a", "b"]
    assert [right.code for right in queries.rights_over("P2", on=date(2026, 1, 1))] == ["a"]


def test_history_cannot_be_rewritten():
    register("a", 0, 100)
    for statement in ("UPDATE marketplace_rightchange SET holder = 'x'", "DELETE FROM marketplace_rightchange"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_what_lies_beside_a_right_is_measured_whether_the_matrix_lets_it_stand_or_not():
    register("a", 0, 100)
    register("bundle", 60, 160, kind="vep_bundle")
    register("carbon", 0, 40, kind="forest_carbon", holder="other")
    register("later", 0, 100, valid_from=date(2050, 1, 1), valid_to=None, holder="other")
    register("neighbour", 100, 200, holder="zixi-bamboo")
    found = queries.overlaps("a", on=date(2026, 3, 2))
    told = [(row.right.code, row.rule, round(row.area_m2), round(row.area_mu, 3)) for row in found]
    assert told == [("bundle", "excludes", 8_000, 12.0), ("carbon", "ok", 8_000, 12.0)]
    assert found[0].shared.geom_type == "MultiPolygon"


def test_the_freezes_of_a_right_are_told_newest_first():
    register("a", 0, 100)
    assert queries.encumbrances("a") == []
    publish(right="a")
    [freeze] = queries.encumbrances("a")
    assert (freeze.kind, freeze.placed_at, freeze.lifted_at) == ("listed", PUBLISHED, None)
