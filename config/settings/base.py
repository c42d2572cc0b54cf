"""Settings that every deployment shares; ``local``, ``test`` and ``production`` build on them."""

from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import environment
from config.databases import database_settings
from config.storages import storage_settings

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = environment.folder("VAR_DIR", BASE_DIR / "var")

DEBUG = False
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "identity.User"

INSTALLED_APPS = [
    "web",
    "policy",
    "marketplace",
    "greenpoints",
    "gep",
    "bookkeeping",
    "identity",
    "core",
    "ninja",  # so that the API pages are served from our own static files
    "axes",
    "csp",
    "django_htmx",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.RequestIdMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "core.middleware.ApiGate",  # inside the language, around everything that may fail
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "web.views.errors.RefusalPages",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "web" / "templates"],
        "OPTIONS": {
            "loaders": [
                ("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"]),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "web.context.display",
            ],
        },
    }
]

DATABASES = {
    "default": database_settings(
        environment.text("DATABASE_URL", "sqlite:///var/db.sqlite3"),
        base_dir=BASE_DIR,
        sqlite_synchronous=environment.text("SQLITE_SYNCHRONOUS", "FULL"),
        # PostgreSQL gives up what waits or runs longer, and the request is answered with 503; 0 is without end.
        limits_s={
            "lock_timeout": environment.whole_number("DB_LOCK_TIMEOUT_S", default=10),
            "statement_timeout": environment.whole_number("DB_STATEMENT_TIMEOUT_S", default=0),
            "idle_in_transaction_session_timeout": environment.whole_number(
                "DB_IDLE_IN_TRANSACTION_TIMEOUT_S", default=0
            ),
        },
    )
}

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "web.views.errors.locked_out"
CSRF_FAILURE_VIEW = "web.views.errors.csrf_failed"
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "web" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "web" / "static"]
# Datasets and results of accounts, where every worker reaches them.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "objects": storage_settings(
        environment.text("STORAGE_URL", ""),
        default_folder=VAR_DIR / "objects",
        access_key=environment.text("S3_ACCESS_KEY_ID", ""),
        secret_key=environment.text("S3_SECRET_ACCESS_KEY", ""),
    ),
}

# No page loads anything from elsewhere. Map workers are made from blobs by MapLibre.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF, "blob:"],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024  # the largest signed batch; other bodies stop at 1 MiB
LARGE_BODY_ROUTES = (r"batches/?$", r"/parts/[^/]+$")  # where signed batches and parts of datasets are sent

# The work queue. Saved rows are the queue, so the broker may vanish and nothing is lost.
BROKER_URL = environment.url(
    "BROKER_URL", "filesystem://localhost/", schemes=("filesystem", "amqp", "amqps", "redis", "rediss", "memory")
)
CELERY_QUEUE = environment.text("CELERY_QUEUE", "fuzhou")
CELERY_TIMEZONE = TIME_ZONE
# So long a dead worker keeps its job from others.
JOB_LEASE_SECONDS = environment.whole_number("JOB_LEASE_SECONDS", default=300, least=1)

# A block of an account takes seconds; a worker that died with one keeps it from others for so long.
GEP_BLOCK_LEASE_SECONDS = environment.whole_number("GEP_BLOCK_LEASE_SECONDS", default=600, least=1)
GEP_BLOCK_PARCELS = environment.whole_number("GEP_BLOCK_PARCELS", default=4_096, least=1)

# Keys. Local settings make their own under var/; production must be given them.
KEYS_DIR = VAR_DIR / "keys"
FIELD_ENCRYPTION_OLD_KEYS = environment.words("FIELD_ENCRYPTION_OLD_KEYS", "")  # read, never sealed with

# Programmes whose figures are made up for demonstration come into force only where this is set; never in production.
DEMO_PROGRAMMES = False
# Accounts made of synthetic data, which can never become official, are open to everybody only where this is set.
DEMO_ACCOUNTS = False

# Registry units of 绿宝 are sold only where the law lets the city do so; a method needs its own permit besides.
CARBON_TRADE_ENABLED = environment.flag("CARBON_TRADE_ENABLED", default=False)
# Agreed with other carbon-inclusion programmes, so that rides can be compared by their hashes; empty: our own key.
CROSS_PROGRAMME_SALT = environment.text("CROSS_PROGRAMME_SALT", "")

# What the public pages say about the boundaries that they show.
MAP_REVIEW_NUMBER = environment.text("MAP_REVIEW_NUMBER", "")
SITE_NAME = _("抚州生态产品价值实现平台")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "core.middleware.RequestIdFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]},
    },
    "loggers": {"axes": {"level": "WARNING"}, "pyogrio": {"level": "WARNING"}},
    "root": {
        "handlers": ["console"],
        "level": environment.one_of("LOG_LEVEL", "INFO", known=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")),
    },
}
