"""Bulk posting against a bare load of the same rows into the same indexed table without triggers.

One programme account gives in every posting. Both ways take turns in one run; the ratio is bare time over ours.
DATABASE_URL chooses the database (default: SQLite in a temporary folder). `--history` posts rows beforehand.
"""

import argparse
import os
import resource
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from _scratch_database import scratch_database

NOW = datetime(2026, 11, 1, tzinfo=UTC)
REPLAYS = 5
FUND = "coin:fund/bus-programme"


def main() -> None:
    """Print one line per batch size."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    options.add_argument("--residents", type=int, default=20_000)
    options.add_argument("--history", type=int, default=0, help="rows in both tables before the first round")
    options.add_argument("--rows", type=int, default=200_000, help="rows a side per batch size; at least 3 rounds")
    chosen = options.parse_args()
    with scratch_database(os.environ.get("DATABASE_URL", "sqlite:///unused.sqlite3")):
        _run(chosen)


def _run(chosen: argparse.Namespace) -> None:
    from django.db import connection

    from bookkeeping import bulk, chart

    chart.open_accounts([FUND], nature="source", striped=True)
    residents = [f"coin:resident/{n:016x}" for n in range(chosen.residents)]
    chart.open_accounts(residents, nature="holder")
    bare = {"postgresql": _bare_copy, "sqlite": _bare_executemany}[connection.vendor]()
    batches = Batches(residents)
    bulk.post_many(**batches.columns(10))  # first use: imports, plans
    if chosen.history:
        for _ in range(chosen.history // 100_000):
            bulk.post_many(**batches.columns(100_000))
            bare(batches.columns(100_000))()
    print(f"{connection.vendor}: {chosen.residents} residents, {chosen.history} rows before; medians")
    for size in chosen.sizes:
        _compare(size, max(3, chosen.rows // size), batches, bare)
    _print_bytes_per_leg()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


class Batches:
    """Batches of one leg per posting, the fund on one side, residents drawn at random on the other."""

    def __init__(self, residents: list[str]) -> None:
        import numpy as np

        self.residents = np.array(residents, dtype=object)
        self.random = np.random.default_rng(7)
        self.made = 0

    def columns(self, size: int) -> dict[str, Any]:
        """Return the next batch as the arguments of post_many."""
        self.made += 1
        who = self.random.integers(0, len(self.residents), size)
        return {
            "references": [f"batch/bus/{self.made}/row/{n}" for n in range(size)],
            "sources": FUND,
            "targets": self.residents[who].tolist(),
            "quantities": self.random.integers(1, 20, size),
            "occurred_at": NOW,
        }


def _compare(size: int, rounds: int, batches: Batches, bare: Callable[..., Callable[[], None]]) -> None:
    from bookkeeping import bulk

    ours, theirs, replays = [], [], []
    for n in range(rounds):
        columns, load = batches.columns(size), bare(batches.columns(size))
        theirs.append(_seconds(load))
        ours.append(_seconds(lambda columns=columns: bulk.post_many(**columns)))
        if n < REPLAYS:
            replays.append(_seconds(lambda columns=columns: bulk.post_many(**columns)))
    mine, other, replay = statistics.median(ours), statistics.median(theirs), statistics.median(replays)
    print(
        f"{size:>7} rows x {rounds:>3} rounds: post_many {size / mine:>8,.0f}/s ({mine * 1000:,.1f} ms),"
        f" bare load {size / other:>8,.0f}/s ({other * 1000:,.1f} ms), ratio {other / mine:.2f};"
        f" the same batch again {size / replay:>8,.0f}/s",
        flush=True,
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _bare_copy() -> Callable[..., Callable[[], None]]:
    from django.db import connection, transaction

    from bookkeeping import packing

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bare_leg (LIKE bookkeeping_leg INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING INDEXES)"
        )
    statement = f"COPY bare_leg ({', '.join(packing.COLUMNS)}) FROM STDIN (FORMAT BINARY)"

    def prepare(columns: dict[str, Any]) -> Callable[[], None]:
        packed = packing.pack_legs(**_packed_columns(columns), kind=1, references=columns["references"])

        def load() -> None:
            with transaction.atomic(), connection.cursor() as cursor, cursor.copy(statement) as copy:
                copy.write(packed)

        return load

    return prepare


def _packed_columns(columns: dict[str, Any]) -> dict[str, Any]:
    import numpy as np

    from bookkeeping import batches, leg_columns

    batch = batches.batch_of(**columns)
    ids = leg_columns.look_up(batch.codes, references=[]).accounts.ids
    return {
        "source_id": ids[batch.legs.source],
        "target_id": ids[batch.legs.target],
        "quantity": batch.legs.quantity,
        "occurred_us": batch.occurred_us,
        "leg": np.zeros(len(batch.leg), dtype=np.int64),
    }


def _bare_executemany() -> Callable[..., Callable[[], None]]:
    from django.db import connection, transaction

    from bookkeeping import packing

    _copy_sqlite_table(connection)
    names = ", ".join(packing.COLUMNS)
    statement = f"INSERT INTO bare_leg ({names}) VALUES (%s, %s, %s, %s, %s, %s, %s)"

    def prepare(columns: dict[str, Any]) -> Callable[[], None]:
        packed = _packed_columns(columns)
        sides = [packed[name].tolist() for name in ("source_id", "target_id", "quantity")]
        rows = [(s, t, q, str(NOW)[:19], 0, 1, r) for s, t, q, r in zip(*sides, columns["references"], strict=True)]

        def load() -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.executemany(statement, rows)

        return load

    return prepare


def _copy_sqlite_table(connection: Any) -> None:
    """Make the leg table once more, with its indexes, without its checks and triggers."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA table_info(bookkeeping_leg)")
        columns = [f'"{row[1]}" {row[2]}{" PRIMARY KEY AUTOINCREMENT" if row[5] else ""}' for row in cursor.fetchall()]
        cursor.execute(f"CREATE TABLE bare_leg ({', '.join(columns)}, UNIQUE (reference, leg))")
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'bookkeeping_leg'")
        for (made,) in cursor.fetchall():
            if made:
                cursor.execute(made.replace("bookkeeping_leg", "bare_leg"))


def _print_bytes_per_leg() -> None:
    from django.db import connection

    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), pg_relation_size('bookkeeping_leg') FROM bookkeeping_leg")
        count, heap = cursor.fetchone()
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_relation_size(indexrelid) FROM pg_index"
            " WHERE indrelid = 'bookkeeping_leg'::regclass"
        )
        sizes = cursor.fetchall()
    parts = ", ".join(f"{name} {size / count:.0f}" for name, size in sizes)
    whole = heap + sum(size for _, size in sizes)
    print(f"{whole / count:.0f} bytes a leg: row {heap / count:.0f}, {parts}")


if __name__ == "__main__":
    main()
