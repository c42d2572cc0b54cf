"""The site, one worker and the scheduler as three child processes; one Ctrl-C stops all three."""

import os
import signal
import socket
import subprocess
import time

from tooling.environment import ROOT, python, say

FIRST_PORT = 8000
LIVES_S, MOST_QUICK_ENDS = 20, 3  # a part that ends sooner than this, this often in a row, is given up


def run(arguments: list[str]) -> int:
    """Serve until Ctrl-C or until one part ends; return 0 after Ctrl-C, else the code of the part that ended."""
    if subprocess.run([str(python()), "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT).returncode:
        return 1
    port = int(arguments[0]) if arguments else _free_port(FIRST_PORT)
    parts = {name: Part(name, command) for name, command in _commands(port).items()}
    for end in (signal.SIGINT, signal.SIGTERM):  # also where the caller's shell had set Ctrl-C aside
        signal.signal(end, _interrupt)
    try:
        _await_port(port, parts["site"])
        say(f"the site is at http://127.0.0.1:{port}/ (Ctrl-C stops it)")
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


class Part:
    """One child process, started anew where it ends; one that keeps ending at once is given up."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name, self.command, self.quick_ends = name, command, 0
        self.start()

    def start(self) -> None:
        """Start the process in a session of its own: Ctrl-C reaches us alone, and we stop the parts in order."""
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(self.command, cwd=ROOT, env=environment, start_new_session=True)
        self.started = time.monotonic()

    def ended(self) -> int | None:
        """Return the exit code for good; None while the process runs, or runs again."""
        code = self.process.poll()
        if code is None:
            return None
        self.quick_ends = self.quick_ends + 1 if time.monotonic() - self.started < LIVES_S else 0
        if self.quick_ends == MOST_QUICK_ENDS:
            return code or 1
        say(f"the {self.name} ended with code {code}; starting it again")
        time.sleep(1)
        self.start()
        return None


def _watch(parts: dict[str, Part]) -> int:
    while True:
        for part in parts.values():
            code = part.ended()
            if code is not None:
                say(f"the {part.name} keeps ending (code {code}); stopping the rest")
                return code
        time.sleep(0.5)


def _await_port(port: int, site: Part) -> None:
    """Wait until the site listens, or has ended; whoever reads the address may open it at once."""
    while site.process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)


def _stop(parts: dict[str, Part]) -> None:
    for part in parts.values():
        if part.process.poll() is None:
            part.process.send_signal(signal.SIGTERM)
    for part in parts.values():
        try:
            part.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            part.process.kill()
    say("stopped")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _free_port(first: int) -> int:
    for port in range(first, first + 50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise OSError(f"no free port between {first} and {first + 50}")
