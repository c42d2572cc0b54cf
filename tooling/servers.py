"""Servers for the tests: those that answer are used, missing ones are installed and started on a port of their own.

Each finder returns a :class:`Found`: what to tell the suite (environment variables) and its closing report, or why
the thing is not there and what a person can do about it. Servers started here are ended by :func:`stop`.
"""

import atexit
import json
import os
import platform
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tooling.environment import ROOT, python, say

PATIENCE_S = 60


@dataclass(frozen=True)
class Found:
    """One thing that the suite needs: ``name``, its ``version`` if it answers, else ``missing`` says what to do."""

    name: str
    version: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    missing: str = ""


_started: list[subprocess.Popen[bytes]] = []
_folders: list[Path] = []
_stops: list[list[str]] = []


def find_all() -> list[Found]:
    """Return PostgreSQL, RabbitMQ, Redis, Chromium and Chinese fonts, in this order, each found, started or missing."""
    return [postgresql(), rabbitmq(), redis(), chromium(), chinese_fonts()]


def postgresql() -> Found:
    """Find PostgreSQL with PostGIS: ``DATABASE_URL``, else the standard port, else a server of our own."""
    name = "PostgreSQL + PostGIS"
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        version = _postgresql_version(given)
        return _postgresql_found(given, version) or Found(
            name, missing=f"DATABASE_URL does not answer or has no PostGIS: {version}"
        )
    for url in ("postgresql://postgres@127.0.0.1:5432/postgres", "postgresql:///postgres"):
        version = _postgresql_version(url)
        if version.startswith("without PostGIS "):
            _apt_install(f"postgresql-{version.split()[2].split('.')[0]}-postgis-3")
            version = _postgresql_version(url)
        found = _postgresql_found(url, version)
        if found:
            return found
    return _own_postgresql() or Found(
        name,
        missing="start PostgreSQL with PostGIS and set DATABASE_URL "
        "(Debian: apt-get install postgresql postgis; Mac: brew install postgis && brew services start postgresql)",
    )


def _postgresql_found(url: str, version: str) -> Found | None:
    if not version.startswith("PostgreSQL"):
        return None
    return Found("PostgreSQL + PostGIS", version=version, environment={"DATABASE_URL": url})


def _postgresql_version(url: str) -> str:
    """Return "PostgreSQL 15.19 + PostGIS 3.3.2", "without PostGIS 15.19", or what the driver said."""
    script = (
        "import sys, psycopg\n"
        "try:\n"
        "    c = psycopg.connect(sys.argv[1], connect_timeout=3)\n"
        "except psycopg.OperationalError as e:\n"
        "    print('no answer:', str(e).splitlines()[0]); raise SystemExit\n"
        "v = c.execute('show server_version').fetchone()[0].split()[0]\n"
        "r = c.execute(\"select default_version from pg_available_extensions where name = 'postgis'\").fetchone()\n"
        "print(f'PostgreSQL {v} + PostGIS {r[0]}' if r else f'without PostGIS {v}')\n"
    )
    return subprocess.run([python(), "-c", script, url], capture_output=True, text=True).stdout.strip()


