"""Has a file read in a limited child process. A hostile file takes no worker down: it ends a fork of the child."""

import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gep.files.findings import Findings
from gep.files.limits import Limits
from gep.files.refusals import FileRefused

ROOT = Path(__file__).resolve().parents[3]
SKIPPED_DRIVERS = Path(__file__).with_name("skipped_drivers.txt").read_text(encoding="utf-8").split("\n")[:-1]
ENVIRONMENT = {  # all that the child sees; drivers that no file of ours needs are not registered
    "PYTHONPATH": str(ROOT),
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "GDAL_SKIP": ",".join(SKIPPED_DRIVERS),
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_NUM_THREADS": "1",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "CPL_CURL_ENABLE_VSIMEM": "NO",
    "CPL_LOG": "/dev/null",
    "OGR_GEOJSON_MAX_OBJ_SIZE": "100",
    "OGR_SQLITE_LOAD_EXTENSIONS": "NO",
    "PROJ_NETWORK": "OFF",
}
Answer = dict[str, Any]
ReadFindings = Callable[[Path, Answer], Findings]


class Sandbox:
    """One child process; started when first asked, started afresh when it died. Threads take turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def run(
        self,
        task: str,
        path: Path,
        arguments: Mapping[str, Any],
        *,
        limits: Limits,
        findings: ReadFindings | None = None,
        beside: Path | None = None,
    ) -> Answer:
        """Return what the child answers about the file at ``path``. Raises FileRefused, ``unsafe_file`` if it died."""
        with self._lock, tempfile.TemporaryDirectory(prefix=".gep-file-", dir=beside) as folder:
            request = {"task": task, "arguments": dict(arguments), "limits": limits.as_dict(), "folder": folder}
            told = self._ask(request)
            if "answer" in told:
                return dict(told["answer"])
            if "refused" in told:
                listed = findings(path, told) if findings else None
                reason, more = told["refused"]
                raise FileRefused(path, reason, more or (listed.first() if listed else ""), findings=listed)
            raise FileRefused(path, "unsafe_file", _how_it_ended(told, Path(folder)))

    def close(self) -> None:
        """End the child, if it is ours: one that was inherited by a fork belongs to the other process."""
        if self._child is not None and self._owner == os.getpid():
            assert self._child.stdin is not None
            self._child.stdin.close()
            self._child.wait()
        self._child = None

    def _ask(self, request: Mapping[str, Any]) -> Answer:
        child = self._started()
        assert child.stdin is not None and child.stdout is not None
        try:
            child.stdin.write(json.dumps(request).encode() + b"\n")
            child.stdin.flush()
            line = child.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            self._child = None
            return {"died": child.wait()}
        return dict(json.loads(line))

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._owner != os.getpid() or self._child.poll() is not None:
            command = [sys.executable, "-m", "gep.files.sandbox.child"]
            self._child = subprocess.Popen(
                command, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
            )
            self._owner = os.getpid()
            assert self._child.stdout is not None
            self._child.stdout.readline()  # it has its imports behind it; they are not on any file's clock
        return self._child


SANDBOX = Sandbox()
atexit.register(SANDBOX.close)


def run(
    task: str,
    path: Path,
    arguments: Mapping[str, Any],
    *,
    limits: Limits,
    findings: ReadFindings | None = None,
    beside: Path | None = None,
) -> Answer:
    """Have the child of this process do ``task`` on the file at ``path``. Raises FileRefused.

    ``findings`` makes of an answer what a refusal lists of the rows; ``beside`` is the folder in which the child may
    leave what it needs for the moment (None: where temporary files go).
    """
    return SANDBOX.run(task, path, arguments, limits=limits, findings=findings, beside=beside)


def _how_it_ended(told: Answer, folder: Path) -> str:
    if "late" in told:
        return f"not read within {told['late']:g} s"
    errors = folder / "stderr.txt"
    last = errors.read_text(errors="replace").strip().splitlines()[-1:] if errors.exists() else []
    return f"exit {told['died']}" + (f": {last[0][:200]}" if last else "")
