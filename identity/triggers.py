"""The consent ledger is append-only, by the database itself; installed after every migration."""

from typing import Any

from django.db import connections

REFUSAL = "identity_consent is append-only"
POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION identity_consent_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    "DROP TRIGGER IF EXISTS identity_consent_append_only ON identity_consent",
    """CREATE TRIGGER identity_consent_append_only BEFORE UPDATE OR DELETE ON identity_consent
    FOR EACH ROW EXECUTE FUNCTION identity_consent_refuse_change()""",
)
SQLITE = tuple(
    statement
    for verb in ("UPDATE", "DELETE")
    for statement in (
        f"DROP TRIGGER IF EXISTS identity_consent_no_{verb.lower()}",
        f"""CREATE TRIGGER identity_consent_no_{verb.lower()} BEFORE {verb} ON identity_consent
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    )
)


def install_after_migrate(*, using: str, **_kwargs: Any) -> None:
    """Install the triggers on the database ``using``, where the table stands."""
    connection = connections[using]
    if "identity_consent" in connection.introspection.table_names():
        install(connection)


def install(connection: Any) -> None:
    """Create every trigger anew."""
    with connection.cursor() as cursor:
        for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}[connection.vendor]:
            cursor.execute(statement)
