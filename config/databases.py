"""Turn one URL into Django's database settings: SQLite on a laptop, PostgreSQL in production."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# Measured with 4 to 8 writers: deferred transactions fail with "database is locked", immediate
# ones never do. FULL survives a power cut; NORMAL may lose the last commits but is three times faster.
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous={synchronous};"
    "PRAGMA busy_timeout=20000;"
    "PRAGMA cache_size=-64000;"
    "PRAGMA foreign_keys=ON;"
    "PRAGMA recursive_triggers=ON"  # else REPLACE deletes rows behind the back of the triggers that refuse it
)
SYNCHRONOUS_MODES = {"FULL", "NORMAL"}


def database_settings(
    url: str, *, base_dir: Path, sqlite_synchronous: str = "FULL", limits_s: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Return the settings of one database.

    ``url`` is ``sqlite:///relative/or//absolute/path`` or ``postgresql://user:password@host:port/name``;
    without a host PostgreSQL is reached through its local socket. Anything else is refused by name.
    ``limits_s`` holds settings of a PostgreSQL session in whole seconds, such as ``lock_timeout``.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(parts.path, base_dir=base_dir, synchronous=sqlite_synchronous)
    if parts.scheme in {"postgresql", "postgres"}:
        return _postgresql(parts, limits_s=limits_s or {})
    raise ImproperlyConfigured(f"DATABASE_URL must begin with sqlite:/// or postgresql://, not {parts.scheme!r}")


def _sqlite(path: str, *, base_dir: Path, synchronous: str) -> dict[str, Any]:
    if synchronous not in SYNCHRONOUS_MODES:
        raise ImproperlyConfigured(f"SQLITE_SYNCHRONOUS must be FULL or NORMAL, not {synchronous!r}")
    name = base_dir / unquote(path.removeprefix("/"))
    if name.is_dir():
        raise ImproperlyConfigured("DATABASE_URL names no SQLite file; write sqlite:///var/db.sqlite3")
    name.parent.mkdir(parents=True, exist_ok=True)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(name),
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": SQLITE_PRAGMAS.format(synchronous=synchronous),
        },
    }


def _postgresql(parts: Any, *, limits_s: Mapping[str, int]) -> dict[str, Any]:
    name = unquote(parts.path.removeprefix("/"))
    if not name:
        raise ImproperlyConfigured("DATABASE_URL names no database; write postgresql://user@host/name")
    try:
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL has a port that is no number from 0 to 65535") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            # A request waits at most so long for a database that is away, and is then answered with 503.
            "pool": {"min_size": 1, "max_size": 8, "timeout": 5},
            "connect_timeout": 5,
            "options": " ".join(f"-c {name}={seconds}s" for name, seconds in limits_s.items()),
            **dict(parse_qsl(parts.query)),
        },
    }
