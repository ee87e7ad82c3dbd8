"""The settings of the mirror, from the environment only; their defaults are the safe values.

`manage.py up` writes the settings of its embedded PostgreSQL and Valkey to
`$CRMMIRROR_STATE_DIR/embedded.env`; that file provides what the environment does not set.

All settings stand in this one file, which is therefore long: Django's and our own, each with its meaning.
"""

import os
from pathlib import Path

from kombu import Queue

from crmmirror.beat_schedule import ClockSafeSchedule
from crmmirror.environment import read_environment
from crmmirror.lib.database.statement_timeout import TimeoutConnection
from crmmirror.sign_on.login_settings import (
    check_mail_url,
    check_sign_on,
    parse_groups,
    parse_issuer,
    parse_proxies,
)

# The directory of the source code.
BASE_DIR = Path(__file__).resolve().parent.parent
# Where `manage.py up` keeps its data, logs and settings.
STATE_DIR = Path(os.environ.get("CRMMIRROR_STATE_DIR") or BASE_DIR / "var").absolute()

env = read_environment(STATE_DIR)

# Shows tracebacks in the browser; for development only.
DEBUG = env.read_flag("DEBUG", default=False)
# Signs sessions and cookies.
SECRET_KEY = env.str("SECRET_KEY")
# True only for the embedded stack: a new source whose vendor signs with a private key of its own gets a trial
# key, with which the mirror signs in its place, until somebody ends it.
TRIAL_KEYS = env.read_flag("TRIAL_KEYS", default=False)
# Fernet keys for the sources' secrets, newest first: the first one encrypts, all of them decrypt.
ENCRYPTION_KEYS = env.read_fernet_keys()

# The URL at which people reach the mirror.
WEB_URL = env.read_web_url("WEB_URL", default="http://127.0.0.1:8000")
# The URL to which vendors deliver; if empty, WEB_URL. It is another one only if the web processes for
# deliveries have an address of their own, as in the embedded stack. The addresses of sources are shown with
# it, and what the mirror delivers to itself goes to it: never to the Host of a request, which whoever asks
# may choose.
DELIVERY_URL = env.read_web_url("DELIVERY_URL", default="")
# A file of certificates, as PEM, of which one must have signed that of DELIVERY_URL. If empty, those that
# the machine trusts.
WEB_CA_FILE = env.read_ca_file("WEB_CA_FILE")
# What a web process answers: "all", or "deliveries" and health checks only, so that no reader takes time
# from deliveries. There is none for people only: a delivery that comes to the wrong process is stored too.
WEB_ROLE = env.read_choice("WEB_ROLE", ("all", "deliveries"))
# While this file exists, /healthz and /readyz say that the process is going, so that balancers take it out
# before it ends. Empty, the default: there is none.
GOING_FILE = env.str("GOING_FILE", default="")
# False only for the embedded stack, which serves this machine without TLS.
HTTPS = env.read_flag("HTTPS", default=True)
# True if a proxy in front sets X-Forwarded-Proto (and removes the one that a client sent), and adds the
# address that it was called from to the end of X-Forwarded-For.
BEHIND_PROXY = env.read_flag("BEHIND_PROXY", default=False)
# Behind how many proxies in a row, with BEHIND_PROXY: so many addresses at the end of X-Forwarded-For are
# theirs, and the first of these is the client's.
TRUSTED_PROXIES = env.read_count("TRUSTED_PROXIES", default=1)
# The host names under which browsers and API clients may call the mirror.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# Origins beyond the mirror's own from which forms may be posted, such as https://mirror.example.
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# The answer to a form whose token is not the browser's.
CSRF_FAILURE_VIEW = "crmmirror.admin.csrf_failure.csrf_failure"
# With HTTPS, plain HTTP is redirected, and cookies travel over TLS only.
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# Scripts cannot read these cookies.
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# "Lax", so that a link in a mail leads to its page and not to the login. This is safe because a GET
# request changes nothing but what its own user has opened lately, and begins no more than the enrolment of a
# second factor of his.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Browsers accept a cookie with the prefix "__Host-" only from this host itself, and over TLS. Cookies do not
# tell the ports of a host apart: each of several mirrors on one host needs a COOKIE_NAME_PREFIX of its own.
COOKIE_PREFIX = ("__Host-" if HTTPS else "") + env.read_cookie_name_prefix("COOKIE_NAME_PREFIX")
# The cookies' names; the last one marks a browser that has logged in before (crmmirror.login_throttle).
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
KNOWN_BROWSER_COOKIE_NAME = f"{COOKIE_PREFIX}known"
# The admin's messages travel in the session, because the name of Django's cookie for them cannot be set.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# How long browsers refuse plain HTTP after one visit (Strict-Transport-Security): a year.
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
# The same for subdomains, and for browsers that have never visited (the preload list).
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Django's sessions in the database, which can be read while the database takes no changes.
SESSION_ENGINE = "crmmirror.lib.web.database_sessions"
# How long a session lasts from its login on, in hours: two weeks.
SESSION_HOURS = env.read_count("SESSION_HOURS", default=336)
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
# After how many minutes without a request it ends before that; 0: never. Each request then moves its end.
SESSION_IDLE_MINUTES = env.read_seconds("SESSION_IDLE_MINUTES", default=0, unit="minutes")
SESSION_SAVE_EVERY_REQUEST = SESSION_IDLE_MINUTES > 0
# The header by which a proxy says that the client used TLS.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# Other sites do not learn the address of the page from which a link leads to them.
SECURE_REFERRER_POLICY = "same-origin"
# No site may show the mirror in a frame.
X_FRAME_OPTIONS = "DENY"

