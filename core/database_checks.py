"""``manage.py check`` says in one sentence that a database cannot be reached, or lacks what the books rely on."""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import OperationalError, connections

SYNCHRONOUS = {1: "NORMAL", 2: "FULL"}


def databases_answer(**_kwargs: Any) -> list[CheckMessage]:
    """Return an error for each database that does not answer, or whose settings are not really in force."""
    return [message for alias in connections for message in _faults(alias)]


def _faults(alias: str) -> list[CheckMessage]:
    connection = connections[alias]
    try:
        if connection.vendor == "postgresql":
            _knock(connection)
            return []
        return _sqlite_faults(connection)
    except OperationalError as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        return [Error(f"DATABASE_URL: the database {alias} does not answer: {reason}", id="core.E001")]


def _knock(connection: Any) -> None:
    # Past the pool, which would go on trying for a while.
    options = {name: value for name, value in connection.get_connection_params().items() if name != "pool"}
    with connection.wrap_database_errors:
        connection.Database.connect(**options).close()


def _sqlite_faults(connection: Any) -> list[CheckMessage]:
    wanted = {"journal_mode": "wal", "foreign_keys": 1}
    with connection.cursor() as cursor:
        found = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in (*wanted, "synchronous")}
    wrong = [f"{name} is {found[name]}" for name in wanted if found[name] != wanted[name]]
    if found["synchronous"] not in SYNCHRONOUS:
        wrong.append(f"synchronous is {found['synchronous']}")
    if connection.transaction_mode != "IMMEDIATE":
        wrong.append("transactions do not begin IMMEDIATE")
    return [Error(f"SQLite is not set up for a ledger: {', '.join(wrong)}", id="core.E002")] if wrong else []
