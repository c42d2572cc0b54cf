"""What a posting costs in a book that holds millions, against an empty one: in batches of 10,000 and one by one.

Beside each batch the same rows go into a plain table that is emptied again; what that costs more or less by the time
the book is large is the machine, and is divided out. DATABASE_URL chooses the database (default: SQLite in a temporary
folder). About a minute a million rows on PostgreSQL; ``--rows 1000000 10000000`` takes 2 GB.
"""

import argparse
import os
import statistics
import time
from typing import Any

from _scratch_database import scratch_database
from bulk_posting import FUND, NOW, Batches

BATCH, STEP = 10_000, 100_000
COLUMNS = "reference varchar(160), source_id bigint, target_id bigint, quantity bigint"


def main() -> None:
    """Print what a posting costs in an empty and in a large book, and the ratios."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, nargs="+", default=[300_000, 1_000_000], help="where to measure again")
    options.add_argument("--residents", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=9)
    chosen = options.parse_args()
    with scratch_database(os.environ.get("DATABASE_URL", "sqlite:///unused.sqlite3")):
        _run(chosen)


def _run(chosen: argparse.Namespace) -> None:
    from django.db import connection

    from bookkeeping import bulk, chart

    chart.open_accounts([FUND], nature="source", striped=True)
    residents = [f"coin:resident/{n:016x}" for n in range(chosen.residents)]
    chart.open_accounts(residents, nature="holder")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE plain_leg ({COLUMNS})")
    batches = Batches(residents)
    bulk.post_many(**batches.columns(1))  # first use: imports, plans
    empty = _measure(batches, rounds=chosen.rounds)
    print(f"{connection.vendor}: medians of {chosen.rounds} rounds", flush=True)
    posted = 0
    for rows in chosen.rows:
        started, before = time.perf_counter(), posted
        while posted < rows:
            bulk.post_many(**batches.columns(STEP))
            posted += STEP
        print(f"{rows:,} rows, the last {posted - before:,} in {time.perf_counter() - started:.0f} s")
        _print_ratios(empty, _measure(batches, rounds=chosen.rounds))


def _print_ratios(empty: dict[str, float], large: dict[str, float]) -> None:
    machine = large["plain"] / empty["plain"]
    for way in ("batch", "single"):
        ratio = large[way] / empty[way]
        per_posting = f"{empty[way] * 1e6:,.1f} µs in the empty book, {large[way] * 1e6:,.1f} µs in this one"
        print(f"{way:>6}: {per_posting}, ratio {ratio:.2f}, machine aside {ratio / machine:.2f}", flush=True)


def _measure(batches: Batches, *, rounds: int) -> dict[str, float]:
    """Return the seconds a posting takes in a batch, on its own, and as a row of the plain table."""
    from bookkeeping import bulk, postings

    times: dict[str, list[float]] = {"batch": [], "plain": [], "single": []}
    for _ in range(rounds):
        columns = batches.columns(BATCH)
        times["plain"].append(_load_plain(columns) / BATCH)
        started = time.perf_counter()
        bulk.post_many(**columns)
        times["batch"].append((time.perf_counter() - started) / BATCH)
        one = batches.columns(100)
        for reference, target in zip(one["references"], one["targets"], strict=True):
            started = time.perf_counter()
            postings.post(reference=reference, legs=[postings.Leg(FUND, target, 1)], occurred_at=NOW)
            times["single"].append(time.perf_counter() - started)
    return {way: statistics.median(taken) for way, taken in times.items()}


def _load_plain(columns: dict[str, Any]) -> float:
    """Return the seconds that the rows take into a table without any index, which is then emptied."""
    from django.db import connection, transaction

    rows = [
        (reference, 1, 2, int(quantity))
        for reference, quantity in zip(columns["references"], columns["quantities"], strict=True)
    ]
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy("COPY plain_leg FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany("INSERT INTO plain_leg VALUES (%s, %s, %s, %s)", rows)
    taken = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM plain_leg")
    return taken


if __name__ == "__main__":
    main()
