"""Trap T2: whoever writes, and past every door: no column takes a longer text or a wider number than its own."""

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from core import column_limits

TABLES = [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]
TEXTS = [(model, column, limit) for model in TABLES for column, limit in column_limits.limits(model)
         if isinstance(limit, int)]  # fmt: skip
NUMBERS = [(model, column, limit) for model in TABLES for column, limit in column_limits.limits(model)
           if not isinstance(limit, int)]  # fmt: skip


@pytest.fixture
def probe(db):
    """Write one column of a copy of a table that asks for nothing else; return what the database says to it."""
    made = set()

    def copy(table):
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE TEMP TABLE "probe_{table}" (LIKE "{table}" INCLUDING CONSTRAINTS)')
            cursor.execute("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnotnull"
                           " AND attnum > 0", [f'"probe_{table}"'])  # fmt: skip
            for (column,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE "probe_{table}" ALTER COLUMN "{column}" DROP NOT NULL')
        made.add(table)

    def write(table, column, value):
        name = table
        if connection.vendor == "postgresql":
            if table not in made:
                copy(table)
            name = f"probe_{table}"
        with pytest.raises(DatabaseError) as told, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'INSERT INTO "{name}" ("{column}") VALUES (%s)', [value])
        return str(told.value)

    return write


def test_no_text_column_takes_a_longer_text(probe):
    taken = [
        f"{model._meta.db_table}.{column}"
        for model, column, limit in TEXTS
        for said in [probe(model._meta.db_table, column, "县" * (limit + 1))]
        if not any(word in said for word in ("too long", "limits_of", f"limit of {model._meta.db_table}.{column}"))
    ]
    assert len(TEXTS) > 150
    assert taken == []


def test_no_text_column_takes_a_nul(probe):
    if connection.vendor == "postgresql":  # no text of it can hold one; its driver says so first
        assert "NUL" in probe("core_event", "kind", "a\0b")
        return
    taken = [
        f"{model._meta.db_table}.{column}"
        for model, column, _ in TEXTS
        if f"limit of {model._meta.db_table}.{column}" not in probe(model._meta.db_table, column, "a\0b")
    ]
    assert taken == []


@pytest.mark.parametrize("beyond", [lambda low, high: high + 1, lambda low, high: low - 1], ids=["above", "below"])
def test_no_number_column_takes_a_wider_number(probe, beyond):
    """Past 64 bits SQLite has no whole number and PostgreSQL no bigint."""
    taken = [
        f"{model._meta.db_table}.{column}"
        for model, column, limit in NUMBERS
        for said in [probe(model._meta.db_table, column, f"{beyond(*limit)}")]
        if not any(word in said for word in ("out of range", "limit of", "check constraint"))
    ]
    assert len(NUMBERS) > 60
    assert taken == []


def test_no_number_column_takes_a_part_of_one(probe):
    taken = [
        f"{model._meta.db_table}.{column}"
        for model, column, _ in NUMBERS
        for said in [probe(model._meta.db_table, column, "1.5")]
        if not any(word in said for word in ("invalid input syntax", f"limit of {model._meta.db_table}.{column}"))
    ]
    assert taken == []


def test_a_change_is_limited_like_a_new_row(db):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_content_type (app_label, model) VALUES ('a', 'b')")
        for value in ("x" * 101, "x" * 10_000):
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute("UPDATE django_content_type SET model = %s WHERE app_label = 'a'", [value])
        cursor.execute("UPDATE django_content_type SET model = %s WHERE app_label = 'a'", ["县" * 100])


def test_every_text_has_a_limit():
    fields = [field for model in TABLES for field in model._meta.local_concrete_fields]
    texts = [field for field in fields if isinstance(field, models.CharField | models.TextField)]
    assert len(texts) == len(TEXTS)
