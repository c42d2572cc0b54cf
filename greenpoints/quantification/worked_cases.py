"""A worked case of each act, for the pages that explain it; its figures are written out, not calculated."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("worked_cases.toml")


@dataclass(frozen=True, slots=True)
class WorkedCase:
    """What goes in and what comes out with the factor set TEST-2022; ``case``: its number among P1 to P25, or ""."""

    evidence: str
    quantity: int
    gross_mg: int
    net_mg: int
    why_zh: str
    why_en: str
    case: str = ""
    material: str = ""
    coins: int = 0
    measures: Mapping[str, int] = field(default_factory=dict)


@cache
def of_each_act() -> Mapping[str, WorkedCase]:
    """Return the worked case of every act by its code."""
    return {act: WorkedCase(**told) for act, told in tomllib.loads(FILE.read_text(encoding="utf-8")).items()}