# The apps. Ours stand before the admin, because they override its templates.
INSTALLED_APPS = [
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

# The first one answers deliveries, the second one health checks; only what people and API clients request
# reaches the others, and nothing does in a process for deliveries. The readers' one stands after what needs
# no database: static files, and the wait for a body.
MIDDLEWARE = [
    "events.endpoint.middleware.delivery_middleware",
    "crmmirror.health.middleware.health_check_middleware",
    "crmmirror.middleware.role_middleware",
    "crmmirror.lib.web.proxy_check.proxy_check_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "crmmirror.middleware.security_headers_middleware",
    "crmmirror.middleware.upload_slot_middleware",
    "crmmirror.readers.middleware.reader_middleware",
    "crmmirror.middleware.api_answer_middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crmmirror.sign_on.session_check.session_check_middleware",
    "crmmirror.admin.user_time_zone.time_zone_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # The last one, because it calls the view itself.
    "crmmirror.readers.replica_middleware.replica_middleware",
]

# The module of all addresses.
ROOT_URLCONF = "crmmirror.urls"
# The page after a login.
LOGIN_REDIRECT_URL = "admin:index"
# What `runserver` serves; other servers are given it by name.
WSGI_APPLICATION = "crmmirror.wsgi.application"
# Templates come from the apps' own directories.
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

# How many connections a process may have for deliveries, and for whatever else is not a reader: workers and
# commands have these only. A few are enough, because deliveries that come at once are stored together.
DELIVERY_CONNECTIONS = env.read_count("DELIVERY_CONNECTIONS", default=8)
# How many it may have for readers, who are the users of the admin and of the API.
READER_CONNECTIONS = env.read_count("READER_CONNECTIONS", default=16)
# The longest time that a reader's statement may run, in seconds; for a lock it may wait half of that.
# Workers, commands and migrations have no such limit.
STATEMENT_SECONDS = env.read_count("STATEMENT_SECONDS", default=10)
# The longest time that all statements of one reader's request may take together, in seconds from the moment
# at which the request is let in, with everything between them.
REQUEST_SECONDS = env.read_count("REQUEST_SECONDS", default=10)
# The same for an export of a list, which reads all its rows. It is no part of REQUEST_SECONDS.
EXPORT_SECONDS = env.read_count("EXPORT_SECONDS", default=120)
# How long a client of the API may take to read an export. Then the connection is broken.
DOWNLOAD_SECONDS = env.read_count("DOWNLOAD_SECONDS", default=600)
# How many requests of one token or session a web process answers at a time. As many more wait for a while.
REQUESTS_PER_READER = env.read_count("REQUESTS_PER_READER", default=4)
# How many seconds of each minute a web process may work for one token or session. One that sends a request
# at a time takes 60 at most, without any pause.
READER_SECONDS = env.read_count("READER_SECONDS", default=120)

# The database, and how long to wait for it, in seconds unless stated otherwise:
# - A request waits at most `timeout` for a connection. After an outage the pool tries again at the next
#   request (`reconnect_timeout`), not minutes later.
# - A server that vanished without closing its connections is given up within half a minute: by the keepalives
#   if the connection is idle, by `tcp_user_timeout` (in milliseconds) if it is in use.
# - A statement is prepared after it was executed twice. With Django's own `prepare_threshold`, None, those
#   of `events.ingest.insert` would never be prepared.
POOL = {"connection_class": TimeoutConnection, "min_size": 0, "timeout": 3, "reconnect_timeout": 2}
DATABASES = {"default": env.read_database()}
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {
        "connect_timeout": 3,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 25_000,
        "prepare_threshold": 2,
        "pool": {**POOL, "max_size": DELIVERY_CONNECTIONS},
        "reader_pool": {**POOL, "max_size": READER_CONNECTIONS},
        # In milliseconds.
        "reader_server_options": (
            f"-c statement_timeout={STATEMENT_SECONDS * 1000} -c lock_timeout={STATEMENT_SECONDS * 500}"
        ),
    }
)
# A streaming replica (hot standby) of that database, from which lists and pages that only read are answered.
# If empty, the default, all reads go to DATABASE_URL.
REPLICA_URL = env.read_replica_url()
DATABASES["default"]["OPTIONS"]["replica"] = env.read_replica_address(DATABASES["default"])
# How far it may be behind, in seconds. Beyond that reads go to the primary.
REPLICA_MAX_SECONDS = env.read_count("REPLICA_MAX_SECONDS", default=10)
# Primary keys of 64 bits.
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The broker carries wake-ups only: any of them may be lost, and no request may wait for the broker.
CELERY_BROKER_URL = env.read_broker_url()
# Seconds to wait for a connection to the broker.
CELERY_BROKER_CONNECTION_TIMEOUT = 2
# A worker that starts before its broker, or loses it, tries to connect until it succeeds.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# The same if the broker answers and refuses: it is read-only after a failover, or out of memory. Celery
# would otherwise end the worker for good.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
# What a worker and beat do between two such attempts.
CELERY_WORKER_CONSUMER = "crmmirror.broker.back_off_consumer:BackOffConsumer"
CELERY_BEAT_SCHEDULER = "crmmirror.broker.beat_scheduler:ReconnectingScheduler"
# Seconds to wait for Redis or Valkey: for the connection, and for each answer.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 2}
# A wake-up that cannot be sent is dropped: the sweep makes up for it.
CELERY_TASK_PUBLISH_RETRY = False
# Nobody reads a task's result.
CELERY_TASK_IGNORE_RESULT = True
# The one queue.
CELERY_TASK_DEFAULT_QUEUE = "crmmirror"
# Over Redis a worker waits for the answer to each acknowledgement. If it comes too late, Celery (5.7)
# counts that message as unfinished for ever, and so takes one message fewer at a time. Therefore wake-ups are
# not acknowledged there: one may be lost, and a worker takes only as many as it has processes.
UNACKNOWLEDGED = CELERY_BROKER_URL.startswith(("redis", "sentinel"))
CELERY_TASK_QUEUES = [Queue(CELERY_TASK_DEFAULT_QUEUE, no_ack=UNACKNOWLEDGED)]
CELERY_WORKER_DISABLE_PREFETCH = UNACKNOWLEDGED
# A process takes one task at a time.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# The coming default of Celery, set here because Celery otherwise warns at each lost connection. It concerns
# tasks with `acks_late` only, of which there are none.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
# Celery leaves stdout and stderr as they are; logging is configured by LOGGING_CONFIG.
CELERY_WORKER_REDIRECT_STDOUTS = False
# Seconds between two sweeps, which find the pending events whose wake-up was lost; and between two looks for
# loads of which a page can be run.
SWEEP_SECONDS = 2
# Seconds between two runs that remove the bodies of events that are kept no longer. A run takes 5 s at most,
# so that the worker is free for other events most of the time.
PRUNE_SECONDS = 60
# What beat starts. A sweep that no worker takes expires after a day, so that sweeps do not pile up for ever.
# Not earlier, because two clocks measure it: beat's and that of the worker, which may be hours off.
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "events.tasks.sweep",
        "schedule": ClockSafeSchedule(SWEEP_SECONDS),
        "options": {"expires": 24 * 3600},
    },
    "load": {
        "task": "events.tasks.load",
        "schedule": ClockSafeSchedule(SWEEP_SECONDS),
        "options": {"expires": 24 * 3600},
    },
    "prune": {
        "task": "events.tasks.prune",
        "schedule": ClockSafeSchedule(PRUNE_SECONDS),
        "options": {"expires": 24 * 3600},
    },
}

