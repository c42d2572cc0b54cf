"""A server: every secret is given, every cookie is secure, nothing is guessed."""

from config import environment
from config.settings.base import *
from config.settings.base import STORAGES

SECRET_KEY = environment.secret("SECRET_KEY", why="it signs sessions; 50 random characters or more")
LEDGER_SIGNING_KEY = environment.secret(
    "LEDGER_SIGNING_KEY", why="it signs the heads of the public log; 32 random characters or more, kept for good"
)
FIELD_ENCRYPTION_KEY = environment.secret(
    "FIELD_ENCRYPTION_KEY", why="it seals names, phones and partner secrets; 50 random characters or more, kept safe"
)
FIELD_INDEX_KEY = environment.secret(
    "FIELD_INDEX_KEY", why="it makes the keyed hashes that phones are found by; 50 random characters or more"
)
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "")
if not ALLOWED_HOSTS:
    environment.required("ALLOWED_HOSTS", why="the host names of the site, separated by commas")
environment.required("DATABASE_URL", why="production names its database; SQLite is for one laptop")

CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS", "")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = environment.flag("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = environment.whole_number("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