def _own_postgresql() -> Found | None:
    """Start a cluster of our own in a folder of its own, as an ordinary user (PostgreSQL refuses root)."""
    if not _postgresql_programs():
        _apt_install("postgresql", "postgresql-postgis")
        url = "postgresql://postgres@127.0.0.1:5432/postgres"
        found = _postgresql_found(url, _postgresql_version(url))
        if found:
            return found
    programs = _postgresql_programs()
    if not programs:
        return None
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    folder, port = _folder("postgresql", owner=user), _free_port()
    data = folder / "data"
    setup = [
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        "postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    ]
    if subprocess.run(_as_user(user, setup), capture_output=True, cwd=folder).returncode:
        return None
    options = ["-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder)]
    _start(_as_user(user, [str(programs / "postgres"), *options]), folder)
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    return _wait(lambda: _postgresql_found(url, _postgresql_version(url)))


def _postgresql_programs() -> Path | None:
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    places += [Path("/opt/homebrew/opt/postgresql/bin"), Path("/usr/local/opt/postgresql/bin")]
    return next((place for place in places if (place / "initdb").exists()), None)


def rabbitmq() -> Found:
    """Find RabbitMQ: ``BROKER_URL`` if it is amqp, else the standard port, else a node of our own."""
    given = os.environ.get("BROKER_URL", "")
    url = given if given.startswith("amqp") else "amqp://guest:guest@127.0.0.1:5672//"
    found = _rabbitmq_found(url)
    if found:
        return found
    if not shutil.which("rabbitmq-server"):
        _apt_install("rabbitmq-server")
        found = _rabbitmq_found(url)
    return (
        found
        or _own_rabbitmq()
        or Found(
            "RabbitMQ",
            missing="start RabbitMQ or set BROKER_URL "
            "(Debian: apt-get install rabbitmq-server; Mac: brew install rabbitmq)",
        )
    )


def _rabbitmq_found(url: str) -> Found | None:
    script = (
        "import sys\nfrom kombu import Connection\n"
        "with Connection(sys.argv[1], connect_timeout=3) as c:\n"
        "    c.connect(); print(c.connection.server_properties.get('version', '?'))\n"
    )
    result = subprocess.run([python(), "-c", script, url], capture_output=True, text=True)
    if result.returncode:
        return None
    return Found("RabbitMQ", version=f"RabbitMQ {result.stdout.strip()}", environment={"TEST_AMQP_URL": url})


def _own_rabbitmq() -> Found | None:
    server = shutil.which("rabbitmq-server")
    if not server:
        return None
    folder = _folder("rabbitmq", owner="rabbitmq" if os.geteuid() == 0 else None)
    port, peers = _free_port(), _free_port()
    # Files of our own, since those under /etc may name the standard port.
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\n")
    (folder / "rabbitmq-env.conf").write_text("")
    variables = {
        "RABBITMQ_NODENAME": f"fuzhou{os.getpid()}@localhost",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_DIST_PORT": str(peers),
        "RABBITMQ_MNESIA_BASE": str(folder),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "HOME": str(folder),
    }
    _start([server], folder, variables)
    _stops.append([shutil.which("rabbitmqctl") or "rabbitmqctl", "-n", variables["RABBITMQ_NODENAME"], "stop"])
    return _wait(lambda: _rabbitmq_found(f"amqp://guest:guest@127.0.0.1:{port}//"))


def redis() -> Found:
    """Find Redis: ``REDIS_URL``, else the standard port, else a server of our own."""
    given = os.environ.get("REDIS_URL", "")
    found = _redis_found(given or "redis://127.0.0.1:6379/5")
    if found:
        return found
    if not shutil.which("redis-server"):
        _apt_install("redis-server")
    server = shutil.which("redis-server")
    if server:
        folder, port = _folder("redis"), _free_port()
        _start(
            [
                server,
                "--port",
                str(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                str(folder),
            ],
            folder,
        )
        found = _wait(lambda: _redis_found(f"redis://127.0.0.1:{port}/5"))
    return found or Found(
        "Redis", missing="start Redis or set REDIS_URL (Debian: apt-get install redis-server; Mac: brew install redis)"
    )


def _redis_found(url: str) -> Found | None:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout=2) as line:
            line.sendall(b"INFO server\r\n")
            answer = line.recv(4096).decode("ascii", "replace")
    except OSError:
        return None
    version = re.search(r"redis_version:(\S+)", answer)
    return Found("Redis", version=f"Redis {version[1]}", environment={"TEST_REDIS_URL": url}) if version else None


CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ON_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def chromium() -> Found:
    """Find a Chromium or Chrome for the browser journeys."""
    path = _chromium_path()
    if not path:
        _apt_install("chromium")
        path = _chromium_path()
    if not path:
        return Found("Chromium", missing="install Chromium (Debian: apt-get install chromium; Mac: Google Chrome)")
    version = subprocess.run([path, "--version", "--no-sandbox"], capture_output=True, text=True).stdout.strip()
    return Found("Chromium", version=" ".join(version.split()[:2]) or path, environment={"CHROMIUM": path})


def _chromium_path() -> str:
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    return found or (str(CHROMIUM_ON_MAC) if CHROMIUM_ON_MAC.exists() else "")


def chinese_fonts() -> Found:
    """Find fonts that hold Chinese characters; a Mac always has them."""
    if sys.platform == "darwin":
        return Found("Chinese fonts", version="PingFang")
    families = _chinese_families()
    if not families:
        _apt_install("fontconfig", "fonts-noto-cjk")
        families = _chinese_families()
    if not families:
        return Found(
            "Chinese fonts", missing="install a Chinese font (Debian: apt-get install fontconfig fonts-noto-cjk)"
        )
    return Found("Chinese fonts", version=families[0])


def _chinese_families() -> list[str]:
    if not shutil.which("fc-list"):
        return []
    listing = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True).stdout
    return sorted({line.split(",")[0].strip() for line in listing.splitlines() if line.strip()})


def _apt_install(*packages: str) -> bool:
    """Install Debian packages where we may (root, or sudo that asks nothing); never anywhere else."""
    if not shutil.which("apt-get") or platform.system() != "Linux":
        return False
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if prefix and (not shutil.which("sudo") or subprocess.run([*prefix, "true"], capture_output=True).returncode):
        return False
    say(f"installing {', '.join(packages)} from Debian's packages")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*prefix, "apt-get", "update", "-qq"], env=environment, capture_output=True)
    install = [*prefix, "apt-get", "install", "-y", "-qq", *packages]
    return subprocess.run(install, env=environment, capture_output=True).returncode == 0


def _as_user(user: str, command: list[str]) -> list[str]:
    if os.geteuid() == 0 and user != "root":
        return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *command]
    return command


def _folder(name: str, *, owner: str | None = None) -> Path:
    """Make a folder outside the clone: a server that runs as another user could not enter a private home."""
    folder = Path(tempfile.mkdtemp(prefix=f"fuzhou-{name}-", dir="/var/tmp" if Path("/var/tmp").is_dir() else None))  # noqa: S108
    if owner and os.geteuid() == 0:
        shutil.chown(folder, user=owner)
    _folders.append(folder)
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(command: list[str], folder: Path, variables: dict[str, str] | None = None) -> None:
    say(f"starting {Path(command[-1] if command[0] == 'setpriv' else command[0]).name} in {folder}")
    with (folder / "output.log").open("wb") as log:
        environment = {**os.environ, **(variables or {})}
        _started.append(
            subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment, start_new_session=True)
        )


def _wait(answer: Callable[[], Found | None]) -> Found | None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = answer()
        if found:
            return found
        time.sleep(1)
    return None


@atexit.register
def stop() -> None:
    """End the servers that this process started, and remove their folders."""
    while _stops:
        subprocess.run(_stops.pop(), capture_output=True, timeout=PATIENCE_S, check=False)
    while _started:
        server = _started.pop()
        if server.poll() is None:
            server.send_signal(signal.SIGINT)  # PostgreSQL reads it as a fast shutdown
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)


if __name__ == "__main__":
    print(json.dumps([found.__dict__ for found in find_all()], indent=1, ensure_ascii=False))
    print(f"in {ROOT}")
