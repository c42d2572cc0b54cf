"""Single postings, one hot account on one side of each against none: p50 and p99 at 1 and at 8 clients.

The hot account is a striped fund; without it every posting moves between two residents of its own. Both take turns.
Each client is a process with a connection of its own. A bare insert of a row, committed, shows what the disk allows.
DATABASE_URL chooses the database (default: SQLite in a temporary folder).
"""

import multiprocessing
import os
import random
import resource
import sys
import time
from datetime import UTC, datetime

from _scratch_database import ROOT, scratch_database

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FUND = "coin:fund/bus-programme"
RESIDENTS, ROUNDS, SECONDS = 5_000, 3, 2.0
WAYS = {"hot": "one hot account", "none": "no hot account ", "bare": "bare insert    "}


def main() -> None:
    """Print one line per number of clients and kind of account."""
    with scratch_database(os.environ.get("DATABASE_URL", "sqlite:///unused.sqlite3")):
        _run()


def _run() -> None:
    from django.db import connection

    from bookkeeping import bulk, chart

    chart.open_accounts([FUND], nature="source", striped=True)
    residents = [f"coin:resident/{n:016x}" for n in range(RESIDENTS)]
    chart.open_accounts(residents, nature="holder")
    references = [f"gift/{n}" for n in range(RESIDENTS)]
    bulk.post_many(
        references=references, sources=FUND, targets=residents, quantities=[10**6] * RESIDENTS, occurred_at=NOW
    )
    print(f"{connection.vendor}: {RESIDENTS} residents, {ROUNDS} rounds of {SECONDS:.0f} s each")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare_row (number bigint)")
    connection.close()
    for clients in (1, 8):
        _measure(clients)
    print(f"peak memory of a client {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")


def _measure(clients: int) -> None:
    """Let the clients post in turns, to the hot account, without it, and into a bare table; print what came of it."""
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    with multiprocessing.get_context("spawn").Pool(clients, initializer=_start) as pool:
        pool.map(_ask, [(client, clients, "hot", -1) for client in range(clients)], chunksize=1)  # plans, caches
        for turn in range(ROUNDS):
            for way in WAYS:
                tasks = [(client, clients, way, turn) for client in range(clients)]
                for taken in pool.map(_ask, tasks, chunksize=1):
                    times[way] += taken
    for way, label in WAYS.items():
        _print_line(times[way], clients=clients, label=label)
    print(f"  ratio of rates, hot to none: {len(times['hot']) / len(times['none']):.2f}", flush=True)


def _start() -> None:
    import django

    sys.path.insert(0, str(ROOT))
    django.setup()


def _ask(task: tuple[int, int, str, int]) -> list[float]:
    """Return how long each posting of one client in one round took, in seconds."""
    client, clients, way, turn = task
    chance, taken = random.Random(f"{turn} {client}"), []
    residents = [f"coin:resident/{n:016x}" for n in range(RESIDENTS)]
    post = _insert_bare if way == "bare" else _post
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        source, target = chance.sample(residents, 2)
        reference = f"{way}/{clients}/{turn}/{client}/{len(taken)}"
        started = time.perf_counter()
        post(reference, FUND if way == "hot" else source, target)
        taken.append(time.perf_counter() - started)
    return taken


def _post(reference: str, source: str, target: str) -> None:
    from bookkeeping import postings

    postings.post(reference=reference, legs=[postings.Leg(source, target, 1)], occurred_at=NOW)


def _insert_bare(reference: str, source: str, target: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bare_row VALUES (1)")


def _print_line(times: list[float], *, clients: int, label: str) -> None:
    ordered = sorted(times)
    p50, p99 = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
    rate = len(times) / (ROUNDS * SECONDS)
    print(
        f"{clients} client(s), {label}: {rate:>6,.0f}/s, p50 {p50 * 1000:.2f} ms,"
        f" p99 {p99 * 1000:.2f} ms ({p99 / p50:.1f} x p50)"
    )


if __name__ == "__main__":
    main()
