"""Secrets of a laptop: made once, kept under var/keys, readable by their owner only."""

import os
import secrets
from pathlib import Path


def local_secret(folder: Path, name: str) -> str:
    """Return the secret called ``name`` in ``folder``; make it the first time."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{name}.key"
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()


def _write_once(path: Path, secret: str) -> None:
    """Write ``secret``; where another process was first, keep what that one wrote."""
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secret, encoding="ascii")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
