"""Names of those who take part, for pages that everyone may read."""

from django.utils.translation import gettext as _

from identity import queries


def name(code: str) -> str:
    """Return an organisation's name with its code; a person is told as one, by no name and no number."""
    try:
        return f"{queries.organisation(code).name}（{code}）"
    except queries.OrganisationMissing:
        return _("个人") if queries.person_exists(code) else code
