"""Settings. Every variable is described in docs/settings.md; a test keeps the two together."""

import typing

from config import databases, env, logs, valkey
from lib import redaction

ENVIRONMENT = env.environment()
PRODUCTION = ENVIRONMENT == "production"
BASE_DIR = env.BASE_DIR
DEBUG = env.debug(PRODUCTION)
PORT = env.number("PORT", 8000, 0, 65535)

# --- what is kept on disk ---
VAR_DIR = env.path("VAR_DIR", BASE_DIR / "var")
if ENVIRONMENT == "demo":
    VAR_DIR /= "demo"
KEY_DIR = VAR_DIR / "keys"
"""Keys made on first use. Apart from the database, so that a backup of its folder opens nothing."""
RUN_DIR = env.path("RUN_DIR", VAR_DIR / "run")
"""What exists only while Tapedeck runs: sockets, logs, the loopback's address."""

# --- who may come in, and from where ---
SECRET_KEY = env.secret_key(PRODUCTION, KEY_DIR)
ALLOWED_HOSTS = env.allowed_hosts(PRODUCTION)
ALLOWED_ORIGINS = env.origins("ALLOWED_ORIGINS")
"""Origins (scheme, host, port) whose pages may open sockets beside the site's own."""
CSRF_TRUSTED_ORIGINS = ALLOWED_ORIGINS
SITE_URL = env.site_url(PRODUCTION)
"""The desk's own origin as people open it. What `manage.py up` serves on this machine only, it knows by itself."""
TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0, 0, 8)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
COOKIE_PREFIX = "__Host-" if PRODUCTION else ""
"""With it browsers take a cookie from this very host only, over HTTPS, and from none of its siblings."""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
SESSION_COOKIE_HTTPONLY = True
SESSION_ENGINE = "accounts.auth.session_store"
SESSION_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "config.message_storage.MessageStorage"
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 31_536_000 if PRODUCTION else 0, 0, 63_072_000)
SECURE_REFERRER_POLICY = "same-origin"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains: this desk does not own its siblings
    "security.W008",  # plain HTTP is sent to HTTPS by the proxy that ends TLS
    "security.W021",  # HSTS preload: for whoever owns the whole domain to decide
]

INSTALLED_APPS = [
    "config",  # before staticfiles: its runserver is the one that serves sockets
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "channels",
    "csp",
    "accounts",
    "streaming",
    "market",
    "trading",
    "news",
    "alerts",
    "signals",
    "assistant",
    "desk",
    *(["demo"] if not PRODUCTION else []),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.allow_any_host",
    "config.static_files.OfEveryRelease",
    "csp.middleware.CSPMiddleware",
    "config.middleware.keep_nothing",
    "config.middleware.Overload",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.auth.confirmation.ConfirmPassword",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context_processors.shell",
                "streaming.pages.initial_state.board",
                "desk.context_processors.liking",
                "assistant.context_processors.chat",
                *(["demo.context.sign_in"] if ENVIRONMENT == "demo" else []),
            ],
        },
    },
]

# --- database, channel layer, cache ---
DATABASE_POOL = env.number("DATABASE_POOL", 8, 1, 500)
_database = env.database("DATABASE_URL", VAR_DIR / "db" / "tapedeck.sqlite3")
DATABASES = {"default": databases.with_care(_database, DATABASE_POOL)}
MIGRATION_DATABASE = databases.for_owner(env.migration_database("MIGRATION_DATABASE_URL", _database))
"""The same database as its tables' owner opens it, for `migrate` and `restore` alone; None: as the desk does."""
if DATABASES["default"]["ENGINE"] == databases.SQLITE:
    env.private_folder(VAR_DIR / "db")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.redis("REDIS_URL")
EMBEDDED_VALKEY = not REDIS_URL and valkey.find_server() is not None
"""Whether the server processes start a Valkey of their own (config.valkey)."""
LAYER_URL = valkey.url(RUN_DIR) if EMBEDDED_VALKEY else REDIS_URL
"""Where channel layer and cache are; empty where there is neither Redis nor Valkey."""
LAYER_OPTIONS = valkey.connection_options(LAYER_URL)
CHANNEL_LAYERS: dict[str, typing.Any] = {}
CACHES: dict[str, typing.Any] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if LAYER_URL:
    CHANNEL_LAYERS["default"] = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": LAYER_URL, **LAYER_OPTIONS}], "prefix": "tapedeck"},
    }
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": LAYER_URL,
        "KEY_PREFIX": "tapedeck.json",  # under the former one are pickles, which nobody reads any more
        "OPTIONS": {"serializer": "config.cache_serializer.JsonSerializer"},
    }

