"""The process that opens input files: it forks for every file, and the fork limits itself before it looks at one.

``python -m gep.files.sandbox.child`` reads one request a line (JSON) from standard input and answers with one line. The
imports are paid once; whatever a hostile file does to the fork that reads it, this process and the next fork are clean.
Knows nothing of the site.
"""

import ctypes
import json
import os
import platform
import resource
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Mapping
from importlib.abc import MetaPathFinder
from typing import Any

from gep.files.refusals import Refused

MOST_ANSWER_BYTES = 64 * 2**20
DENIED_CALLS = {  # architecture -> audit number, calls: socket, connect, execve, execveat, ptrace
    "x86_64": (0xC000003E, (41, 42, 59, 322, 101)),
    "aarch64": (0xC00000B7, (198, 203, 221, 281, 117)),
}
Task = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]


def tasks() -> dict[str, Task]:
    """Return what this process can do, by name; importing them is most of what it costs to start."""
    from gep.files import projections
    from gep.files.parcels import overlaps
    from gep.files.parcels import reader as parcel_reader
    from gep.files.rasters import reader as raster_reader
    from gep.files.sheets import reader as sheet_reader

    projections.frame(projections.METRIC_CRS)  # the tables of coordinate systems are opened once, and not by every fork
    projections.stated(projections.STORED_CRS)
    return {
        "overlaps": overlaps.run,
        "parcels": parcel_reader.run,
        "raster": raster_reader.run,
        "sheet": sheet_reader.run,
    }


class WithoutPandas(MetaPathFinder):
    """Says that there is no pandas: two libraries would import it, for a second, and nothing here needs it."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        """Refuse the one name; others are found by those who know them."""
        if fullname in {"pandas", "geopandas"}:
            raise ImportError(fullname)


def limit_this_process(limits: Mapping[str, Any]) -> None:
    """Bound the memory, CPU time and written bytes of this process for good; deny it the network and other programs."""
    for kind, most in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, limits["written_bytes"]),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError):  # some systems refuse to limit memory; the other limits stand there
            continue
    deny_network_and_programs()


def deny_network_and_programs() -> bool:
    """Ask Linux to answer "not permitted" to sockets and programs; return whether it does (elsewhere it cannot)."""
    audit, calls = DENIED_CALLS.get(platform.machine(), (0, ()))
    if not sys.platform.startswith("linux") or not calls:
        return False
    load, jump_equal, jump_above, give = 0x20, 0x15, 0x35, 0x06
    allow, deny = 0x7FFF0000, 0x00050001  # the latter with EPERM
    steps = [(load, 0, 0, 4), (jump_equal, 1, 0, audit), (give, 0, 0, deny), (load, 0, 0, 0)]
    steps += [(jump_above, 0, 1, 0x40000000), (give, 0, 0, deny)]  # the other call table of this architecture
    for call in calls:
        steps += [(jump_equal, 0, 1, call), (give, 0, 0, deny)]
    steps.append((give, 0, 0, allow))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))

    libc = ctypes.CDLL(None, use_errno=True)
    program = Program(len(steps), ctypes.addressof(code))
    set_no_new_privileges, set_filter, filter_mode = 38, 22, 2
    if libc.prctl(set_no_new_privileges, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(set_filter, filter_mode, ctypes.byref(program), 0, 0) == 0)


def work(request: Mapping[str, Any], known: Mapping[str, Task], answer: int) -> None:
    """Do one request in this process and write the answer to the pipe ``answer``. Runs in the fork, which then ends."""
    os.chdir(request["folder"])
    os.environ["CPL_TMPDIR"] = os.environ["TMPDIR"] = request["folder"]
    errors = os.open("stderr.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(errors, 2)
    os.dup2(errors, 1)
    limit_this_process(request["limits"])
    try:
        told: dict[str, Any] = {"answer": known[request["task"]](request["arguments"], request["limits"])}
    except Refused as refusal:
        told = {"refused": [refusal.reason, refusal.told], **refusal.more}
    except MemoryError:
        told = {"refused": ["too_much_memory", f"more than {request['limits']['memory_bytes'] >> 20} MiB"]}
    raw = json.dumps(told).encode()
    while raw:
        raw = raw[os.write(answer, raw) :]


def follow(child: int, answer: int, *, wall_seconds: float) -> dict[str, Any]:
    """Wait for a fork, at most so long, and return its answer or how it ended; it is gone afterwards."""
    until, raw = time.monotonic() + wall_seconds, b""
    while True:
        ready, _, _ = select.select([answer, 0], [], [], max(until - time.monotonic(), 0))
        if 0 in ready or not ready or len(raw) > MOST_ANSWER_BYTES:  # nobody asks any more, or it took too long
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return {"late": wall_seconds}
        part = os.read(answer, 1 << 16)
        if not part:
            break
        raw += part
    _, status = os.waitpid(child, 0)
    ended = os.waitstatus_to_exitcode(status)
    return json.loads(raw) if ended == 0 and raw else {"died": ended}


def serve() -> None:
    """Answer requests until standard input ends."""
    known = tasks()
    sys.stdout.write('{"ready": true}\n')
    sys.stdout.flush()
    while line := _line():
        request = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            ended = 1
            try:
                work(request, known, writing)
                ended = 0
            finally:
                if ended:
                    sys.excepthook(*sys.exc_info())
                os._exit(ended)
        os.close(writing)
        told = follow(child, reading, wall_seconds=request["limits"]["wall_seconds"])
        os.close(reading)
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def _line() -> bytes:
    """One line of standard input without a buffer in between, so that ``select`` sees whether there is more."""
    raw = b""
    while not raw.endswith(b"\n"):
        part = os.read(0, 1)
        if not part:
            return b""
        raw += part
    return raw


if __name__ == "__main__":
    sys.meta_path.insert(0, WithoutPandas())
    serve()
