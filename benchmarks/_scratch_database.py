"""A database of the benchmark's own: made, migrated, and dropped at the end."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def scratch_database(url: str) -> Iterator[None]:
    """Set Django up on a fresh database beside the one that ``url`` names; drop it afterwards."""
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
    name = f"fuzzhou_bench_{os.getpid()}"
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        with TemporaryDirectory() as folder:
            _set_up(f"sqlite:///{folder}/{name}.sqlite3")
            yield
        return
    _administer(url, f'CREATE DATABASE "{name}"')
    try:
        _set_up(urlunsplit(parts._replace(path=f"/{name}")))
        yield
    finally:
        _close_connections()
        _administer(url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _set_up(url: str) -> None:
    os.environ["DATABASE_URL"] = url
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _administer(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _close_connections() -> None:
    from django.db import connection

    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()
