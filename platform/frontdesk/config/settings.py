"""The one settings file. Everything that differs between machines comes from the environment, read typed and loud (`env.py`)."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from frontdesk.core import engines
from frontdesk.surfaces.ops.unfold import UNFOLD_OPS  # noqa: F401
from frontdesk.surfaces.studio.unfold import UNFOLD_STUDIO  # noqa: F401

from . import env, storages
from .database import from_url

ROOT = Path(__file__).resolve().parents[3]
env.load_env_file(ROOT / ".env")
DATA_HOME = engines.data_home()

# --- the house ----------------------------------------------------------------------------------------------------
DEBUG = env.boolean("DEBUG", False)
PRODUCTION = env.boolean("PRODUCTION", False)
HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000, low=1, high=65535)
WORKER_THREADS = env.integer("WORKER_THREADS", 4, low=1, high=64)
BASE_URL = env.text("BASE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
SECRET_KEY = env.text("DJANGO_SECRET_KEY") or engines.local_secret("django-secret-key")
if PRODUCTION and not env.text("DJANGO_SECRET_KEY"):
    raise ImproperlyConfigured(
        "Set DJANGO_SECRET_KEY: in production every process must share one secret of at least 50 characters."
    )
# Newest first; older keys still read what they wrote.
ENCRYPTION_KEYS = env.words("ENCRYPTION_KEYS") or [SECRET_KEY]
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ("*",) if not PRODUCTION else ())
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", (BASE_URL,))
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

INSTALLED_APPS = [
    "frontdesk.core",
    "frontdesk.workspaces",
    "frontdesk.plugins",
    "frontdesk.providers",
    "frontdesk.billing",
    "frontdesk.agents",
    "frontdesk.knowledge",
    "frontdesk.conversations",
    "frontdesk.channels",
    "frontdesk.tools",
    "frontdesk.runs",
    "frontdesk.speech",
    "frontdesk.content",
    "frontdesk.insights",
    "frontdesk.webhooks",
    "frontdesk.surfaces.api",
    "frontdesk.surfaces.realtime",
    "frontdesk.surfaces.site",
    "frontdesk.surfaces.ops",
    "frontdesk.surfaces.studio",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "corsheaders",
    "csp",
    "channels",
    "ninja",
    "wagtail.users",
    "wagtail.sites",
    "wagtail.images",
    "wagtail.documents",
    "wagtail.admin",
    "wagtail.search",
    "wagtail",
    "taggit",
    "modelcluster",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "frontdesk.surfaces.api.slashes.TrailingSlashMiddleware",
    "frontdesk.surfaces.api.shape.ErrorShapeMiddleware",
    "frontdesk.surfaces.studio.leading_back.LeadingBackMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "frontdesk.content.cms.CmsAllowList",
]

ROOT_URLCONF = "frontdesk.config.urls"
ASGI_APPLICATION = "frontdesk.config.asgi.application"
WSGI_APPLICATION = "frontdesk.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]

# --- engines: servers from the environment, else the embedded ones under .data/ -------------------------------------
DATABASES = {
    "default": from_url(
        engines.database_url(),
        pool_size=env.integer("DATABASE_POOL", 20, low=2, high=500),
        prepared=env.boolean("DATABASE_PREPARED_STATEMENTS", True),
    )
}
REDIS_URL = engines.redis_url()
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "frontdesk.core.layer.Layer",
        "CONFIG": {"url": REDIS_URL, "prefix": "layer"},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

# --- people ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = ["frontdesk.workspaces.login.EmailOrUsernameBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = reverse_lazy("studio:login")
LOGIN_REDIRECT_URL = "/studio/"
JWT_ACCESS_SECONDS = env.integer("JWT_ACCESS_SECONDS", 30 * 60, low=60)
JWT_REFRESH_SECONDS = env.integer("JWT_REFRESH_SECONDS", 14 * 24 * 3600, low=60)
SUPABASE_URL = env.text("SUPABASE_URL").rstrip("/")
SUPABASE_JWT_SECRET = env.text("SUPABASE_JWT_SECRET")
# One outside issuer with public keys: its address, audience and key set.
OIDC_ISSUER = env.text("OIDC_ISSUER")
OIDC_AUDIENCE = env.text("OIDC_AUDIENCE", "authenticated")
OIDC_JWKS_URL = env.text("OIDC_JWKS_URL")
OIDC_ALGORITHM = env.text("OIDC_ALGORITHM", "RS256")
if OIDC_ALGORITHM not in {"RS256", "ES256"}:
    raise ImproperlyConfigured(f"OIDC_ALGORITHM must be RS256 or ES256, not {OIDC_ALGORITHM!r}.")
REGISTRATION_OPEN = env.boolean("REGISTRATION_OPEN", True)
SIGN_IN_ATTEMPTS_PER_MINUTE = env.integer("SIGN_IN_ATTEMPTS_PER_MINUTE", 20, low=1)
# From one network address; and workspaces of one person.
SIGN_UPS_PER_HOUR = env.integer("SIGN_UPS_PER_HOUR", 200, low=1)
WORKSPACES_PER_DAY = env.integer("WORKSPACES_PER_DAY", 50, low=1)

# --- e-mail: shown in the console until a server is named -----------------------------------------------------------
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_PORT = env.integer("EMAIL_PORT", 587, low=1, high=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Frontdesk <frontdesk@localhost>")

# --- limits ---------------------------------------------------------------------------------------------------------
CHAT_REQUESTS_PER_MINUTE = env.integer("CHAT_REQUESTS_PER_MINUTE", 60, low=1)
API_READS_PER_MINUTE = env.integer("API_READS_PER_MINUTE", 1200, low=1)
API_SEARCHES_PER_MINUTE = env.integer("API_SEARCHES_PER_MINUTE", 300, low=1)
CHANNEL_EVENTS_PER_MINUTE = env.integer("CHANNEL_EVENTS_PER_MINUTE", 6000, low=1)
# After so many days without a word, conversations are closed at night.
CONVERSATION_INACTIVE_DAYS = env.integer("CONVERSATION_INACTIVE_DAYS", 30, low=1)
UPLOAD_MAX_BYTES = env.integer("UPLOAD_MAX_MIB", 25, low=1, high=1024) * 2**20
# Files of messages: the largest, and the types that are taken.
ATTACHMENT_MAX_BYTES = env.integer("ATTACHMENT_MAX_MIB", 20, low=1, high=100) * 2**20
ATTACHMENT_TYPES = env.words(
    "ATTACHMENT_TYPES",
    (
        *("image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "audio/*", "video/*"),
        *("text/plain", "text/csv", "text/vcard", "text/calendar", "text/markdown", "application/json", "application/rtf"),
        *("application/pdf", "application/msword", "application/vnd.ms-*", "application/vnd.openxmlformats-officedocument.*"),
        "application/vnd.oasis.opendocument.*",
    ),
)
WEBSOCKET_MESSAGES_PER_SECOND = env.integer("WEBSOCKET_MESSAGES_PER_SECOND", 20, low=1)
# From one network address: whoever makes up a new visitor for each message is still one.
WIDGET_SOCKETS_PER_MINUTE = env.integer("WIDGET_SOCKETS_PER_MINUTE", 600, low=1)
WIDGET_MESSAGES_PER_MINUTE = env.integer("WIDGET_MESSAGES_PER_MINUTE", 300, low=1)
RUN_DEADLINE_SECONDS = env.integer("RUN_DEADLINE_SECONDS", 120, low=5, high=3600)
STARTING_CREDITS = env.integer("STARTING_CREDITS", 10_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
# Plugins that are on in every workspace until its owner turns them off; the operator agreed to what they ask for.
PLUGINS_ON_AT_FIRST = env.words(
    "PLUGINS_ON_AT_FIRST",
    ("cards", "checks", "feeds", "gemini", "kit", "looks", "more_files", "offline", "offline_speech", "openai", "scripted"),
)
# Programs that plugins may start because an owner names them: "program argument; program argument", exactly so.
MCP_STDIO_COMMANDS = env.commands("MCP_STDIO_COMMANDS")
# Private "host:port" that workspace-owned provider accounts may reach, such as a model server beside Frontdesk.
PROVIDER_ALLOWED_HOSTS = env.words("PROVIDER_ALLOWED_HOSTS")
# Private hosts ("127.0.0.1:9000") that links in knowledge bases may name.
KNOWLEDGE_ALLOWED_HOSTS = env.words("KNOWLEDGE_ALLOWED_HOSTS")
# Private hosts that the HTTP tools of owners may call.
TOOL_ALLOWED_HOSTS = env.words("TOOL_ALLOWED_HOSTS")
# Private hosts that the webhooks of owners may post to, without TLS too.
WEBHOOK_ALLOWED_HOSTS = env.words("WEBHOOK_ALLOWED_HOSTS")
# Memory in MiB while PostgreSQL builds the index of a large base.
KNOWLEDGE_INDEX_MIB = env.integer("KNOWLEDGE_INDEX_MIB", 512, low=64, high=65_536)
KNOWLEDGE_MAX_PAGES = env.integer("KNOWLEDGE_MAX_PAGES", 100_000, low=1)
# Of one site: how many addresses, how many clicks from the first page, how long and how much in one reading, and the pause
# between two requests in milliseconds.
KNOWLEDGE_SITE_PAGES = env.integer("KNOWLEDGE_SITE_PAGES", 500, low=1)
KNOWLEDGE_SITE_DEPTH = env.integer("KNOWLEDGE_SITE_DEPTH", 5, low=0)
KNOWLEDGE_SITE_MINUTES = env.integer("KNOWLEDGE_SITE_MINUTES", 60, low=1)
KNOWLEDGE_SITE_MIB = env.integer("KNOWLEDGE_SITE_MIB", 500, low=1)
KNOWLEDGE_SITE_PAUSE = env.integer("KNOWLEDGE_SITE_PAUSE", 500)
ROOT_SESSION_MIRROR = env.boolean("ROOT_SESSION_MIRROR", True)

# --- files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_HOME / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.text("MEDIA_ROOT")) if env.text("MEDIA_ROOT") else DATA_HOME / "media"
STORAGES = storages.from_environment()
S3_BUCKET = env.text("S3_BUCKET")
# Addresses of the bucket itself, signed; without, Frontdesk gives the files, as it does those of the data folder.
S3_GIVES_LINKS = bool(S3_BUCKET) and env.boolean("S3_LINKS", True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600 if PRODUCTION else 0
THEMES_HOME = ROOT / "themes"
FIXTURES_HOME = ROOT / "fixtures"

# --- words ----------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ar", _("Arabic"))]
LOCALE_PATHS = [ROOT / "platform/frontdesk/locale"]
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

# Each workspace's pages also answer at <slug>.<this domain>.
PUBLIC_SITES_DOMAIN = env.text("PUBLIC_SITES_DOMAIN", "localhost")

# --- browser safety -------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")
# Sent over TLS only. Not for longer than a month by itself: a browser keeps to it for all ports of the host.
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 30 * 24 * 3600 if BASE_URL.startswith("https://") else 0)
CORS_ALLOW_ALL_ORIGINS = env.boolean("CORS_ALLOW_ALL_ORIGINS", True)
CORS_ALLOWED_ORIGINS = env.words("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/(api|v1|widget(?!/files))(/|$)"  # visitors' files answer for themselves
CORS_ALLOW_HEADERS = [
    "accept", "authorization", "content-type", "idempotency-key", "last-event-id", "x-requested-with", "x-workspace-id",
]  # fmt: skip
CORS_EXPOSE_HEADERS = ["retry-after", "content-disposition"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "media-src": ["'self'", "blob:"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- parts ----------------------------------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "Frontdesk"
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAIL_WORKFLOW_ENABLED = False
# Signing in, passwords and addresses belong to the Studio, which counts attempts and ends tokens.
WAGTAILADMIN_LOGIN_URL = "/studio/"
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = WAGTAIL_PASSWORD_RESET_ENABLED = WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILDOCS_EXTENSIONS = ["pdf", "docx", "xlsx", "csv", "txt"]
WAGTAILIMAGES_EXTENSIONS = ["png", "jpg", "jpeg", "gif", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE, WAGTAILIMAGES_MAX_IMAGE_PIXELS = 10 * 2**20, 40_000_000
WAGTAILDOCS_MAX_UPLOAD_SIZE = 20 * 2**20
SILENCED_SYSTEM_CHECKS: list[str] = []

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
    # httpx logs whole addresses, and some vendors want a secret in theirs.
    "loggers": {"frontdesk": {"level": env.text("LOG_LEVEL", "INFO")}, "httpx": {"level": "WARNING"}},
}
