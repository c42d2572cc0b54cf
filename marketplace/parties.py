"""What the market knows of a party: an organisation by its code, or a person of whom it keeps a reference only."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from identity import queries as identity_queries
from identity import roles
from identity.role_codes import Role

PERSON = "person"


class PartyMissing(RuleViolation):
    """The signed-in user acts for no party: neither a person nor an organisation it may trade for."""

    code = "party_missing"
    message = _("当前账号未绑定交易主体，或无权代表该主体交易。")
    status = 403


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """Kind ("person" or the organisation's) and registered region, empty where nobody knows it."""

    kind: str
    region: str


def facts(party: str) -> PartyFacts:
    """Return the facts of a party as they are now."""
    try:
        organisation = identity_queries.organisation(party)
    except identity_queries.OrganisationMissing:
        region = identity_queries.person_region(party) if identity_queries.person_exists(party) else ""
        return PartyFacts(kind=PERSON, region=region)
    return PartyFacts(kind=str(organisation.kind), region=organisation.region)


def of_user(user: Any) -> str:
    """Return the party that a signed-in user acts for: its organisation where it may trade for it, else itself."""
    if user.organisation is not None:
        if roles.holds(user, Role.SELLER, region=user.organisation.region, organisation=user.organisation.code):
            return user.organisation.code
    elif user.person is not None:
        return user.person.ref
    raise PartyMissing
