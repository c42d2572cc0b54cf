"""Values of accounts of their own, which no sum of GEP may take in: project units (VEP) and what is not used (memo)."""

from dataclasses import dataclass
from typing import Any, NoReturn


class NeverAddedToGep(TypeError):
    """A value of an account of its own was to be added to something else."""


@dataclass(frozen=True)
class OwnAccountValue:
    """A value in fen that does not add, neither to a number nor to its like; ``fen`` is asked for by name.

    It is no number to Python or numpy: ``int``, ``sum`` and every operator refuse it.
    """

    name: str
    fen: int

    def _refuse(self, *_: Any) -> NoReturn:
        raise NeverAddedToGep(f"{type(self).__name__} {self.name!r} is an account of its own and is never added to GEP")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __int__ = __index__ = __float__ = _refuse
    __array_ufunc__ = None


@dataclass(frozen=True)
class NonUseMemo(OwnAccountValue):
    """What people would pay for what they do not use (WTP × payment rate × population); told beside GEP as a memo."""
