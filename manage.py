#!/usr/bin/env python
"""Run a management command of the site; a wrong setting is one sentence and exit code 2."""

import os
import sys


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        print(f"Configuration: {error}", file=sys.stderr)
        sys.exit(2)
    except OperationalError as error:
        if "--traceback" in sys.argv:
            raise
        first_line = (str(error).splitlines() or ["no reason given"])[0]
        print(f"Database: DATABASE_URL leads to one that does not answer as it should: {first_line}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
