"""绿宝 from a signed file to posted points, against bare inserts of the same rows in the same run.

Two limits: a table of the same columns without any index, and one with the indexes and constraints of the real one.

Run: ``python benchmarks/greenpoints_ingest.py [--rows 110000] [--residents 20000]``; the database is DATABASE_URL's,
in a database of its own that is dropped afterwards.
"""

import argparse
import os
import re
import resource
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.test.runner import DiscoverRunner  # noqa: E402

from fixtures import make_behaviour_day  # noqa: E402
from greenpoints import bulk_rows  # noqa: E402
from greenpoints.intake import answers, batches  # noqa: E402
from greenpoints.points import funds  # noqa: E402
from identity import organisations, partner_keys, people, signatures  # noqa: E402

DAY, AT = date(2026, 11, 20), datetime(2026, 11, 21, 1, tzinfo=UTC)


def prepare(folder: Path, *, rows: int, residents: int) -> tuple[make_behaviour_day.BehaviourDay, dict]:
    """Make the day, bind its residents, endow a fund, sign the file."""
    day = make_behaviour_day.make(folder, business_on=DAY, rows=rows, residents=residents)
    organisations.register(code="bike-co", name="单车公司", kind="partner", region="361000", at=AT)
    people.enrol_many(partner="bike-co", subject_refs=day.subject_refs, region="361002", at=AT)
    funds.endow(sponsor="city", coins=10**9, fen=10**10, reference="bench", valid_from=DAY, at=AT)
    key = partner_keys.issue(organisation="bike-co", algorithm="ed25519", at=AT)
    return day, signatures.sign_file(day.batch.read_bytes(), key_id=key.key_id, secret=key.secret, at=AT)


def ingest(day: make_behaviour_day.BehaviourDay, signature: dict) -> float:
    """Return the seconds from the signed file to credited points."""
    start = time.perf_counter()
    content = day.batch.read_bytes()
    partner = signatures.verify_file(content, signature, at=AT)
    kept = batches.receive(partner=partner, batch="bench", business_on=DAY, content=content, received_at=AT)
    batches.credit(kept.id, as_of=AT)
    return time.perf_counter() - start


def bare_inserts() -> tuple[float, float]:
    """Return the seconds for a bare COPY (executemany on SQLite) of the same rows: without indexes, and with them."""
    columns = answers.COLUMNS
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM greenpoints_behaviour")
        rows = cursor.fetchall()
        cursor.execute("CREATE TABLE bare AS SELECT * FROM greenpoints_behaviour WHERE 1 = 0")
        if connection.vendor == "postgresql":
            cursor.execute("CREATE TABLE indexed (LIKE greenpoints_behaviour INCLUDING ALL)")
        else:
            _copy_definition(cursor)
    return _timed("bare", columns, rows), _timed("indexed", columns, rows)


def _copy_definition(cursor: Any) -> None:
    """SQLite has no LIKE: the definitions of the table and its indexes are run again under another name."""
    cursor.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'greenpoints_behaviour' AND sql IS NOT NULL")
    for (definition,) in cursor.fetchall():
        if not definition.startswith("CREATE TRIGGER"):
            name = definition.replace('"greenpoints_behaviour"', '"indexed"')
            cursor.execute(re.sub(r'INDEX "(\w+)"', r'INDEX "indexed_\1"', name))


def _timed(table: str, columns: tuple[str, ...], rows: list[tuple]) -> float:
    start = time.perf_counter()
    with transaction.atomic():
        bulk_rows.insert(table, columns, rows)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=110_000)
    parser.add_argument("--residents", type=int, default=20_000)
    given = parser.parse_args()
    runner = DiscoverRunner(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        with tempfile.TemporaryDirectory() as folder:
            day, signature = prepare(Path(folder), rows=given.rows, residents=given.residents)
            seconds = ingest(day, signature)
            bare, indexed = bare_inserts()
    finally:
        runner.teardown_databases(databases)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{connection.vendor}: {day.rows:,} rows of {given.residents:,} residents in {seconds:.1f} s")
    for name, limit in (("bare insert", bare), ("with indexes", indexed)):
        print(f"{day.rows / seconds:,.0f} rows/s; {name} {day.rows / limit:,.0f} rows/s; ratio {limit / seconds:.3f}")
    print(f"peak memory {peak_mb:,.0f} MB")


if __name__ == "__main__":
    main()
