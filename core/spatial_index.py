"""The R*Tree of every geometry column on SQLite: functions of the connection, virtual tables and their triggers.

SQL cannot read a geometry, so each connection gets functions that can. They are called by the triggers too: whoever
writes the table by another tool, without them, is refused rather than leaving the index behind.
"""

from functools import lru_cache
from typing import Any

import shapely
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections
from shapely.geometry.base import BaseGeometry

from core.fields import GeometryField, rtree_name

SIDES = {"west": 0, "south": 1, "east": 2, "north": 3}


@lru_cache(maxsize=64)
def _bounds(ewkb: bytes) -> tuple[float, float, float, float]:
    return tuple(shapely.bounds(shapely.from_wkb(ewkb)).tolist())  # kept, since a trigger asks for each side in turn


@lru_cache(maxsize=64)
def _prepared(ewkb: bytes) -> BaseGeometry:
    shape = shapely.from_wkb(ewkb)
    shapely.prepare(shape)
    return shape


def side(ewkb: bytes | None, place: int) -> float | None:
    """Return one side of a geometry's box: 0 west, 1 south, 2 east, 3 north."""
    return None if ewkb is None else _bounds(ewkb)[place]


def box_overlaps(ewkb: bytes | None, west: float, south: float, east: float, north: float) -> bool | None:
    """Return whether the geometry's box meets the given one."""
    if ewkb is None:
        return None
    own = _bounds(ewkb)
    return own[2] >= west and own[0] <= east and own[3] >= south and own[1] <= north


def intersects(ewkb: bytes | None, other: bytes) -> bool | None:
    """Return whether two geometries share a point; the second is prepared and kept."""
    return None if ewkb is None else bool(shapely.intersects(_prepared(other), shapely.from_wkb(ewkb)))


def add_functions(*, connection: Any, **_kwargs: Any) -> None:
    """Give a new SQLite connection the functions of this module."""
    if connection.vendor != "sqlite":
        return
    connection.connection.create_function("core_side", 2, side, deterministic=True)
    connection.connection.create_function("core_box_overlaps", 5, box_overlaps, deterministic=True)
    connection.connection.create_function("core_intersects", 2, intersects, deterministic=True)


def prepare_before_migrate(*, using: str, **_kwargs: Any) -> None:
    """Have PostGIS in a PostgreSQL database before the first geometry column is made.

    Where it is there already no privilege is needed; else the role must be allowed to create it.
    """
    connection = connections[using]
    if connection.vendor == "postgresql":
        try:
            with connection.cursor() as cursor:
                cursor.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        except DatabaseError as error:
            reason = (str(error).splitlines() or ["no reason given"])[0]
            raise ImproperlyConfigured(
                f"DATABASE_URL: the database has no PostGIS and it cannot be made here ({reason});"
                " have an administrator run: CREATE EXTENSION postgis"
            ) from None


def install_after_migrate(*, app_config: Any, using: str, **_kwargs: Any) -> None:
    """Have the R*Tree and its triggers in place for each geometry column of the app that was migrated."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    tables = None
    for model in app_config.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, GeometryField):
                tables = tables or set(connection.introspection.table_names())
                if model._meta.db_table in tables:
                    assert field.column is not None  # a geometry is always kept in a column
                    install(connection, table=model._meta.db_table, key=model._meta.pk.column, column=field.column)


def install(connection: Any, *, table: str, key: str, column: str) -> None:
    """Make the R*Tree of one column and its triggers where one is missing, and fill it from the rows that are there."""
    rtree = rtree_name(table, column)
    names = {f"{rtree}_insert", f"{rtree}_update", f"{rtree}_delete"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE %s", [f"{rtree}%"])
        present = {row[0] for row in cursor.fetchall()}
        if names | {rtree} <= present:
            return
        for statement in _statements(table=table, key=key, column=column, rtree=rtree):
            cursor.execute(statement)


def _statements(*, table: str, key: str, column: str, rtree: str) -> list[str]:
    def entry(row: str) -> str:
        value = f'{row}"{column}"'
        sides = ", ".join(f"core_side({value}, {SIDES[name]})" for name in ("west", "east", "south", "north"))
        return f'SELECT {row}"{key}", {sides} WHERE {value} IS NOT NULL'

    fill = entry("").replace(" WHERE ", f' FROM "{table}" WHERE ')
    forget = f'DELETE FROM "{rtree}" WHERE id = OLD."{key}";'  # noqa: S608
    add = f'INSERT INTO "{rtree}" {entry("NEW.")};'
    made = [
        f'CREATE VIRTUAL TABLE IF NOT EXISTS "{rtree}" USING rtree(id, west, east, south, north)',
        f'DELETE FROM "{rtree}"',  # noqa: S608
        f'INSERT INTO "{rtree}" {fill}',
    ]
    actions = {"insert": add, "update": f"{forget} {add}", "delete": forget}
    for verb, action in actions.items():
        made.append(f'DROP TRIGGER IF EXISTS "{rtree}_{verb}"')
        made.append(f'CREATE TRIGGER "{rtree}_{verb}" AFTER {verb.upper()} ON "{table}" BEGIN {action} END')
    return made
