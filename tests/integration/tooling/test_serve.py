"""``make serve``: site, worker and scheduler start together, and one Ctrl-C ends all three."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 60


@pytest.fixture
def served(tmp_path):
    """Serve an empty site from a folder of its own; return the process and the site's address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    environment |= {"VAR_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    environment.pop("BROKER_URL", None)
    script = f"import sys; from tooling import serve; sys.exit(serve.run(['{port}']))"
    server = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    yield server, f"http://127.0.0.1:{port}/"
    if server.poll() is None:
        server.terminate()
        server.wait(timeout=PATIENCE_S)


def answers(address):
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            return urllib.request.urlopen(address, timeout=10).status
        except OSError:
            time.sleep(0.3)
    return None


def children(of):
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True).stdout
    return [int(pid) for pid, parent in (line.split() for line in listing.splitlines()) if int(parent) == of]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_one_interrupt_stops_site_worker_and_scheduler(served):
    server, address = served
    assert answers(address) == 200
    parts = children(server.pid)
    assert len(parts) == 3
    server.send_signal(signal.SIGINT)
    assert server.wait(timeout=PATIENCE_S) == 0
    assert [pid for pid in parts if is_alive(pid)] == []
    assert "stopped" in server.stdout.read().decode()


def test_a_worker_that_dies_is_started_again(served):
    server, address = served
    assert answers(address) == 200
    before = children(server.pid)
    os.kill(before[1], signal.SIGKILL)  # site, worker, scheduler: in the order of their start
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and (len(children(server.pid)) < 3 or before[1] in children(server.pid)):
        time.sleep(0.3)
    assert len(set(children(server.pid)) - set(before)) == 1
    assert answers(address) == 200