# The part of a vendor's limit of requests that loads may use, in percent; the rest is for other users of the
# key.
API_LIMIT_PERCENT = env.read_count("API_LIMIT_PERCENT", default=80)
# Vendor -> the address of its API, where it is another one than the vendor's module says: of a test, or of a
# vendor that is self-hosted. Loads ask this host alone.
VENDOR_API_ADDRESSES = env.dict("VENDOR_API_ADDRESSES", default={})

# Django calls this function with LOGGING: the format, and the lowest level that our own loggers write.
LOGGING_CONFIG = "crmmirror.logs.logging_config.configure"
LOGGING = {
    "format": env.read_choice("LOG_FORMAT", ("console", "json")),
    "level": env.read_choice("LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
}

# A directory through which the processes of one machine and one user add up their metrics. Best on a tmpfs,
# which is empty after a boot. If empty, each process counts for itself.
METRICS_DIRECTORY = env.export_metrics_directory()
# A bearer token with which Prometheus may read /metrics, also while the database is away, which API tokens
# need. If empty, the default, there is none.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# /readyz answers "not ready" if an event has been pending for more seconds than this; 0 turns that off. A
# load balancer must go by /healthz instead: without workers the endpoint still stores deliveries.
READY_MAX_PENDING_SECONDS = env.read_seconds("READY_MAX_PENDING_SECONDS", default=300)

# Django's own, by which people log in and have what they were given; and what the named permissions imply.
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "entities.access.implied_permissions.ImpliedPermissions",
]

