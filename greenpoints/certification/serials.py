"""Serial numbers of registry units: one number per kilogram, written as ranges.

``CN-JX-FZ-LBR-{method}-{vintage}-{start}-{end}``, numbers of ten digits, both ends included. A range is kept with the
hash of what it came from, so that the line from a retired kilogram back to its issue can be checked by anybody.
"""

import hashlib
import re
from dataclasses import dataclass, replace

PROGRAMME = "CN-JX-FZ-LBR"
DIGITS = 10
LARGEST = 10**DIGITS - 1
METHOD = re.compile(r"[A-Z0-9]{2,12}")
_SERIAL = re.compile(rf"{PROGRAMME}-([A-Z0-9]{{2,12}})-(\d{{4}})-(\d{{{DIGITS}}})-(\d{{{DIGITS}}})")


@dataclass(frozen=True, slots=True)
class Serial:
    """The kilograms ``start`` to ``end``, both included, of one method and vintage year."""

    method: str
    vintage: int
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 1 <= self.start <= self.end <= LARGEST:
            raise ValueError(f"a serial range runs from 1 to {LARGEST} and is not empty: {self.start} to {self.end}")
        if not METHOD.fullmatch(self.method) or not 1000 <= self.vintage <= 9999:
            raise ValueError(f"not a method and a year: {self.method!r}, {self.vintage}")

    def __str__(self) -> str:
        numbers = f"{self.start:0{DIGITS}}-{self.end:0{DIGITS}}"
        return f"{PROGRAMME}-{self.method}-{self.vintage}-{numbers}"

    @property
    def count(self) -> int:
        """Return how many kilograms the range holds."""
        return self.end - self.start + 1

    def holds(self, other: "Serial") -> bool:
        """Return whether ``other`` lies within this range."""
        same = (self.method, self.vintage) == (other.method, other.vintage)
        return same and self.start <= other.start and other.end <= self.end

    def cut(self, kg: int) -> tuple["Serial", "Serial"]:
        """Return the first ``kg`` kilograms and the rest; ValueError where one of them would be empty."""
        if not 0 < kg < self.count:
            raise ValueError(f"{kg} kg cannot be cut off {self.count}")
        return replace(self, end=self.start + kg - 1), replace(self, start=self.start + kg)


def parse(text: str) -> Serial | None:
    """Return the range that the text names, or None where it names none."""
    found = _SERIAL.fullmatch(text)
    if found is None:
        return None
    method, vintage, start, end = found.groups()
    try:
        return Serial(method, int(vintage), int(start), int(end))
    except ValueError:
        return None


def lineage_hash(serial: Serial, *, holder: str, origin: str) -> str:
    """Return the hash of a block: SHA-256 over the serial, who holds it, and where it came from, a line each.

    ``origin`` is the hash of the parent block, the joined hashes of the merged ones in serial order, or the digest of
    the batch's proof file for a block that was issued.
    """
    return hashlib.sha256(f"{serial}\n{holder}\n{origin}\n".encode()).hexdigest()