# --- this process among those of the desk ---
STREAM_HOST = env.choice("STREAM_HOST", ("web", "none"), "web")
"""Whether web processes hold people's venue connections too; with none only `manage.py runstreams` does."""
PROCESS_KIND = "web"
"""What this process is: web, or what `manage.py runstreams` makes it, streams."""
PROCESS_NAME = ""
"""What `manage.py up` calls this process, as web-1; nothing where nobody counts."""

# --- people ---
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "accounts.auth.hashing.BoundedArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    *(
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
    ),
    {"NAME": "accounts.auth.password_words.ContextWordsValidator"},
]
OPEN_SIGNUP = env.flag("OPEN_SIGNUP", ENVIRONMENT == "demo")
LOGIN_REDIRECT_URL = "/accounts/settings"
ACCOUNT_ADAPTER = "accounts.allauth_adapter.DeskAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Tapedeck] "
PASSWORD_RESET_TIMEOUT = 3_600
"""For how long a link that resets a password is good, in s."""
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip"}
"""What allauth counts, beside its defaults; wrong passwords for one account are counted by accounts/auth/guesses.py."""
KNOWN_BROWSER_COOKIE = f"{COOKIE_PREFIX}tapedeck_browser"
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
MAIL = env.mail("EMAIL_URL", PRODUCTION)
vars().update(MAIL)
SENDS_MAIL = MAIL["EMAIL_BACKEND"] != env.NO_MAIL
ACCOUNT_EMAIL_VERIFICATION = env.verification("EMAIL_VERIFICATION", SENDS_MAIL, PRODUCTION and OPEN_SIGNUP)
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", f"tapedeck@{ALLOWED_HOSTS[0].removeprefix('.')}")

# --- brokers ---
CREDENTIAL_KEYS = env.text("CREDENTIAL_KEYS")
VAPID_KEY = env.text("VAPID_KEY")
PUSHOVER_URL = "https://api.pushover.net/1/messages.json"
TASTYTRADE_CLIENT_ID = env.text("TASTYTRADE_CLIENT_ID")
TASTYTRADE_CLIENT_SECRET = env.text("TASTYTRADE_CLIENT_SECRET")
STREAM: dict[str, typing.Any] = {"divergence_bps": env.number("DIVERGENCE_BPS", 100, 1, 10_000)}
"""Limits and paces of the streams that differ from their defaults, by name: see streaming/limits.py."""
RISK_FREE_RATE = env.number("RISK_FREE_RATE_BPS", 400, 0, 3_000) / 10_000
"""What money costs, as a fraction a year: options are valued with it."""
STREAM_SINKS = ["trading.projection.projection.project", "alerts.watch.sink.settle", "signals.watch.sink.settle"]
"""What sees facts in the transaction that stores them: see streaming/ledger/sinks.py."""
STREAM_EXTENSIONS = [
    "streaming.last_known.keeper.LastKnownKeeper",
    "market.watchlists.venue_lists.VenueListing",
    "market.history.keeper.HistoryKeeper",
    "trading.reconciliation.reconciler.Reconciler",
    "trading.trial_order.TrialOrder",
    "trading.portfolio.valuation.Valuation",
    "news.owner.personal.PersonalNews",
    "news.owner.impact.NewsImpacts",
    "alerts.watch.watcher.AlertWatcher",
    "alerts.watch.venue_alerts.VenueAlertListing",
    "alerts.hindsight.hindsight.HindsightLooks",
    "signals.watch.insight_watcher.InsightWatcher",
    "signals.watch.signal_watcher.SignalWatcher",
    "signals.watch.shown_signals.ShownSignals",
]
"""What runs beside the streams of each person: see streaming/manager/extensions.py."""
STREAM_LISTS = ["news.stream.news_list.NewsList"]
"""Lists that grow, beside the board: see streaming/lists/stream_list.py."""
STREAM_SERVICES = [
    "news.owner.desk.DeskNews",
    "alerts.watch.waker.AlertWaker",
    "alerts.delivery.deliverer.AlertDeliverer",
    "signals.watch.waker.SignalWaker",
    "assistant.audit.CallPruner",
    "assistant.chat.conversations.pruner.ConversationPruner",
]
"""What runs in each process that takes people, beside them: each is made with the process's runtime."""
STATUS_PARTS = [
    "news.status.NewsStatus",
    "alerts.status.AlertsStatus",
    "signals.status.SignalsStatus",
    "assistant.status.AssistantStatus",
]
"""What other packages tell on the status page, in `/ws/status` and in `/metrics`: see streaming/status/parts.py."""