# The rules for new passwords: Django's own.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Whether people may log in with a password.
PASSWORD_LOGIN = env.read_flag("PASSWORD_LOGIN", default=True)
# Whether a password needs a second factor (TOTP): of those who have added one, of everybody, or of nobody.
SECOND_FACTOR = env.read_choice("SECOND_FACTOR", ("optional", "required", "off"))
# The OpenID Connect provider by which people log in, as it calls itself; empty, the default: there is none.
OIDC_ISSUER = parse_issuer(env.str("OIDC_ISSUER", default=""))
# The name and the secret under which the provider knows the mirror.
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
# What the link on the login page calls the provider.
OIDC_NAME = env.str("OIDC_NAME", default="") or "single sign-on"
# The provider's groups, each with the role (the group of the mirror) that its members have.
OIDC_GROUPS = parse_groups(env.str("OIDC_GROUPS", default=""))
# The claims that hold a user's groups and the name that he gets here, and what is asked of the provider.
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", default="groups")
OIDC_USERNAME_CLAIM = env.str("OIDC_USERNAME_CLAIM", default="preferred_username")
OIDC_SCOPES = env.str("OIDC_SCOPES", default="openid,profile,email").replace(",", " ")
# True if the first login may take over a user of the same name, who is no superuser.
OIDC_LINK_USERS = env.read_flag("OIDC_LINK_USERS", default=False)
# The header in which a proxy names the user whom it has let in; empty, the default: none is believed.
REMOTE_USER_HEADER = env.str("REMOTE_USER_HEADER", default="").strip()
# The addresses of these proxies. The header of any other peer is not believed.
REMOTE_USER_PROXIES = parse_proxies(env.str("REMOTE_USER_PROXIES", default=""))
check_sign_on(
    issuer=OIDC_ISSUER,
    client_id=OIDC_CLIENT_ID,
    client_secret=OIDC_CLIENT_SECRET,
    groups=OIDC_GROUPS,
    header=REMOTE_USER_HEADER,
    proxies=REMOTE_USER_PROXIES,
    allows_passwords=PASSWORD_LOGIN,
)

