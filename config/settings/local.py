"""One laptop: SQLite, a broker that needs no server, keys made on first use."""

from config import environment
from config.local_keys import local_secret
from config.settings.base import *
from config.settings.base import KEYS_DIR

DEBUG = False
SECRET_KEY = local_secret(KEYS_DIR, "django")
FIELD_ENCRYPTION_KEY = local_secret(KEYS_DIR, "fields")
FIELD_INDEX_KEY = local_secret(KEYS_DIR, "field-index")
LEDGER_SIGNING_KEY = local_secret(KEYS_DIR, "ledger")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
DEMO_PROGRAMMES = environment.flag("DEMO_PROGRAMMES", default=True)
