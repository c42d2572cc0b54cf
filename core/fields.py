"""A geometry column whose Python value is a shapely geometry, on SQLite and on PostGIS.

SQLite keeps EWKB in a BLOB, with an R*Tree fed by triggers beside it (``core.spatial_index``); PostgreSQL keeps a
PostGIS ``geometry`` with a GiST index. The lookups ``bboverlaps`` and ``intersects`` answer alike on both.
"""

import json
from collections.abc import Sequence
from typing import Any

import shapely
from django.core.exceptions import FieldError
from django.db import models
from django.db.backends.ddl_references import Statement
from django.db.models.lookups import Lookup
from shapely.geometry.base import BaseGeometry

from core import geometry


def rtree_name(table: str, column: str) -> str:
    """Return the name of the R*Tree of a geometry column on SQLite."""
    return f"{table}_{column}_rtree"


class GeometryField(models.Field):
    """Keeps a geometry of one ``kind`` in one system ``srid``.

    Assign a shapely geometry; single ones are promoted to the multi kind, heights are dropped. Saving one that is
    empty, invalid or out of bounds raises ``core.geometry.GeometryRefused``. Equality is not a lookup.
    """

    empty_strings_allowed = False
    description = "A geometry"

    def __init__(self, *args: Any, kind: str = "MULTIPOLYGON", srid: int = 4490, **kwargs: Any) -> None:
        if kind not in geometry.KINDS:
            raise ValueError(f"kind must be one of {', '.join(geometry.KINDS)}, not {kind!r}")
        self.kind, self.srid = kind, srid
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Return what migrations write; kind and srid always, so that a change of default changes no table."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "kind": self.kind, "srid": self.srid}

    def db_type(self, connection: Any) -> str:
        """Return the column's type on the connection's database."""
        return f"geometry({self.kind},{self.srid})" if connection.vendor == "postgresql" else "BLOB"

    def get_internal_type(self) -> str:
        """Return a name that no database maps to a type of its own."""
        return "GeometryField"

    def to_python(self, value: Any) -> BaseGeometry | None:
        """Return a geometry from itself, EWKB (bytes or hex) or GeoJSON text."""
        if value is None or isinstance(value, BaseGeometry):
            return value
        if isinstance(value, str) and value.lstrip().startswith("{"):
            return shapely.set_srid(shapely.from_geojson(value), self.srid)
        return shapely.from_wkb(bytes(value) if isinstance(value, memoryview) else value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> BaseGeometry | None:
        """Return the stored geometry; SQLite gives bytes, PostgreSQL hex text."""
        return self.to_python(value)

    def get_prep_value(self, value: Any) -> bytes | None:
        """Return the EWKB to be kept; GeometryRefused where the value cannot be."""
        value = self.to_python(super().get_prep_value(value))
        return None if value is None else geometry.to_ewkb([value], kind=self.kind, srid=self.srid)[0]

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Return the EWKB as the database's binary type."""
        value = value if prepared else self.get_prep_value(value)
        return None if value is None else connection.Database.Binary(value)

    def value_to_string(self, obj: models.Model) -> str:
        """Return GeoJSON, for fixtures."""
        value = self.value_from_object(obj)
        return "" if value is None else shapely.to_geojson(self.to_python(value))

    def as_feature(self, value: BaseGeometry) -> dict[str, Any]:
        """Return a geometry as a GeoJSON mapping."""
        return json.loads(shapely.to_geojson(value))


class _SpatialLookup(Lookup):
    """A lookup whose right side is any shapely geometry, or west, south, east, north."""

    prepare_rhs = False

    def __init__(self, lhs: Any, rhs: Any) -> None:
        if not isinstance(rhs, BaseGeometry):
            rhs = shapely.box(*rhs)
        super().__init__(lhs, rhs)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north of the right side."""
        west, south, east, north = self.rhs.bounds
        return float(west), float(south), float(east), float(north)

    def near_on_sqlite(self, compiler: Any) -> tuple[str, list[float]]:
        """Return SQL that keeps the rows whose box in the R*Tree meets ours, and its parameters."""
        target = self.lhs.target
        quote = compiler.quote_name_unless_alias
        key = f"{quote(self.lhs.alias)}.{quote(target.model._meta.pk.column)}"
        rtree = quote(rtree_name(target.model._meta.db_table, target.column))
        west, south, east, north = self.bounds
        sql = f"{key} IN (SELECT id FROM {rtree} WHERE east >= %s AND west <= %s AND north >= %s AND south <= %s)"  # noqa: S608
        return sql, [west, east, south, north]


@GeometryField.register_lookup
class BoxOverlaps(_SpatialLookup):
    """The box of the column meets the box of the value; edges count."""

    lookup_name = "bboverlaps"

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list]:
        """Ask the R*Tree, whose boxes are rounded outwards, then the geometry's own box."""
        lhs, params = self.process_lhs(compiler, connection)
        near, near_params = self.near_on_sqlite(compiler)
        return f"({near} AND core_box_overlaps({lhs}, %s, %s, %s, %s))", [*near_params, *params, *self.bounds]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list]:
        """Ask the GiST index, whose boxes are rounded outwards too, then the geometry's own box."""
        lhs, params = self.process_lhs(compiler, connection)
        west, south, east, north = self.bounds
        sql = (
            f"({lhs} && ST_MakeEnvelope(%s, %s, %s, %s, {self.lhs.output_field.srid:d})"
            f" AND ST_XMax({lhs}) >= %s AND ST_XMin({lhs}) <= %s AND ST_YMax({lhs}) >= %s AND ST_YMin({lhs}) <= %s)"
        )
        return sql, [*params, west, south, east, north, *params, west, *params, east, *params, south, *params, north]


