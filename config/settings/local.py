"""One laptop: SQLite, a broker that needs no server, keys made on first use."""

from functools import partial

from config import environment
from config.local_keys import local_secret
from config.settings.base import *
from config.settings.base import KEYS_DIR

WHY = "leave it out and one is made under var/keys"
DEBUG = False
SECRET_KEY = environment.secret("SECRET_KEY", why=WHY, default=partial(local_secret, KEYS_DIR, "django"))
FIELD_ENCRYPTION_KEY = environment.secret(
    "FIELD_ENCRYPTION_KEY", why=WHY, default=partial(local_secret, KEYS_DIR, "fields")
)
FIELD_INDEX_KEY = environment.secret("FIELD_INDEX_KEY", why=WHY, default=partial(local_secret, KEYS_DIR, "field-index"))
LEDGER_SIGNING_KEY = environment.secret(
    "LEDGER_SIGNING_KEY", why=WHY, default=partial(local_secret, KEYS_DIR, "ledger")
)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
DEMO_PROGRAMMES = environment.flag("DEMO_PROGRAMMES", default=True)
DEMO_ACCOUNTS = environment.flag("DEMO_ACCOUNTS", default=True)
