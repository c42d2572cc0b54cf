"""Settings come from the environment; a missing or malformed one is refused by name."""

import os
from collections.abc import Callable, Collection
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off", ""}
SHORTEST_SECRET = 32
FEWEST_KINDS_IN_SECRET = 10


def text(name: str, default: str) -> str:
    """Return the environment variable ``name``, or ``default`` where it is not set."""
    return os.environ.get(name, default)


def required(name: str, *, why: str) -> str:
    """Return the environment variable ``name``; refuse to start without it."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {why}")
    return value


def secret(name: str, *, why: str, default: Callable[[], str] | None = None) -> str:
    """Return the secret ``name``: 32 characters or more, not all of a few kinds; ``default`` makes one if not set."""
    value = os.environ.get(name, "")
    if not value and default is not None:
        return default()
    if len(required(name, why=why)) < SHORTEST_SECRET or len(set(value)) < FEWEST_KINDS_IN_SECRET:
        raise ImproperlyConfigured(f"{name} is too weak: {SHORTEST_SECRET} random characters or more; {why}")
    return value


def one_of(name: str, default: str, *, known: Collection[str]) -> str:
    """Return the environment variable ``name``, which is one of the ``known`` words."""
    word = text(name, default)
    if word not in known:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(known)}, not {word!r}")
    return word


def url(name: str, default: str, *, schemes: Collection[str]) -> str:
    """Return the environment variable ``name``, an address that begins with one of ``schemes``."""
    address = text(name, default)
    scheme, found, _rest = address.partition("://")
    if not found or scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must begin with one of {', '.join(f'{one}://' for one in schemes)}")
    return address


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
