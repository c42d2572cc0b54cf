"""The balance endpoint against a bare endpoint with one SELECT: requests per second, served by gunicorn on loopback.

Both are asked in turn by the same client threads over kept connections. The bare one is a django-ninja operation that
reads one account row by its code and returns one number; it stands in this file only.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CLIENTS, ROUNDS, SECONDS, ACCOUNTS = 8, 5, 3.0, 1000
BARE, OURS = "/bare/{code}", "/api/v1/book/accounts/{code}/balance"


def bare_urls() -> list:
    """Return the site's addresses with the bare endpoint added."""
    from django.urls import path
    from ninja import NinjaAPI

    import config.urls
    from bookkeeping.models import Account

    bare = NinjaAPI(urls_namespace="bare", docs_url=None, openapi_url=None)

    @bare.get("/{path:code}")
    def read(request, code: str) -> dict[str, int]:  # type: ignore[no-untyped-def]
        return {"balance": Account.objects.values_list("balance", flat=True).get(code=code)}

    return [path("bare/", bare.urls), *config.urls.urlpatterns]


def serve(folder: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start gunicorn over a database of its own; return the process and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "VAR_DIR": folder, "PYTHONPATH": f"{ROOT}:{ROOT / 'benchmarks'}", "LOG_LEVEL": "ERROR"}
    environment.setdefault("DATABASE_URL", f"sqlite:////{folder}/bench.sqlite3")
    for command in (["migrate", "--verbosity", "0"], ["shell", "--verbosity", "0", "-c", OPEN_ACCOUNTS]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True)
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
    return server, port


OPEN_ACCOUNTS = f"""
from django.utils import timezone
from bookkeeping import chart, postings
codes = [f'coin:fund/bench{{n}}' for n in range({ACCOUNTS})]
chart.open_accounts(codes, nature=chart.Nature.HOLDER)
"""


def wait_for(port: int) -> None:
    """Wait until something listens on ``port``, a minute at most."""
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")


def requests_per_second(port: int, pattern: str) -> float:
    """Return how many answers per second the client threads got; any status but 200 ends the benchmark."""
    counts, failures = [0] * CLIENTS, []
    until = time.perf_counter() + SECONDS

    def ask(client: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        number = client
        while time.perf_counter() < until:
            connection.request("GET", pattern.format(code=f"coin:fund/bench{number % ACCOUNTS}"))
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                failures.append(answer.status)
                return
            counts[client] += 1
            number += CLIENTS

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(f"{pattern} answered {failures[0]}")
    return sum(counts) / SECONDS


def main() -> None:
    """Measure both in turn and print the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        server, port = serve(folder)
        try:
            rounds = [(requests_per_second(port, BARE), requests_per_second(port, OURS)) for _ in range(ROUNDS + 1)][1:]
        finally:
            server.terminate()
            server.wait()
    bare, ours = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"{CLIENTS} clients, {ACCOUNTS} accounts, {ROUNDS} rounds of {SECONDS:.0f} s each")
    print(f"bare endpoint, one SELECT  {bare:8.0f} requests/s")
    print(f"balance endpoint           {ours:8.0f} requests/s")
    print(f"ratio {statistics.median(b / a for a, b in rounds):.2f} (to reach: 0.60)")


if __name__ == "__main__":
    main()
