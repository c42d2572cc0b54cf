"""The book against other ledgers on the same PostgreSQL, in turn, one fund on one side of every posting.

- pgledger, where ``--pgledger`` names its SQL files in the order in which they are to run (the encoder of ULIDs that
  its README names, then pgledger.sql); batches go through its pgledger_create_transfers, single ones through
  pgledger_create_transfer.
- django-hordak, where ``--hordak`` names the interpreter of an environment with it (pip install django-hordak
  "psycopg[binary]"). Neither is a requirement of ours.
- a plain SQL ledger of our own: accounts with a balance and a version, one row a transfer, two entries with the balance
  before and after, written by one function that locks both accounts in the order of their ids. It is about the least
  that a ledger kept by SQL functions can do: numbers for ids, no limits beyond a floor.
- a bare insert of one row, committed: what is left when there is no ledger. Nobody can be faster than that.

TigerBeetle's client for Python brings no server, so it cannot be asked here. DATABASE_URL names the server.
"""

import argparse
import os
import random
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from _scratch_database import scratch_database
from bulk_posting import FUND, NOW, Batches

SQL_LEDGER = """
CREATE TABLE other_account (id bigint PRIMARY KEY, balance bigint NOT NULL DEFAULT 0, version bigint NOT NULL DEFAULT 0,
    floor bigint, CHECK (balance >= floor));
CREATE TABLE other_transfer (id bigserial PRIMARY KEY, reference text UNIQUE, source_id bigint REFERENCES other_account,
    target_id bigint REFERENCES other_account, amount bigint CHECK (amount > 0), at timestamptz NOT NULL);
CREATE TABLE other_entry (id bigserial PRIMARY KEY, account_id bigint REFERENCES other_account,
    transfer_id bigint REFERENCES other_transfer, amount bigint, balance_before bigint, balance_after bigint,
    version bigint);
CREATE INDEX ON other_entry (account_id);
CREATE INDEX ON other_entry (transfer_id);
CREATE FUNCTION other_move(of_account bigint, transfer bigint, amount bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE found other_account;
BEGIN
    UPDATE other_account SET balance = balance + amount, version = version + 1 WHERE id = of_account
    RETURNING * INTO found;
    INSERT INTO other_entry (account_id, transfer_id, amount, balance_before, balance_after, version)
    VALUES (of_account, transfer, amount, found.balance - amount, found.balance, found.version);
END $$;
CREATE FUNCTION other_post(name text, source bigint, target bigint, amount bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE made bigint;
BEGIN
    PERFORM FROM other_account WHERE id IN (source, target) ORDER BY id FOR UPDATE;
    INSERT INTO other_transfer (reference, source_id, target_id, amount, at)
    VALUES (name, source, target, amount, now())
    RETURNING id INTO made;
    PERFORM other_move(source, made, -amount);
    PERFORM other_move(target, made, amount);
    RETURN made;
END $$;
"""


def main() -> None:
    """Print a line per ledger and batch size, and for single postings with and without waiting for the disk."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--residents", type=int, default=2_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000])
    options.add_argument("--singles", type=int, default=200, help="single postings a round")
    options.add_argument("--pgledger", type=Path, nargs="+", default=[], help="SQL files of pgledger")
    options.add_argument("--hordak", type=Path, help="python of an environment with django-hordak")
    chosen = options.parse_args()
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        print("other_ledgers: set DATABASE_URL to a PostgreSQL server; nothing was measured")
        return
    with scratch_database(url):
        _run(chosen)


def _run(chosen: argparse.Namespace) -> None:
    from bookkeeping import chart

    chart.open_accounts([FUND], nature="source", striped=True)
    residents = [f"coin:resident/{n:016x}" for n in range(chosen.residents)]
    chart.open_accounts(residents, nature="holder")
    ways: dict[str, Callable[[str, int], list[float]]] = {
        "the book": Book(residents).post,
        "SQL ledger": SqlLedger(residents).post,
    }
    if chosen.pgledger:
        ways["pgledger"] = PgLedger(len(residents), files=chosen.pgledger).post
    hordak = Hordak(chosen.hordak, len(residents)) if chosen.hordak else None
    if hordak:
        ways["django-hordak"] = hordak.post
    try:
        _compare(ways, chosen)
    finally:
        if hordak:
            hordak.close()


def _compare(ways: dict[str, Callable[[str, int], list[float]]], chosen: argparse.Namespace) -> None:
    from django.db import connection

    print(f"{chosen.residents} residents, {chosen.rounds} rounds in turn; medians")
    for size in chosen.sizes:
        _take_turns(ways, "batch", size, rounds=chosen.rounds, label=f"batches of {size:,}")
    ways["bare row"] = _insert_bare_rows()
    _take_turns(ways, "single", chosen.singles, rounds=chosen.rounds, label="one by one")
    # A commit to the disk is the larger part of a single posting. This is the rest, for those on our connection.
    ways.pop("django-hordak", None)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
    _take_turns(ways, "single", chosen.singles, rounds=chosen.rounds, label="not awaiting the disk")


def _take_turns(
    ways: dict[str, Callable[[str, int], list[float]]], what: str, count: int, *, rounds: int, label: str
) -> None:
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, post in ways.items():
            taken[name] += post(what, count)
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    for name, median in medians.items():
        print(
            f"{label:>21}, {name:<14}{(count if what == 'batch' else 1) / median:>9,.0f}/s,"
            f" p50 {median * 1000:>9,.2f} ms, {median / medians['the book']:>6.2f} times the book's",
            flush=True,
        )


def _insert_bare_rows() -> Callable[[str, int], list[float]]:
    """Return what commits a row to a table without anything, so often as asked."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare_row (number bigint)")

    def post(what: str, count: int) -> list[float]:
        with connection.cursor() as cursor:
            return [_seconds(lambda: cursor.execute("INSERT INTO bare_row VALUES (1)")) for _ in range(count)]

    return post


