"""Personal fields sealed anew under the current key, so that a former key can be thrown away."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from identity import sealing
from identity.encrypted_fields import EncryptedTextField, field_keys


@dataclass(frozen=True, slots=True)
class Step:
    """One batch of one column: how many rows are left behind it, how many were sealed anew, which cannot be read."""

    column: str
    resealed: int
    left: int
    unreadable: list[str]


def columns() -> list[EncryptedTextField]:
    """Return every sealed column of the site, in the order of tables and columns."""
    fields = [field for model in apps.get_models() for field in model._meta.local_fields]
    return sorted((field for field in fields if isinstance(field, EncryptedTextField)), key=lambda field: field.place)


def reseal(*, batch: int = 500) -> Iterator[Step]:
    """Seal anew what a former key sealed, ``batch`` rows a transaction; yield each step.

    What is done stays done: where it is broken off, the next call goes on with what is left. A row that somebody
    writes meanwhile is sealed with the current key by that writer and left alone. A row that no key opens is told by
    table, column and primary key, and left as it is.
    """
    for field in columns():
        after = None
        while rows := _rows(field, after=after, limit=batch):
            after = rows[-1][0]
            with transaction.atomic():
                unreadable = [told for row in rows if (told := _reseal(field, *row))]
            yield Step(field.place, len(rows) - len(unreadable), _count(field, after=after), unreadable)


def left() -> dict[str, int]:
    """Return how many rows of each sealed column a former key has sealed; columns without any are left out."""
    counts = {field.place: _count(field, after=None) for field in columns()}
    return {place: count for place, count in counts.items() if count}


def _reseal(field: EncryptedTextField, key: Any, stored: str) -> str:
    """Seal one value anew; return what is wrong with it, or an empty text."""
    try:
        text = sealing.unseal(stored, keys=field_keys(), place=field.place)
    except ValueError as error:  # CannotUnseal, and what is no base64 at all
        return f"{field.place} of row {key}: {error}"
    model = field.model._meta
    statement = (
        f'UPDATE "{model.db_table}" SET "{field.column}" = %s WHERE "{_key(field)}" = %s AND "{field.column}" = %s'  # noqa: S608
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [field.get_prep_value(text), key, stored])
    return ""


def _rows(field: EncryptedTextField, *, after: Any, limit: int) -> list[tuple[Any, str]]:
    """Return key and stored text of the next rows that another key than the current one sealed."""
    condition, parameters = _behind(field, after=after)
    key = _key(field)
    query = f'SELECT "{key}", "{field.column}" FROM {condition} ORDER BY "{key}" LIMIT {limit:d}'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def _count(field: EncryptedTextField, *, after: Any) -> int:
    condition, parameters = _behind(field, after=after)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {condition}", parameters)  # noqa: S608 - the site's own names
        return int(cursor.fetchone()[0])


def _behind(field: EncryptedTextField, *, after: Any) -> tuple[str, list[Any]]:
    """Return the rows of the table behind the key ``after`` that the current key did not seal, and their parameters."""
    current = f"{sealing.SCHEME}:{next(iter(field_keys()))}:"
    condition = (
        f'"{field.model._meta.db_table}" WHERE "{field.column}" <> \'\' AND substr("{field.column}", 1, %s) <> %s'
    )
    parameters: list[Any] = [len(current), current]
    if after is not None:
        condition += f' AND "{_key(field)}" > %s'
        parameters.append(after)
    return condition, parameters


def _key(field: EncryptedTextField) -> str:
    column = field.model._meta.pk.column
    assert column is not None  # a sealed column stands in a table of its own
    return column
