"""What every input file must pass, and how a refusal of one names itself."""

import hashlib
from pathlib import Path


class FileRefused(ValueError):
    """A file that is not read; ``reason`` is stable, ``told`` says more, the name is ours or escaped by the page."""

    def __init__(self, path: Path, reason: str, told: str = "") -> None:
        super().__init__(f"{Path(path).name}: {reason}" + (f" ({told})" if told else ""))
        self.name, self.reason, self.told = Path(path).name, reason, told


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
