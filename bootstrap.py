#!/usr/bin/env python3
"""Run the project without make: ``python3 bootstrap.py demo | test | serve | check | bench | setup | test-long``."""

import subprocess
import sys

TARGETS = ("demo", "test", "serve", "check", "bench", "setup", "test-long")


def main() -> int:
    """Prepare what the target needs, then run it; return its exit code."""
    target = sys.argv[1] if len(sys.argv) > 1 else ""
    if target not in TARGETS:
        print(__doc__)
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036 - the one place that meets an old Python
        print("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ".", file=sys.stderr)
        return 2
    from tooling import environment, targets

    try:
        environment.prepare(dev=target not in {"demo", "serve"})
        return targets.run(target, sys.argv[2:])
    except environment.SetupRefused as refusal:
        print(f"Set-up: {refusal}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as failure:
        print(f"Set-up: {' '.join(failure.cmd)} ended with code {failure.returncode}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
