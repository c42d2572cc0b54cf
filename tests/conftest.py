"""What the whole suite shares."""

import pytest
from django.db import connections
from django.test import TransactionTestCase


@pytest.fixture(autouse=True, scope="session")
def _books_may_be_emptied_between_tests():
    """Let Django empty tables that refuse it: their triggers go first, and ``post_migrate`` puts them back.

    Those that only limit columns refuse no deletion and stay.
    """
    usual = TransactionTestCase._fixture_teardown

    def teardown(self):
        for connection in connections.all(initialized_only=True):
            _drop_triggers(connection)
        usual(self)

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = usual


def _drop_triggers(connection):
    if connection.vendor == "sqlite":
        query = "SELECT name, '' FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, 10) <> 'limits_of_'"
    else:
        query = (
            "SELECT tgname, ' ON ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"
            " AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)"
        )
    with connection.cursor() as cursor:
        cursor.execute(query)
        for name, table in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"{table}')
