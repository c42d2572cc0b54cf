"""Writes many rows that have a geometry, faster than an object per row: COPY on PostgreSQL, executemany on SQLite."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models, router, transaction

from core import geometry
from core.fields import GeometryField


def insert(model: type[models.Model], columns: Mapping[str, Sequence[Any]]) -> int:
    """Insert one row per place of ``columns`` (field name to values, all of one length); return how many.

    Fields that are not named take their default; the key is given by the database. Geometries are shapely's and are
    refused as ``GeometryField`` refuses them, all before the first row is written. All rows or none.
    """
    connection = transaction.get_connection(router.db_for_write(model))
    count = len(next(iter(columns.values())))
    fields = [field for field in model._meta.concrete_fields if not field.primary_key or field.name in columns]
    cells = [_prepared(field, columns, count, connection) for field in fields]
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in zip(*cells, strict=True):
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(zip(*cells, strict=True)))  # noqa: S608
    return count


def _prepared(field: models.Field, columns: Mapping[str, Sequence[Any]], count: int, connection: Any) -> list[Any]:
    values = columns.get(field.name, columns.get(field.attname))
    if values is None:
        values = [field.get_default() for _ in range(count)]
    if not isinstance(field, GeometryField):
        return [field.get_db_prep_save(value, connection) for value in values]
    found = geometry.to_ewkb(values, kind=field.kind, srid=field.srid)
    return [ewkb.hex() for ewkb in found] if connection.vendor == "postgresql" else found
