"""A worker of the run tests: drains the saved jobs until none is left. With a flag it stays in its first block.

python -m tests.integration.gep.block_worker [FLAG]
"""

import sys
import time
from pathlib import Path

import django

django.setup()

from django.utils import timezone  # noqa: E402

from core import jobs  # noqa: E402
from gep import run_engine  # noqa: E402

PATIENCE_S = 60


def stay(flag):
    """Say that a block is held, and never weigh it."""

    def weigh(run, number):
        Path(flag).write_text(str(number))
        time.sleep(600)

    run_engine.weigh = weigh


def main():
    """Run what is due until every job of the runs is done."""
    if len(sys.argv) > 1:
        stay(sys.argv[1])
    jobs.discover()
    jobs._recurring.clear()
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        jobs.run_due(as_of=timezone.now())
        if not jobs.Job.objects.filter(kind__startswith="gep.").exclude(state="done").exists():
            return
        time.sleep(0.2)
    sys.exit("jobs are left")


if __name__ == "__main__":
    main()
