"""The site, one worker and the scheduler as three child processes; one Ctrl-C stops all three."""

import os
import signal
import socket
import subprocess
import time

from tooling.environment import ROOT, python, say

FIRST_PORT = 8000


def run(arguments: list[str]) -> int:
    """Serve until Ctrl-C or until one part ends; return 0 after Ctrl-C, else the code of the part that ended."""
    if subprocess.run([str(python()), "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT).returncode:
        return 1
    port = int(arguments[0]) if arguments else _free_port(FIRST_PORT)
    parts = {name: _start(command) for name, command in _commands(port).items()}
    say(f"the site is at http://127.0.0.1:{port}/ (Ctrl-C stops it)")
    for end in (signal.SIGINT, signal.SIGTERM):  # also where the caller's shell had set Ctrl-C aside
        signal.signal(end, _interrupt)
    try:
        return _watch(parts)
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(parts)


def _commands(port: int) -> dict[str, list[str]]:
    celery = [str(python()), "-m", "celery", "--quiet", "-A", "config.celery"]
    return {
        "site": [str(python()), "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2",
                 "--worker-class", "gthread", "--threads", "4", "--log-level", "warning"],
        "worker": [*celery, "worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "warning"],
        "scheduler": [*celery, "beat", "--loglevel", "warning"],
    }  # fmt: skip


def _start(command: list[str]) -> "subprocess.Popen[bytes]":
    # A session of its own: the terminal's Ctrl-C reaches this process alone, which then stops the parts in order.
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1"}, start_new_session=True)


def _watch(parts: "dict[str, subprocess.Popen[bytes]]") -> int:
    while True:
        for name, part in parts.items():
            code = part.poll()
            if code is not None:
                say(f"the {name} ended with code {code}; stopping the rest")
                return code or 1
        time.sleep(0.5)


def _stop(parts: "dict[str, subprocess.Popen[bytes]]") -> None:
    for part in parts.values():
        if part.poll() is None:
            part.send_signal(signal.SIGTERM)
    for part in parts.values():
        try:
            part.wait(timeout=15)
        except subprocess.TimeoutExpired:
            part.kill()
    say("stopped")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _free_port(first: int) -> int:
    for port in range(first, first + 50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise OSError(f"no free port between {first} and {first + 50}")
