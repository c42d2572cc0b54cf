"""Reads geometry that strangers send. Bytes are looked over first, then parsed in a limited child process.

Text nested 50,000 deep, or binary nested 200,000 deep, kills the process that parses it. Here that process is a child
with a limit on memory, processor and time: if it dies, the geometry is refused and nothing else happens.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import shapely
from django.utils.translation import gettext_lazy as _
from shapely.geometry.base import BaseGeometry

from core.errors import RuleViolation

MOST_BYTES = 8 * 1024 * 1024
DEEPEST = 8  # brackets of a collection of multipolygons
MOST_VERTICES = 50_000
MEMORY_BYTES = 1_536 * 1024 * 1024
CPU_SECONDS = 20
WALL_SECONDS = 30
FORMATS = ("wkt", "wkb", "geojson")
CHILD = Path(__file__).with_name("geometry_child.py")


class GeometryUnreadable(RuleViolation):
    """Geometry that cannot be read safely; ``reason`` says why."""

    code = "geometry_unreadable"
    message = _("图形文件无法安全读取：过大、嵌套过深或格式有误。")
    status = 422


def read(raw: bytes, *, form: str) -> BaseGeometry:
    """Return the geometry in ``raw``, which is ``wkt``, ``wkb`` or ``geojson``; else GeometryUnreadable.

    At most 8 MiB and 50,000 vertices. The result is parsed, and not yet checked as ``core.geometry.accepted`` does.
    """
    if form not in FORMATS:
        raise ValueError(f"form must be one of {', '.join(FORMATS)}, not {form!r}")
    look_over(raw, form=form)
    return shapely.from_wkb(parsed_apart(raw, form=form))


def look_over(raw: bytes, *, form: str) -> None:
    """Refuse what is too large, too deep or has too many vertices, without parsing it."""
    if not raw:
        raise GeometryUnreadable(reason="empty")
    if len(raw) > MOST_BYTES:
        raise GeometryUnreadable(reason="too large", most_bytes=MOST_BYTES)
    if form == "wkb":
        if len(raw) > MOST_VERTICES * 32 + 4096:
            raise GeometryUnreadable(reason="too many vertices", most=MOST_VERTICES)
        return  # its depth cannot be seen without following it: that is left to the child
    opening, closing = (b"(", b")") if form == "wkt" else (b"[{", b"]}")
    if _depth(raw, opening, closing) > DEEPEST:
        raise GeometryUnreadable(reason="nested too deep", most=DEEPEST)
    if raw.count(b",") > MOST_VERTICES * (1 if form == "wkt" else 3):
        raise GeometryUnreadable(reason="too many vertices", most=MOST_VERTICES)


def parsed_apart(raw: bytes, *, form: str) -> bytes:
    """Return the WKB of what a limited child process reads; its death, its silence or its refusal is ours."""
    limits = json.dumps({"memory_bytes": MEMORY_BYTES, "cpu_seconds": CPU_SECONDS, "most_vertices": MOST_VERTICES})
    command = [sys.executable, "-I", str(CHILD), form, limits]
    try:
        child = subprocess.run(command, input=raw, capture_output=True, timeout=WALL_SECONDS, env={})
    except subprocess.TimeoutExpired:
        raise GeometryUnreadable(reason="took too long", seconds=WALL_SECONDS) from None
    if child.returncode != 0:
        raise GeometryUnreadable(**_told(child))
    return child.stdout


def _told(child: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    if child.returncode < 0:
        return {"reason": "could not be read safely"}
    last = child.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    return {"reason": last[:200] or "could not be read"}


def _depth(raw: bytes, opening: bytes, closing: bytes) -> int:
    deepest = depth = 0
    for found in re.finditer(b"[" + re.escape(opening + closing) + b"]", raw):
        depth += 1 if found[0] in opening else -1
        deepest = max(deepest, depth)
        if deepest > DEEPEST:
            break
    return deepest
