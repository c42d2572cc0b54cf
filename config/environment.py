"""Settings come from the environment; a missing or malformed one is refused by name."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off", ""}


def text(name: str, default: str) -> str:
    """Return the environment variable ``name``, or ``default`` where it is not set."""
    return os.environ.get(name, default)


def required(name: str, *, why: str) -> str:
    """Return the environment variable ``name``; refuse to start without it."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {why}")
    return value


def flag(name: str, *, default: bool) -> bool:
    """Return the environment variable ``name`` read as a yes or a no."""
    word = os.environ.get(name, str(default)).strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name} must be one of 1, 0, true, false, yes, no, on, off, not {word!r}")


def whole_number(name: str, *, default: int, least: int = 0) -> int:
    """Return the environment variable ``name`` read as a whole number of at least ``least``."""
    raw = os.environ.get(name, str(default))
    try:
        number = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}") from None
    if number < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {number}")
    return number


def words(name: str, default: str) -> list[str]:
    """Return the comma-separated environment variable ``name`` as a list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    """Return the folder named by the environment variable ``name``, made if it is missing."""
    path = Path(os.environ.get(name) or default)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: the folder {path} cannot be made: {error.strerror}") from None
    return path
