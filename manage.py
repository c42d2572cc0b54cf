#!/usr/bin/env python
"""Run a management command of the site; a wrong setting is one sentence and exit code 2."""

import os
import sys


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        print(f"Configuration: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
