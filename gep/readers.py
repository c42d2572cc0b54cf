"""Who may see which account: the official ones everybody, the others those who work with accounts of their region."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q

from core import regions
from gep.models import RunKind, RunStatus
from identity import roles
from identity.role_codes import Role

READER_ROLES = (Role.ANALYST.value, Role.AUDITOR.value, Role.OPERATOR.value, Role.POLICY_OFFICER.value)
OFFICIAL = (RunStatus.PUBLISHED, RunStatus.WITHDRAWN)  # what was official and was taken back stays, with its mark
COMPILED = (RunStatus.COMPILED, RunStatus.APPROVED, RunStatus.PUBLISHED)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads accounts; ``granted`` holds the regions that they work with accounts of."""

    granted: frozenset[str] = frozenset()

    @property
    def regions(self) -> frozenset[str]:
        """The regions granted, and all within them."""
        if not self.granted:
            return frozenset()
        return frozenset(code for code in regions.table() if self.granted.intersection(regions.chain(code)))

    def runs(self) -> Q:
        """Return the condition on runs that this reader may see."""
        seen = Q(status__in=OFFICIAL)
        if settings.DEMO_ACCOUNTS:
            seen |= Q(kind=RunKind.ACCOUNT, synthetic=True, status__in=COMPILED)
        return seen | Q(region__in=self.regions) if self.granted else seen

    def datasets(self) -> Q:
        """Return the condition on datasets that this reader may see: those of wider regions hold their own as well."""
        wider = {code for granted in self.granted for code in regions.chain(granted)}
        return Q(region__in=self.regions | wider)


EVERYBODY = Reader()


def of(user: Any) -> Reader:
    """Return what a user may read; whoever is not signed in, or works with no accounts, reads what everybody does."""
    return Reader(granted=frozenset(roles.regions_of(user, *READER_ROLES)))
