"""Single postings, one hot account on one side of each against none: p50 and p99 at 1 and at 8 clients.

The hot account is a striped fund; without it every posting moves between two residents of its own. Both take turns.
DATABASE_URL chooses the database (default: SQLite in a temporary folder).
"""

import os
import random
import resource
import threading
import time
from datetime import UTC, datetime

from _scratch_database import scratch_database

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FUND = "coin:fund/bus-programme"
RESIDENTS, ROUNDS, SECONDS = 5_000, 3, 2.0


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
    for clients in (1, 8):
        times: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(ROUNDS):
            for hot in (True, False):
                times[hot] += _round(residents, clients=clients, hot=hot, turn=turn)
        for hot in (True, False):
            _print_line(times[hot], clients=clients, hot=hot)
        print(f"  ratio of rates, hot to none: {len(times[True]) / len(times[False]):.2f}", flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def _round(residents: list[str], *, clients: int, hot: bool, turn: int) -> list[float]:
    """Return how long each posting of one round took, in seconds."""
    from django.db import connection

    from bookkeeping import postings

    taken: list[float] = []

    def ask(client: int) -> None:
        chance, done = random.Random(f"{turn} {client}"), 0
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until:
            source, target = chance.sample(residents, 2)
            leg = postings.Leg(FUND if hot else source, target, 1)
            started = time.perf_counter()
            postings.post(reference=f"{hot}/{clients}/{turn}/{client}/{done}", legs=[leg], occurred_at=NOW)
            taken.append(time.perf_counter() - started)
            done += 1
        connection.close()

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def _print_line(times: list[float], *, clients: int, hot: bool) -> None:
    ordered = sorted(times)
    p50, p99 = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
    rate = len(times) / (ROUNDS * SECONDS)
    print(
        f"{clients} client(s), {'one hot account' if hot else 'no hot account '}: {rate:>6,.0f}/s,"
        f" p50 {p50 * 1000:.2f} ms, p99 {p99 * 1000:.2f} ms"
    )


if __name__ == "__main__":
    main()
