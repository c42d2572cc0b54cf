"""Who works with datasets and runs: analysts change them, some others read them."""

from identity import roles
from identity.role_codes import Role
from web.context import GEP_READERS

readers_only = roles.required(*sorted(GEP_READERS))
analysts_only = roles.required(Role.ANALYST.value)