@GeometryField.register_lookup
class Intersects(_SpatialLookup):
    """The column and the value share at least a point; a touching edge counts."""

    lookup_name = "intersects"

    def _ewkb(self, connection: Any) -> Any:
        shape = shapely.set_srid(self.rhs, self.lhs.output_field.srid)
        return connection.Database.Binary(shapely.to_wkb(shape, include_srid=True, output_dimension=2))

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list]:
        """Ask the R*Tree, then shapely."""
        lhs, params = self.process_lhs(compiler, connection)
        near, near_params = self.near_on_sqlite(compiler)
        return f"({near} AND core_intersects({lhs}, %s))", [*near_params, *params, self._ewkb(connection)]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list]:
        """Ask PostGIS, which goes through the GiST index by itself."""
        lhs, params = self.process_lhs(compiler, connection)
        return f"ST_Intersects({lhs}, ST_GeomFromEWKB(%s))", [*params, self._ewkb(connection)]


class _NoEquality(Lookup):
    def __init__(self, lhs: Any, rhs: Any) -> None:
        raise FieldError(f"geometries are not compared by {self.lookup_name!r}; use bboverlaps or intersects")


@GeometryField.register_lookup
class NoExact(_NoEquality):
    """Equality of geometries has no meaning that both databases share."""

    lookup_name = "exact"


@GeometryField.register_lookup
class NoIn(_NoEquality):
    """As ``exact``."""

    lookup_name = "in"


class SpatialIndex(models.Index):
    """A GiST index on PostgreSQL. On SQLite it makes nothing: the R*Tree is installed after every migration."""

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        """Return the statement that makes the index."""
        if schema_editor.connection.vendor != "postgresql":
            return Statement("SELECT 1")  # None would be run as the text "None"
        return super().create_sql(model, schema_editor, using=" USING gist", **kwargs)

    def remove_sql(self, model: Any, schema_editor: Any, **kwargs: Any) -> Any:
        """Return the statement that drops the index."""
        if schema_editor.connection.vendor != "postgresql":
            return Statement("SELECT 1")
        return super().remove_sql(model, schema_editor, **kwargs)