# The server that sends mail, for forgotten passwords; empty, the default: there is none, and no such page.
EMAIL_URL = env.str("EMAIL_URL", default="")
check_mail_url(EMAIL_URL)
_MAIL = env.email_url("EMAIL_URL", default="dummymail://")
EMAIL_BACKEND, EMAIL_FILE_PATH = _MAIL["EMAIL_BACKEND"], _MAIL["EMAIL_FILE_PATH"]
EMAIL_HOST, EMAIL_PORT = _MAIL["EMAIL_HOST"], _MAIL["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL["EMAIL_HOST_USER"], _MAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = "EMAIL_USE_TLS" in _MAIL, "EMAIL_USE_SSL" in _MAIL
# Seconds to wait for that server.
EMAIL_TIMEOUT = 5
# The sender of mail.
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="noreply@localhost")
# How long the link of such a mail serves, in seconds.
PASSWORD_RESET_TIMEOUT = 3600

# The time zone of the admin's pages, for users who have not chosen their own.
DISPLAY_TIME_ZONE = env.read_time_zone("DISPLAY_TIME_ZONE")
# Pages are in English. All times are in UTC, apart from those of the admin's pages.
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
# Times have 24 hours, where Django writes them too.
FORMAT_MODULE_PATH = "crmmirror.formats"
USE_TZ = True

# What a page may load, and where its forms may go: the mirror itself only, and no inline scripts or styles.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
)

# Headers beyond Django's own; crmmirror.middleware adds them to each response.
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

# The address of static files.
STATIC_URL = "static/"
# They are served from the apps' own directories, so that nobody needs to run `collectstatic`.
WHITENOISE_USE_FINDERS = True

# A list of the API may have 1,000 values, each a parameter if the client repeats it, beside other parameters.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
# The API: who may read it, and in which form it answers.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "crmmirror.token_throttle.ThrottledTokenAuthentication",
        "entities.api.authentication.StaffSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["entities.api.authentication.ViewPermission"],
    "DEFAULT_FILTER_BACKENDS": ["entities.api.filters.column_filters.QueryFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "entities.api.pages.pagination.KeysetPagination",
    "DEFAULT_RENDERER_CLASSES": ["entities.api.rows.renderer.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # Times are left to the renderer, so that all have one shape.
    "DATETIME_FORMAT": None,
    "EXCEPTION_HANDLER": "entities.api.problem_details.problem_response",
    "URL_FORMAT_OVERRIDE": None,
}
# The OpenAPI schema, and Swagger UI from our own static files.
SPECTACULAR_SETTINGS = {
    "TITLE": "CRM mirror",
    "DESCRIPTION": "What the CRMs said, as records, with the events behind every value. Read-only.",
    "VERSION": "1",
    "CONTACT": {"name": "The administrators of this mirror", "url": WEB_URL},
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SORT_OPERATION_PARAMETERS": False,
    # openapi-generator makes a class that is no Python of an enumeration that has null only.
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    # What is drawn at once: the names of the tags, and none of the models.
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "docExpansion": "none",
        "defaultModelsExpandDepth": -1,
    },
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "entities.api.openapi.complete_schema",
    ],
}