# --- news ---
NEWS_FEEDS = env.words("NEWS_FEEDS", ["default"] if ENVIRONMENT == "production" else ["none"])
"""`default`, `none`, or addresses of feeds that the desk reads."""
NEWS_UPDATE_INTERVAL = env.number("NEWS_UPDATE_INTERVAL", 30, 1, 3_600)
NEWS_CONTACT = env.text("NEWS_CONTACT")
NEWS_COMPANY_TICKERS = env.text("NEWS_COMPANY_TICKERS")
"""The path of SEC's company_tickers.json; empty: the desk knows the large filers alone."""
NEWS_SIMULATED = ENVIRONMENT == "demo"
FINNHUB_API_KEY = env.text("FINNHUB_API_KEY")
ALLOWED_PRIVATE_TARGETS = env.words("ALLOWED_PRIVATE_TARGETS", ["127.0.0.1"] if NEWS_SIMULATED else [])

# --- programs ---
MCP = env.flag("MCP", True)
"""Whether programs are let in at /mcp, and to the stream of news: see assistant/."""

# --- chat ---
CHAT = env.flag("CHAT", True)
"""Whether people may ask a language model about their desk: see assistant/chat/."""
CHAT_SIMULATED = not PRODUCTION
"""Whether the loopback model beside the simulated venues answers, where they run here and no other is named."""
USE_OPENAI = env.flag("USE_OPENAI", False)
LLM_API_KEY = env.text("LLM_API_KEY")
LLM_MODEL = env.text("LLM_MODEL")
LOCAL_LLM_BASE_URL = env.base_url("LOCAL_LLM_BASE_URL")
LOCAL_LLM_MODEL = env.text("LOCAL_LLM_MODEL", "llama3.2:3b")
LLM_CONTEXT_TOKENS = env.number("LLM_CONTEXT_TOKENS", 128_000 if USE_OPENAI else 4_096, 2_048, 2_000_000)
CHAT_REQUEST_TIMEOUT_SEC = env.number("CHAT_REQUEST_TIMEOUT_SEC", 90, 5, 600)
CHAT_DAILY_TOKENS = env.number("CHAT_DAILY_TOKENS", 200_000, 1_000, 1_000_000_000)

# --- signals ---
SIGNALS = env.words("SIGNALS", [])
"""Dotted names of models of one's own, beside the built-in ones: see signals/predictors/plugins.py."""
LEARNING = env.flag("LEARNING", True)
"""Whether models learn and are scored: see signals/learner/."""

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

# --- static files and what a page may do ---
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.path("STATIC_ROOT", VAR_DIR / "static")
COLLECTED = ENVIRONMENT != "development" or bool(env.text("STATIC_ROOT"))
"""Whether pages load what `collectstatic` put together; else the sources, module by module."""
SERVESTATIC_USE_FINDERS = not COLLECTED
SERVESTATIC_USE_BROTLI = PRODUCTION
SERVESTATIC_ALLOW_ALL_ORIGINS = False
if COLLECTED:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "config.static_files.Storage"},
    }
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["service-worker"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- logs and reports of errors ---
DEFAULT_EXCEPTION_REPORTER = "accounts.error_reports.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "accounts.error_reports.Filter"
LOGGING = logs.logging_settings(env.choice("LOG_LEVEL", logs.LEVELS, "INFO"))
redaction.register([SECRET_KEY, VAPID_KEY, TASTYTRADE_CLIENT_SECRET, *CREDENTIAL_KEYS.split(",")])
redaction.register([MAIL.get("EMAIL_HOST_PASSWORD", ""), *(env.text(name) for name in env.SECRETS)])
