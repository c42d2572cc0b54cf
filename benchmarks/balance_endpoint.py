"""What the book answers over HTTP against a bare endpoint with one SELECT, served by gunicorn on loopback.

Asked in turn by the same client threads over kept connections: a public balance, the same balance and a page of a
statement by an auditor who has signed in, and a bare django-ninja operation that reads one account row by its code and
returns one number, which stands in this file only. What needs a sign-in is compared with the bare operation behind the
same sign-in, which Django answers with two SELECTs of its own; the role of the reader is a third, and ours.
"""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CLIENTS, ROUNDS, SECONDS, ACCOUNTS, MOVEMENTS = 8, 5, 2.0, 1000, 60
BALANCE, STATEMENT = "/api/v1/book/accounts/{code}/balance", "/api/v1/book/accounts/{code}/statement"


@dataclass(frozen=True)
class Way:
    """One thing that is asked: a path, with or without a session."""

    label: str
    pattern: str
    signed_in: bool = False


BARE = Way("bare endpoint, one SELECT", "/bare/open/{code}")
BARE_SIGNED_IN = Way("the same, signed in", "/bare/closed/{code}", signed_in=True)
WAYS = (
    BARE,
    Way("balance, public", BALANCE),
    BARE_SIGNED_IN,
    Way("balance, signed in", BALANCE.replace("{code}", "{private}"), signed_in=True),
    Way("statement, 20 lines", STATEMENT + "?limit=20", signed_in=True),
    Way("statement, 50 lines", STATEMENT, signed_in=True),
)


def bare_urls() -> list:
    """Return the site's addresses with the bare endpoint added."""
    from django.urls import path
    from ninja import NinjaAPI

    import config.urls
    from bookkeeping.api import signed_in
    from bookkeeping.models import Account

    bare = NinjaAPI(urls_namespace="bare", docs_url=None, openapi_url=None)

    def read(request, code: str) -> dict[str, int]:  # type: ignore[no-untyped-def]
        return {"balance": Account.objects.values_list("balance", flat=True).get(code=code)}

    bare.get("/open/{path:code}")(read)
    bare.get("/closed/{path:code}", auth=signed_in)(read)

    return [path("bare/", bare.urls), *config.urls.urlpatterns]


@dataclass(frozen=True)
class Site:
    """A served site: its process, its port, and the cookie of somebody who has signed in."""

    process: subprocess.Popen[bytes]
    port: int
    cookie: str


def serve(folder: str) -> Site:
    """Start gunicorn over a database with accounts, movements and an auditor."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "VAR_DIR": folder, "PYTHONPATH": f"{ROOT}:{ROOT / 'benchmarks'}", "LOG_LEVEL": "ERROR"}
    environment.setdefault("DATABASE_URL", f"sqlite:////{folder}/bench.sqlite3")
    for command in (["migrate", "--verbosity", "0"], ["shell", "--verbosity", "0", "-c", OPEN_ACCOUNTS]):
        run = [sys.executable, "manage.py", *command]
        said = subprocess.run(run, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
    environment["ROOT_URLCONF"] = "balance_endpoint_urls"
    (Path(folder) / "balance_endpoint_urls.py").write_text(
        "from balance_endpoint import bare_urls\nurlpatterns = bare_urls()\n"
    )
    (Path(folder) / "bench_settings.py").write_text(
        "from config.settings.local import *\nROOT_URLCONF = 'balance_endpoint_urls'\n"
    )
    environment |= {"DJANGO_SETTINGS_MODULE": "bench_settings", "PYTHONPATH": f"{environment['PYTHONPATH']}:{folder}"}
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    command += ["--worker-class", "gthread", "--threads", "4", "--log-level", "error"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    wait_for(port)
    return Site(process=server, port=port, cookie=said.strip().splitlines()[-1])


OPEN_ACCOUNTS = f"""
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone
from bookkeeping import bulk, chart
from identity import people
now = timezone.now()
chart.open_accounts(['coin:fund/bench'], nature=chart.Nature.SOURCE, striped=True)
for heading in ('fund', 'resident'):
    codes = [f'coin:{{heading}}/bench{{n}}' for n in range({ACCOUNTS})]
    chart.open_accounts(codes, nature=chart.Nature.HOLDER)
    for turn in range({MOVEMENTS} if heading == 'fund' else 1):
        bulk.post_many(references=[f'{{turn}}/{{code}}' for code in codes], sources='coin:fund/bench', targets=codes,
                       quantities=[5] * len(codes), occurred_at=now)
user = people.register_user('bench', 'correct-horse-9', at=now, roles=['auditor'])
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = 'django.contrib.auth.backends.ModelBackend'
session.save()
print(f'{{settings.SESSION_COOKIE_NAME}}={{session.session_key}}')
"""


def wait_for(port: int) -> None:
    """Wait until something listens on ``port``, a minute at most."""
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")


def ask(site: Site, way: Way) -> list[float]:
    """Return the seconds of every answer that the client threads got; any status but 200 ends the benchmark."""
    taken: list[list[float]] = [[] for _ in range(CLIENTS)]
    failures: list[int] = []
    until = time.perf_counter() + SECONDS
    headers = {"Cookie": site.cookie} if way.signed_in else {}

    def keep_asking(client: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", site.port)
        number = client
        while (started := time.perf_counter()) < until:
            name = f"bench{number % ACCOUNTS}"
            path = way.pattern.format(code=f"coin:fund/{name}", private=f"coin:resident/{name}")
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            taken[client].append(time.perf_counter() - started)
            if answer.status != 200:
                failures.append(answer.status)
                return
            number += CLIENTS

    threads = [threading.Thread(target=keep_asking, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(f"{way.pattern} answered {failures[0]}")
    return sorted(second for seconds in taken for second in seconds)


def main() -> None:
    """Measure all in turn and print what each costs against the bare one."""
    with tempfile.TemporaryDirectory() as folder:
        site = serve(folder)
        try:
            rounds = [{way: ask(site, way) for way in WAYS} for _ in range(ROUNDS + 1)][1:]
        finally:
            site.process.terminate()
            site.process.wait()
    print(f"{CLIENTS} clients, {ACCOUNTS} accounts of {MOVEMENTS} movements, {ROUNDS} rounds of {SECONDS:.0f} s each")
    for way in WAYS:
        bare = BARE_SIGNED_IN if way.signed_in else BARE
        share = statistics.median(len(taken[way]) / len(taken[bare]) for taken in rounds)
        rate = statistics.median(len(taken[way]) for taken in rounds) / SECONDS
        seconds = sorted(second for taken in rounds for second in taken[way])
        p50, p99 = seconds[len(seconds) // 2], seconds[len(seconds) * 99 // 100]
        print(
            f"{way.label:<26}{rate:6,.0f}/s, {share:.2f} of bare, {1 / share:.2f} times its cost;"
            f" p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms ({p99 / p50:.1f} x p50)"
        )


if __name__ == "__main__":
    main()
