"""Many rows in one statement: COPY on PostgreSQL, executemany on SQLite. Reading by long lists of texts."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

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


def insert_missing(table: str, columns: Sequence[str], rows: Sequence[tuple]) -> None:
    """Insert those of ``rows`` that break no unique constraint, in the caller's transaction; the first of two wins."""
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING",  # noqa: S608
            list(rows),
        )


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
