"""What PostgreSQL's column types refuse, SQLite refuses too: over-long text, and what is no whole number of its width.

SQLite keeps whatever it is given, and one such row poisons every page that lists it. Triggers over all tables stop it,
made after every migration. Texts without a length of their own get one on both databases.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connections, models
from django.db.backends.base.operations import BaseDatabaseOperations

LONGEST_TEXT = 2**20  # characters, where a column states no length: as long as the longest request
WIDEST = (-(2**63), 2**63 - 1)
PREFIX = "limits_of_"


def install_after_migrate(*, app_config: Any, using: str, **_kwargs: Any) -> None:
    """Have the limits in place for each column of the app that was migrated."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    for model in app_config.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy and model._meta.db_table in tables:
            install(connection, model)


def install(connection: Any, model: type[models.Model]) -> None:
    """Put the limits of one table in place; where they stand already nothing happens."""
    made = _sqlite(model) if connection.vendor == "sqlite" else _postgresql(model)
    present = (
        "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = %s"
        if connection.vendor == "sqlite"
        else "SELECT conname FROM pg_constraint WHERE conname = %s AND connamespace = current_schema()::regnamespace"
    )
    with connection.cursor() as cursor:
        for name, drop, create in made:
            cursor.execute(present, [name])
            found = cursor.fetchone()
            if found and (connection.vendor != "sqlite" or found[0] == create):
                continue
            cursor.execute(drop)
            cursor.execute(create)


def limits(model: type[models.Model]) -> Iterator[tuple[str, int | tuple[int, int]]]:
    """Yield each limited column of the table: its longest text, or its smallest and largest whole number."""
    for field in model._meta.local_concrete_fields:
        kind = field.get_internal_type()
        if field.column is None:
            continue
        if isinstance(field, models.CharField | models.TextField):
            yield field.column, field.max_length or LONGEST_TEXT
        elif kind in BaseDatabaseOperations.integer_field_ranges and not field.primary_key:
            yield field.column, BaseDatabaseOperations.integer_field_ranges[kind]


def _sqlite(model: type[models.Model]) -> Iterator[tuple[str, str, str]]:
    table = model._meta.db_table
    wrong = {column: _is_wrong(column, limit) for column, limit in limits(model)}
    if not wrong:
        return
    told = "".join(
        f"SELECT RAISE(ABORT, 'limit of {table}.{column}') WHERE {condition}; " for column, condition in wrong.items()
    )
    columns = ", ".join(f'"{column}"' for column in wrong)
    for verb, when in (("insert", "INSERT"), ("update", f"UPDATE OF {columns}")):
        name = f"{PREFIX}{table}_{verb}"
        create = (
            f'CREATE TRIGGER "{name}" BEFORE {when} ON "{table}" WHEN {" OR ".join(wrong.values())} BEGIN {told}END'
        )
        yield name, f'DROP TRIGGER IF EXISTS "{name}"', create


def _is_wrong(column: str, limit: int | tuple[int, int]) -> str:
    new = f'NEW."{column}"'
    if isinstance(limit, int):
        # length() stops at the first NUL, which PostgreSQL takes in no text.
        return f"(length({new}) > {limit} OR typeof({new}) = 'blob' OR instr({new}, char(0)))"
    # The widest range goes without saying: what is beyond it is no integer to SQLite.
    within = "" if limit == WIDEST else f" OR {new} NOT BETWEEN {limit[0]} AND {limit[1]}"
    return f"(typeof({new}) NOT IN ('integer', 'null'){within})"


def _postgresql(model: type[models.Model]) -> Iterator[tuple[str, str, str]]:
    table = model._meta.db_table
    for field in model._meta.local_concrete_fields:
        if isinstance(field, models.TextField):
            name = f"{PREFIX}{table}_{field.column}"
            alter = f'ALTER TABLE "{table}"'
            check = f'CHECK (length("{field.column}") <= {field.max_length or LONGEST_TEXT}) NOT VALID'
            yield name, f'{alter} DROP CONSTRAINT IF EXISTS "{name}"', f'{alter} ADD CONSTRAINT "{name}" {check}'
