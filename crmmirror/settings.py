"""Settings of the mirror, from the environment only; safe by default.

`manage.py up` keeps what its embedded PostgreSQL and Valkey need in
`$CRMMIRROR_STATE_DIR/embedded.env`; that file fills in what the environment does not say.
"""

import os
from pathlib import Path

from kombu import Queue

from crmmirror.beat_schedule import ClockSafeSchedule
from crmmirror.environment import read_environment
from crmmirror.lib.statement_timeout import TimeoutConnection

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = Path(os.environ.get("CRMMIRROR_STATE_DIR") or BASE_DIR / "var").absolute()

env = read_environment(STATE_DIR)

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
# Fernet keys, newest first: the first encrypts, all of them decrypt.
ENCRYPTION_KEYS = env.fernet_keys()

# Where `deliver` finds the mirror.
WEB_URL = env.str("WEB_URL", default="http://127.0.0.1:8000")
# Off for the embedded stack only, which serves this machine without TLS.
HTTPS = env.flag("HTTPS", default=True)
# Whether a proxy in front sets X-Forwarded-Proto, and strips it from what clients send; and adds the
# client's address to X-Forwarded-For, of which the last is believed.
BEHIND_PROXY = env.flag("BEHIND_PROXY", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# Lax, so that a link in a mail leads to its page and not to the login: no GET changes anything.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Browsers take a cookie of that prefix from this very host only, over TLS.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
KNOWN_BROWSER_COOKIE_NAME = f"{COOKIE_PREFIX}known"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    # Before the admin, whose templates they extend.
    "crmmirror",
    "events",
    "entities",
    "crmmirror.admin_site.MirrorAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "events.endpoint.middleware.delivery_middleware",
    "crmmirror.middleware.statement_timeout_middleware",
    "crmmirror.health.middleware.health_check_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "crmmirror.middleware.security_headers_middleware",
    "crmmirror.middleware.upload_slot_middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "crmmirror.urls"
LOGIN_REDIRECT_URL = "admin:index"
WSGI_APPLICATION = "crmmirror.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": env.database()}
# Seconds: a request waits no longer than `timeout` for a connection, and a pool whose server was away
# tries anew at the next request, not minutes later.
# A server that vanished without a word is given up within half a minute (`tcp_user_timeout` is in ms).
# With Django's own prepare_threshold, None, `events.ingest.insert` could not prepare its statements.
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {
        "connect_timeout": 3,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 25_000,
        "prepare_threshold": 2,
        "pool": {
            "connection_class": TimeoutConnection,
            "min_size": 0,
            "max_size": 16,
            "timeout": 3,
            "reconnect_timeout": 2,
        },
    }
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The broker carries wake-ups only: each may be lost, none may be waited for.
CELERY_BROKER_URL = env.broker()
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 2}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "crmmirror"
# Over Redis the answer to an acknowledgement is waited for, and one that comes too late costs Celery (5.7)
# for good one of the messages that it may hold. So a wake-up is not acknowledged there: it may be lost,
# and a worker holds no more of them than it has processes.
UNACKNOWLEDGED = CELERY_BROKER_URL.startswith(("redis", "sentinel"))
CELERY_TASK_QUEUES = [Queue(CELERY_TASK_DEFAULT_QUEUE, no_ack=UNACKNOWLEDGED)]
CELERY_WORKER_DISABLE_PREFETCH = UNACKNOWLEDGED
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_REDIRECT_STDOUTS = False
SWEEP_SECONDS = 2
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "events.tasks.sweep",
        "schedule": ClockSafeSchedule(SWEEP_SECONDS),
        # So that they do not pile up for ever where no worker runs. The moment is beat's, and the worker
        # that goes by it may be on a machine whose clock is hours off.
        "options": {"expires": 24 * 3600},
    }
}

LOGGING_CONFIG = "crmmirror.logging_config.configure"
LOGGING = {
    "format": env.word("LOG_FORMAT", ("console", "json")),
    "level": env.word("LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
}

# Where the processes of one machine and user count together, and of that machine alone: best on a tmpfs,
# which is empty at boot. Empty where each process counts for itself.
METRICS_DIRECTORY = env.metrics_directory()
# What Prometheus may send as a bearer token, in place of an API token; it is let in by it while the
# database is away too. None by default.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# From when on a waiting event makes /readyz say no; 0, the default, for never: without workers the
# endpoint still stores what it is sent, and a balancer that went by /readyz would take it away.
READY_MAX_PENDING_SECONDS = env.seconds("READY_MAX_PENDING_SECONDS", default=0)

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
)

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

STATIC_URL = "static/"
# Served from where the apps keep them: there is no collecting step to forget.
WHITENOISE_USE_FINDERS = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "crmmirror.token_throttle.ThrottledTokenAuthentication",
        "entities.api.authentication.StaffSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["entities.api.authentication.ViewPermission"],
    "DEFAULT_FILTER_BACKENDS": ["entities.api.column_filters.QueryFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "entities.api.pagination.KeysetPagination",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "entities.api.problem_details.problem_response",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CRM mirror",
    "DESCRIPTION": "What the CRMs said, as records, with the events behind every value. Read-only.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SORT_OPERATION_PARAMETERS": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "entities.api.openapi.describe_problems",
    ],
}
