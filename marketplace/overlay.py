"""Overlays a stranger's shape with registered ones in a limited child process.

Two combs of 500 teeth each share a quarter of a million pieces: a small request could take the site's memory and a
minute of its time. The child has limits on memory, processor and time, and on what it may answer.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import shapely
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation

MEMORY_BYTES = 1_024 * 1024 * 1024
CPU_SECONDS = 4
WALL_SECONDS = 15
MOST_SHARED_VERTICES = 20_000  # under 2 MB of GeoJSON
CHILD = Path(__file__).with_name("overlay_child.py")


class ShapeTooDetailed(RuleViolation):
    """The shape, or what it shares with others, is more than an overlap check can bear; ``detail`` tells the limit."""

    code = "shape_too_detailed"
    message = _("图形过于复杂或范围过大，请简化或拆分后再提交。")
    status = 422


def intersections(mine: Any, theirs: Sequence[Any]) -> list[Any]:
    """Return what ``mine`` shares with each of ``theirs``, in order, in their coordinates; else ShapeTooDetailed."""
    asked = json.dumps(
        {"mine": shapely.to_wkb(mine, hex=True), "theirs": [shapely.to_wkb(one, hex=True) for one in theirs]}
    )
    limits = {"memory_bytes": MEMORY_BYTES, "cpu_seconds": CPU_SECONDS, "most_vertices": MOST_SHARED_VERTICES}
    command = [sys.executable, "-I", str(CHILD), json.dumps(limits)]
    try:
        child = subprocess.run(command, input=asked.encode(), capture_output=True, timeout=WALL_SECONDS, env={})
    except subprocess.TimeoutExpired:
        raise ShapeTooDetailed(reason="the overlay took too long", most_shared_vertices=MOST_SHARED_VERTICES) from None
    if child.returncode != 0:
        told = child.stderr.decode(errors="replace").strip().rpartition("\n")[2] if child.returncode > 0 else ""
        raise ShapeTooDetailed(
            reason=told[:200] or "the overlay took too long", most_shared_vertices=MOST_SHARED_VERTICES
        )
    return list(shapely.from_wkb(json.loads(child.stdout)))
