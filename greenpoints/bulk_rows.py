"""Many rows in one statement: COPY on PostgreSQL, executemany on SQLite. Reading by long lists of texts."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection
from numpy.typing import NDArray
from pyarrow import csv

AMONG = {"postgresql": "= ANY (%s)", "sqlite": "IN (SELECT value FROM json_each(%s))"}


def insert(table: str, columns: Sequence[str], rows: Iterable[tuple]) -> None:
    """Insert ``rows`` (tuples in the order of ``columns``) in the caller's transaction."""
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(rows))  # noqa: S608


def insert_missing(table: str, columns: Sequence[str], rows: Iterable[tuple]) -> None:
    """Insert those of ``rows`` that break no unique constraint, in the caller's transaction; the first of two wins."""
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE TEMP TABLE arriving ON COMMIT DROP AS SELECT {names} FROM {table} LIMIT 0")  # noqa: S608
            with connection.wrap_database_errors, cursor.copy(f"COPY arriving ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            chosen = f"SELECT {names} FROM arriving ORDER BY ctid"  # noqa: S608
            cursor.execute(f"INSERT INTO {table} ({names}) {chosen} ON CONFLICT DO NOTHING")
            cursor.execute("DROP TABLE arriving")
        else:
            marks = ", ".join(["%s"] * len(columns))
            missing = f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608
            cursor.executemany(missing, list(rows))


def insert_columns(table: str, columns: Mapping[str, NDArray[Any]]) -> None:
    """Insert rows given as columns of one length; None is NULL. No row passes through Python on PostgreSQL."""
    if not all(len(column) for column in columns.values()):
        return
    if connection.vendor == "postgresql":
        names = ", ".join(columns)
        copying = f"COPY {table} ({names}) FROM STDIN (FORMAT csv)"
        with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(copying) as copy:
            copy.write(_as_csv(columns))
    else:
        insert(table, list(columns), zip(*(column.tolist() for column in columns.values()), strict=True))


def _as_csv(columns: Mapping[str, NDArray[Any]]) -> memoryview:
    """Return the rows as CSV in which every text is quoted and NULL is nothing at all, as COPY reads it."""
    table = pa.table({name: pa.array(column, from_pandas=False) for name, column in columns.items()})
    sink = pa.BufferOutputStream()
    csv.write_csv(table, sink, csv.WriteOptions(include_header=False, quoting_style="needed"))
    return memoryview(sink.getvalue())


def update_columns(table: str, *, key: NDArray[np.int64], columns: Mapping[str, NDArray[Any]]) -> None:
    """Set the columns of the rows whose ``id`` is in ``key``, in one statement on PostgreSQL."""
    if not len(key):
        return
    values = [column.tolist() for column in (*columns.values(), key)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            types = [*(_array_type(column) for column in columns.values()), "bigint"]
            marks = ", ".join(f"%s::{kind}[]" for kind in types)
            names = ", ".join(f"{name} = new.{name}" for name in columns)
            cursor.execute(
                f"UPDATE {table} AS old SET {names} FROM unnest({marks}) AS new ({', '.join(columns)}, id)"  # noqa: S608
                " WHERE old.id = new.id",
                values,
            )
        else:
            names = ", ".join(f"{name} = %s" for name in columns)
            cursor.executemany(f"UPDATE {table} SET {names} WHERE id = %s", list(zip(*values, strict=True)))  # noqa: S608


def _array_type(column: NDArray[Any]) -> str:
    """Return the type of a column in PostgreSQL; a column of objects holds texts, or whole numbers and None."""
    if column.dtype.kind == "O":
        return "text" if any(isinstance(value, str) for value in column) else "bigint"
    return {"i": "bigint", "b": "boolean"}[column.dtype.kind]


def texts_parameter(texts: Sequence[str]) -> Any:
    """Return a list of texts as the one parameter that ``AMONG`` expects."""
    return list(texts) if connection.vendor == "postgresql" else json.dumps(list(texts))


def select_among(query: str, texts: Sequence[str], *parameters: Any) -> list[tuple]:
    """Return the rows of ``query``, whose ``{among}`` matches one of ``texts``; its other parameters come first."""
    with connection.cursor() as cursor:
        cursor.execute(query.format(among=AMONG[connection.vendor]), [*parameters, texts_parameter(texts)])
        return cursor.fetchall()


def lock(name: str) -> None:
    """Let one transaction at a time pass; released at its end. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"greenpoints/{name}"])