class Book:
    """Our own."""

    def __init__(self, residents: list[str]) -> None:
        self.batches = Batches(residents)

    def post(self, what: str, count: int) -> list[float]:
        """Return the seconds of one batch, or of each of ``count`` single postings."""
        from bookkeeping import bulk, postings

        columns = self.batches.columns(count)
        if what == "batch":
            return [_seconds(lambda: bulk.post_many(**columns))]
        rows = zip(columns["references"], columns["targets"], columns["quantities"].tolist(), strict=True)
        return [
            _seconds(lambda r=r, t=t, q=q: postings.post(reference=r, legs=[postings.Leg(FUND, t, q)], occurred_at=NOW))
            for r, t, q in rows
        ]


class SqlLedger:
    """The plain ledger of SQL functions above."""

    def __init__(self, residents: list[str]) -> None:
        from django.db import connection

        self.batches = Batches(residents)
        self.number = {code: place + 1 for place, code in enumerate(residents)}
        with connection.cursor() as cursor:
            cursor.execute(SQL_LEDGER)
            cursor.execute("INSERT INTO other_account (id) VALUES (0)")
            cursor.execute("INSERT INTO other_account (id, floor) SELECT n, 0 FROM generate_series(1, %s) AS n",
                           [len(residents)])  # fmt: skip

    def post(self, what: str, count: int) -> list[float]:
        """Return the seconds of one batch in one statement, or of each of ``count`` single postings."""
        from django.db import connection

        columns = self.batches.columns(count)
        targets = [self.number[code] for code in columns["targets"]]
        quantities = columns["quantities"].tolist()
        query = (
            "SELECT count(other_post(r, 0, t, q)) FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS n (r, t, q)"
        )
        with connection.cursor() as cursor:
            if what == "batch":
                return [_seconds(lambda: cursor.execute(query, [columns["references"], targets, quantities]))]
            one = "SELECT other_post(%s, 0, %s, %s)"
            rows = zip(columns["references"], targets, quantities, strict=True)
            return [_seconds(lambda row=row: cursor.execute(one, row)) for row in rows]


class PgLedger:
    """pgledger, from its own SQL."""

    def __init__(self, residents: int, *, files: list[Path]) -> None:
        from django.db import connection

        opened = "SELECT (pgledger_create_account(n::text, 'CNY', %s, true)).id FROM generate_series(1, %s) AS n"
        with connection.cursor() as cursor:
            for file in files:
                cursor.execute(file.read_text(encoding="utf-8"))
            cursor.execute(opened, [True, 1])
            self.fund = cursor.fetchone()[0]
            cursor.execute(opened, [False, residents])
            self.residents = [row[0] for row in cursor.fetchall()]

    def post(self, what: str, count: int) -> list[float]:
        """Return the seconds of one batch in one statement, or of each of ``count`` single postings."""
        from django.db import connection

        targets = random.choices(self.residents, k=count)
        batch = (
            "SELECT count(id) FROM pgledger_create_transfers((SELECT array_agg((%s, target, 5)::transfer_request)"
            " FROM unnest(%s::text[]) AS n (target)), NULL::timestamptz)"
        )
        with connection.cursor() as cursor:
            if what == "batch":
                return [_seconds(lambda: cursor.execute(batch, [self.fund, targets]))]
            one = "SELECT id FROM pgledger_create_transfer(%s, %s, 5)"
            return [_seconds(lambda to=to: cursor.execute(one, [self.fund, to])) for to in targets]


class Hordak:
    """django-hordak in a process and a database of its own."""

    def __init__(self, interpreter: Path, residents: int) -> None:
        from django.db import connection

        parts, name = urlsplit(os.environ["DATABASE_URL"]), f"{connection.settings_dict['NAME']}_hordak"
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
        self.name = name
        environment = {
            "DATABASE_NAME": name, "HOST": parts.hostname or "", "PORT": str(parts.port or 5432),
            "USER_NAME": parts.username or "", "PASSWORD": parts.password or "", "PATH": os.environ["PATH"],
        }  # fmt: skip
        script = Path(__file__).with_name("_hordak_ledger.py")
        self.child = subprocess.Popen(
            [str(interpreter), str(script), str(residents)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        if self._answer() != "ready":
            raise SystemExit("django-hordak did not start; see what it says above")

    def post(self, what: str, count: int) -> list[float]:
        """Return the seconds of one batch, or of each of ``count`` single postings."""
        assert self.child.stdin is not None
        self.child.stdin.write(f"{what} {count}\n")
        self.child.stdin.flush()
        return [float(seconds) for seconds in self._answer().split()]

    def _answer(self) -> str:
        assert self.child.stdout is not None
        return self.child.stdout.readline().strip()

    def close(self) -> None:
        """End the process and drop its database."""
        from django.db import connection

        self.child.terminate()
        self.child.wait()
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
