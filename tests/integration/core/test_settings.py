"""A wrong or missing setting is one sentence that names it, and an exit code that is not 0."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.db.utils import ConnectionHandler

from config.databases import database_settings

ROOT = Path(__file__).resolve().parents[3]
SECRET = "k7#Qz!pV2mW9xR4tLb8yNcE5uHs3dGf6aJo1iKrTwXqMnBvPzZ0"
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": SECRET,
    "LEDGER_SIGNING_KEY": SECRET,
    "FIELD_ENCRYPTION_KEY": SECRET,
    "FIELD_INDEX_KEY": SECRET,
    "ALLOWED_HOSTS": "eco.example.org",
    "DATABASE_URL": "sqlite:///var/production-check.sqlite3",
}


def manage(*arguments, tmp_path, **settings):
    """Run a command as an operator does, with these settings and none of the test's own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**kept, "VAR_DIR": str(tmp_path / "var"), **settings}
    if settings.get("DATABASE_URL") == PRODUCTION["DATABASE_URL"] or "DATABASE_URL" not in settings:
        environment["DATABASE_URL"] = f"sqlite:///{tmp_path}/site.sqlite3"
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"DATABASE_URL": "mysql://root@127.0.0.1/x"}, "DATABASE_URL must begin with sqlite:/// or postgresql://"),
        ({"DATABASE_URL": "postgresql://127.0.0.1"}, "DATABASE_URL names no database"),
        ({"DATABASE_URL": "postgresql://127.0.0.1:port/x"}, "DATABASE_URL has a port that is no number"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x"}, "DATABASE_URL: the database default does not answer"),
        ({"DATABASE_URL": "sqlite:///"}, "DATABASE_URL names no SQLite file"),
        ({"SQLITE_SYNCHRONOUS": "FUL"}, "SQLITE_SYNCHRONOUS must be FULL or NORMAL"),
        ({"JOB_LEASE_SECONDS": "soon"}, "JOB_LEASE_SECONDS must be a whole number"),
        ({"DJANGO_SETTINGS_MODULE": "config.settings.production"}, "SECRET_KEY is not set"),
        ({**PRODUCTION, "ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is not set"),
        ({**PRODUCTION, "SECRET_KEY": "x"}, "SECRET_KEY is too weak"),
        ({**PRODUCTION, "LEDGER_SIGNING_KEY": "short"}, "LEDGER_SIGNING_KEY is too weak"),
        ({**PRODUCTION, "FIELD_ENCRYPTION_KEY": "x"}, "FIELD_ENCRYPTION_KEY is too weak"),
        ({**PRODUCTION, "FIELD_INDEX_KEY": "x" * 50}, "FIELD_INDEX_KEY is too weak"),
        ({"LEDGER_SIGNING_KEY": "short"}, "LEDGER_SIGNING_KEY is too weak"),
        ({"BROKER_URL": "kafka://x"}, "BROKER_URL must begin with one of filesystem://"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL must be one of DEBUG, INFO"),
        ({"DB_LOCK_TIMEOUT_S": "-1"}, "DB_LOCK_TIMEOUT_S must be at least 0"),
        ({**PRODUCTION, "SECURE_SSL_REDIRECT": "perhaps"}, "SECURE_SSL_REDIRECT must be one of"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_setting_is_named(settings, told, tmp_path):
    ended = manage("check", tmp_path=tmp_path, **settings)
    assert ended.returncode != 0
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_command_that_meets_no_database_says_so_in_one_sentence(tmp_path):
    ended = manage("verify", tmp_path=tmp_path, DATABASE_URL="postgresql://nobody@127.0.0.1:1/x")
    assert ended.returncode != 0
    assert "DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_production_settings_pass_the_deployment_check(tmp_path):
    ended = manage("check", "--deploy", "--fail-level", "WARNING", tmp_path=tmp_path, **PRODUCTION)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.django_db  # lets this test open connections; its database is one of its own
def test_sqlite_is_set_up_for_a_ledger(tmp_path):
    """Trap T6: deferred transactions fail under several writers; the settings must really be in force."""
    embedded = ConnectionHandler({"default": database_settings("sqlite:///db.sqlite3", base_dir=tmp_path)})["default"]
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 20_000}
    with embedded.cursor() as cursor:
        found = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}
    assert found == wanted
    began: list[str] = []
    embedded.connection.set_trace_callback(began.append)
    embedded.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)  # as atomic() does
    embedded.rollback()
    embedded.close()
    assert began[0] == "BEGIN IMMEDIATE"


def test_postgresql_gives_up_waiting_after_the_limits_that_are_set():
    made = database_settings("postgresql:///x", base_dir=ROOT, limits_s={"lock_timeout": 10, "statement_timeout": 0})
    assert made["OPTIONS"]["options"] == "-c lock_timeout=10s -c statement_timeout=0s"


@pytest.mark.django_db
def test_the_limits_are_really_in_force():
    if connection.vendor != "postgresql":
        assert "options" not in connection.settings_dict["OPTIONS"]
        return
    with connection.cursor() as cursor:
        found = [cursor.execute(f"SHOW {name}").fetchone()[0] for name in ("lock_timeout", "statement_timeout")]
    assert found == ["10s", "0"]


@pytest.mark.django_db(transaction=True)
def test_a_role_that_may_not_create_postgis_is_told_so(tmp_path):
    if connection.vendor != "postgresql":
        assert connection.settings_dict["ENGINE"] == "django.db.backends.sqlite3"
        return
    host = connection.settings_dict["HOST"] or "127.0.0.1"
    role = f"no_postgis_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
        cursor.execute(f"CREATE DATABASE {role} OWNER {role}")
    try:
        ended = manage("migrate", tmp_path=tmp_path, DATABASE_URL=f"postgresql://{role}:x@{host}/{role}")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {role}")
            cursor.execute(f"DROP ROLE {role}")
    assert ended.returncode == 2
    assert "CREATE EXTENSION postgis" in ended.stderr
    assert "Traceback" not in ended.stderr
