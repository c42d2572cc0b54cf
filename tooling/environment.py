"""The virtual environment and the front-end files: made once, made again when what they rest on changes."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20


class SetupRefused(Exception):
    """The machine lacks something that the set-up may not bring itself; the text says what to do."""


def python() -> Path:
    """Return the interpreter of the virtual environment."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(*command: str | Path, **options: object) -> None:
    """Run ``command`` from the root of the project; a failure ends the set-up with its exit code."""
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True, **options)  # type: ignore[call-overload]


def prepare(*, dev: bool) -> None:
    """Bring requirements, front-end files and translations up to date; quick when nothing changed."""
    if sys.version_info < OLDEST_PYTHON:
        raise SetupRefused(f"Python {sys.version.split()[0]} is too old: 3.11 or newer is needed.")
    _virtual_environment()
    _requirements("requirements-dev.txt" if dev else "requirements.txt")
    _front_end()
    run(python(), "manage.py", "messages", "--compile", stdout=subprocess.DEVNULL)


def _virtual_environment() -> None:
    if python().exists():
        return
    say("making the virtual environment in .venv")
    result = subprocess.run([sys.executable, "-m", "venv", str(VENV)], cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SetupRefused(
            "Python cannot make a virtual environment here; on Debian: apt-get install -y python3-venv\n"
            + result.stderr
        )


def _requirements(name: str) -> None:
    lists = [ROOT / "requirements.txt", ROOT / "requirements.lock", ROOT / name]
    stamp = VENV / f"stamp-{name}"
    if not _changed(stamp, lists):
        return
    say(f"installing {name} (a minute with pip, seconds with uv)")
    installer = _installer()
    locked = subprocess.run([*installer, "-r", name, "-c", "requirements.lock"], cwd=ROOT)
    if locked.returncode:
        say("the locked versions do not all exist for this platform; resolving anew within requirements.txt")
        run(*installer, "-r", name)
    _note(stamp, lists)


def _installer() -> list[str]:
    """Prefer uv, which is ten times quicker; plain pip does the same where uv has no wheel."""
    pip = [str(python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv = VENV / ("Scripts/uv.exe" if os.name == "nt" else "bin/uv")
    if not uv.exists():
        subprocess.run([*pip, "uv"], cwd=ROOT, check=False)
    if uv.exists():
        return [str(uv), "pip", "install", "--quiet", "--python", str(python())]
    return pip


def _front_end() -> None:
    sources = [ROOT / "package.json", ROOT / "package-lock.json", ROOT / "web" / "vendor.py"]
    target = ROOT / "web" / "static" / "vendor"
    stamp = VENV / "stamp-front-end"
    if target.exists() and not _changed(stamp, sources):
        return
    say("fetching the map, chart and page libraries (npm ci)")
    run(_npm(), "ci", "--no-audit", "--no-fund", "--silent")
    run(python(), "-m", "web.vendor")
    _note(stamp, sources)


def _npm() -> str:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        if int(version.lstrip("v").split(".")[0]) >= OLDEST_NODE:
            return npm
    raise SetupRefused(f"Node {OLDEST_NODE} or newer with npm is needed for the map and chart libraries.")


def _digest(paths: list[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.read_bytes())
    return whole.hexdigest()


def _changed(stamp: Path, paths: list[Path]) -> bool:
    return not stamp.exists() or stamp.read_text() != _digest(paths)


def _note(stamp: Path, paths: list[Path]) -> None:
    stamp.write_text(_digest(paths))


def say(text: str) -> None:
    """Tell the person at the terminal what happens now."""
    print(f"· {text}", flush=True)
