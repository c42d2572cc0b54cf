"""The geometry column answers alike on SQLite and on PostGIS."""

import numpy as np
import pytest
import shapely
from django.core.exceptions import FieldError
from django.db import connection, models

from core import geometry_rows, spatial_index
from core.fields import GeometryField, SpatialIndex
from core.geometry import GeometryRefused

pytestmark = pytest.mark.django_db(transaction=True)


class Plot(models.Model):
    code = models.CharField(max_length=20)
    area = GeometryField(null=True)

    class Meta:
        app_label = "geometry_tests"
        indexes = [SpatialIndex(fields=["area"], name="plot_area_gist")]


@pytest.fixture(autouse=True)
def table(transactional_db):
    with connection.schema_editor() as editor:
        editor.create_model(Plot)
    if connection.vendor == "sqlite":
        spatial_index.install(connection, table=Plot._meta.db_table, key="id", column="area")
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Plot)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE geometry_tests_plot_area_rtree")


def square(west, south, side=1.0):
    return shapely.box(west, south, west + side, south + side)


def codes(**where):
    return list(Plot.objects.filter(**where).order_by("code").values_list("code", flat=True))


def test_a_polygon_comes_back_as_a_flat_multipolygon_with_its_system():
    Plot.objects.create(code="a", area=shapely.force_3d(square(116, 27), 5.0))
    area = Plot.objects.get(code="a").area
    assert (area.geom_type, area.has_z, shapely.get_srid(area)) == ("MultiPolygon", False, 4490)
    assert area.normalize().equals(shapely.MultiPolygon([square(116, 27)]).normalize())


def test_lookups_follow_inserts_updates_and_deletes():
    Plot.objects.bulk_create(Plot(code=code, area=square(*at)) for code, at in {"a": (116, 27), "b": (118, 27)}.items())
    assert codes(area__bboverlaps=(115.5, 26.5, 116.5, 27.5)) == ["a"]
    Plot.objects.filter(code="b").update(area=square(116.2, 27.2))
    assert codes(area__bboverlaps=(115.5, 26.5, 116.5, 27.5)) == ["a", "b"]
    Plot.objects.filter(code="a").delete()
    assert codes(area__intersects=square(116, 27)) == ["b"]


def test_intersects_is_exact_where_boxes_are_not():
    corner = shapely.Polygon([(0, 0), (10, 0), (0, 10)])
    Plot.objects.create(code="a", area=corner)
    assert codes(area__bboverlaps=(8, 8, 9, 9)) == ["a"]
    assert codes(area__intersects=square(8, 8)) == []
    assert codes(area__intersects=square(10, 0)) == ["a"]  # touches in one point


def test_boxes_are_compared_in_full_precision():
    Plot.objects.create(code="a", area=shapely.box(116.0, 27.0, 116.1234567, 27.1))
    assert codes(area__bboverlaps=(116.1234567, 27, 117, 28)) == ["a"]
    assert codes(area__bboverlaps=(116.1234568, 27, 117, 28)) == []


def test_a_hundred_thousandth_of_random_boxes_agree_with_shapely():
    random = np.random.default_rng(7)
    plots = [square(*at, side=0.3) for at in random.uniform((115, 26), (118, 29), (300, 2))]
    names = [f"{number:04d}" for number in range(300)]
    assert geometry_rows.insert(Plot, {"code": names, "area": plots}) == 300
    for at in random.uniform((115, 26), (118, 29), (20, 2)):
        asked = shapely.Point(*at).buffer(0.4)
        expected = [name for name, plot in zip(names, plots, strict=True) if plot.intersects(asked)]
        assert codes(area__intersects=asked) == expected


@pytest.mark.parametrize("where", [{"area": square(0, 0)}, {"area__exact": square(0, 0)}, {"area__in": [square(0, 0)]}])
def test_equality_is_not_a_lookup(where):
    with pytest.raises(FieldError):
        codes(**where)


def test_missing_is_null():
    Plot.objects.create(code="a", area=None)
    assert codes(area__isnull=True) == ["a"]
    assert codes(area__bboverlaps=(-180, -90, 180, 90)) == []


def test_nothing_is_written_where_one_of_many_is_refused():
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(GeometryRefused) as refused:
        geometry_rows.insert(Plot, {"code": ["a", "b"], "area": [square(0, 0), bow_tie]})
    assert refused.value.detail["place"] == 1
    assert refused.value.detail["location"] == [0.5, 0.5]
    assert codes() == []


def test_the_index_is_put_back_with_its_rows_after_a_table_is_rebuilt():
    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'plot_area_gist'")
            assert "USING gist" in cursor.fetchone()[0]
        return
    Plot.objects.create(code="a", area=square(116, 27))
    with connection.cursor() as cursor:
        for verb in ("insert", "update", "delete"):
            cursor.execute(f"DROP TRIGGER geometry_tests_plot_area_rtree_{verb}")
    Plot.objects.create(code="b", area=square(116, 27))
    spatial_index.install(connection, table=Plot._meta.db_table, key="id", column="area")
    assert codes(area__bboverlaps=(116, 27, 117, 28)) == ["a", "b"]


def test_fixtures_carry_geojson():
    plot = Plot(code="a", area=square(116, 27))
    text = Plot._meta.get_field("area").value_to_string(plot)
    assert text.startswith('{"type":"Polygon"')
    assert Plot._meta.get_field("area").to_python(text).equals(square(116, 27))


def test_the_migration_text_names_kind_and_system():
    _, path, args, kwargs = GeometryField().deconstruct()
    assert (path, args, kwargs) == ("core.fields.GeometryField", [], {"kind": "MULTIPOLYGON", "srid": 4490})
