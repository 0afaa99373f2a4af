"""Settings, all from the environment, secure when nothing is given.

`SITE_URL` alone decides what https brings: with an https address cookies are
`__Host-` and Secure and browsers are told to stay on https; with http it must
be a loopback address, else the start refuses.
"""

import hashlib
import importlib.util
import ipaddress
import os
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from pmo_cmo import images_place, localdb

BASE_DIR = Path(__file__).resolve().parent.parent


def _flag(name: str, *, default: bool = False) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value not in {"", "0", "1", "no", "yes", "false", "true", "off", "on"}:
        raise ImproperlyConfigured(f"{name} is “{value}”. Write yes or no.")
    return default if not value else value in {"1", "yes", "true", "on"}


def _secret_key() -> str:
    """The key given in SECRET_KEY, else one made once and kept in `var/`, readable by its owner only."""
    if given := os.environ.get("SECRET_KEY"):
        return given
    kept = VAR_DIR / "secret_key"
    localdb.own_folder(VAR_DIR)
    try:
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    return kept.read_text()


def _place_of(package: str) -> Path:
    """Where an installed package lies, without importing it."""
    found = importlib.util.find_spec(package)
    return Path(found.origin).parent if found and found.origin else BASE_DIR


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _release_id() -> str:
    """A name for the code and settings that make a page: enters every ETag, so a new release never answers 304."""
    parts = [SITE_URL, str(PORTAL_PRIVATE), PORTAL_NAME, str(IMPORTS_INDEXED), str(SIGNUP_OPEN), str(OIDC_NAME)]
    for folder in (*FIRST_PARTY, "templates", "static", "locale"):
        newest = max((p.stat().st_mtime_ns for p in (BASE_DIR / folder).rglob("*.*")), default=0)
        parts.append(f"{folder}:{newest}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


VAR_DIR = Path(os.environ.get("PORTAL_VAR", BASE_DIR / "var"))
DEBUG = _flag("DEBUG")
SECRET_KEY = _secret_key()

# --- Where the portal stands ---------------------------------------------------------------------------------------
SITE_URL = os.environ.get("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in {"http", "https"} or not _site.hostname or _site.path:
    raise ImproperlyConfigured(f"SITE_URL is “{SITE_URL}”. Write it like https://portal.example, without a path.")
HTTPS = _site.scheme == "https"
if not HTTPS and not _is_loopback(_site.hostname):
    raise ImproperlyConfigured(f"SITE_URL is “{SITE_URL}”. Without https the portal serves only this machine.")
ALLOWED_HOSTS = [_site.hostname] if HTTPS else ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [SITE_URL] if HTTPS else []
PORTAL_NAME = os.environ.get("PORTAL_NAME", "PMO/CMO")
PORTAL_PRIVATE = _flag("PORTAL_PRIVATE")  # nothing is shown to who is not signed in
SIGNUP_OPEN = _flag("SIGNUP_OPEN", default=not PORTAL_PRIVATE)  # else whoever confirms an address reads everything
IMPORTS_INDEXED = _flag("IMPORTS_INDEXED")  # imported threads are noindex until the operator says otherwise

# --- Parts -----------------------------------------------------------------------------------------------------------
FIRST_PARTY = ["markup", "members", "glossary", "threads", "pmo_cmo"]
INSTALLED_APPS = [
    "members",
    "glossary",
    "threads",
    "pmo_cmo",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "taggit",
    "django_tasks",
    "django_tasks_db",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.forms",  # with FORM_RENDERER: widgets' templates are found among ours
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
SESSION_ENGINE = "members.session_store"
# In the session only: a message kept in a cookie of its own would enter pages that are kept for visitors.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
if importlib.util.find_spec("django_linear_migrations"):  # looks at migrations where they are written, and only there
    INSTALLED_APPS.append("django_linear_migrations")
MIDDLEWARE = [
    "pmo_cmo.middleware.security_headers",
    "pmo_cmo.middleware.refuse_nul",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pmo_cmo.uploads.GZipText",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pmo_cmo.middleware.as_the_reader_chose",
    "pmo_cmo.middleware.only_members_when_private",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "pmo_cmo.urls"
WSGI_APPLICATION = "pmo_cmo.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "members.pages.PageTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pmo_cmo.context.portal",
            ],
            "builtins": ["django.templatetags.i18n"],
        },
    }
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # widgets may have templates of ours

# --- Database: DATABASE_URL, else the portal's own local server ------------------------------------------------------
# Settings only say where the data lies. `manage.py` and `make run` start the local server.
DATABASE_URL = os.environ.get("DATABASE_URL") or localdb.url(VAR_DIR, role="web")
DATABASE_OWNER_URL = os.environ.get("DATABASE_OWNER_URL") or (
    os.environ.get("DATABASE_URL") or localdb.url(VAR_DIR, role="owner")
)
# Commands that change the schema run as the owner: PORTAL_ROLE=owner, set by manage.py for them.
DATABASES = {
    "default": dj_database_url.parse(
        DATABASE_OWNER_URL if os.environ.get("PORTAL_ROLE") == "owner" else DATABASE_URL,
        engine="pmo_cmo.database",
        conn_max_age=600,
        conn_health_checks=True,
        # PgBouncer in transaction mode may give the next statement to another connection, which has no such cursor.
        disable_server_side_cursors=True,
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Caches ----------------------------------------------------------------------------------------------------------
# `default` is shared between processes and carries rate limits; `pages` is per process, and its keys hold versions.
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["CACHE_URL"]}
        if os.environ.get("CACHE_URL")
        else {
            "BACKEND": "pmo_cmo.cache.SharedCache",
            "LOCATION": "pmo_cmo_cache",
            # Django's 300 would throw counters of limits out as soon as many people come. The worker takes expired
            # rows out; only above this number living ones go, a tenth of them.
            "OPTIONS": {"MAX_ENTRIES": 100_000, "CULL_FREQUENCY": 10},
        }
    ),
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 300, "CULL_FREQUENCY": 4},  # of 100 KB at most each
    },
    # Posts cut at their terms, per process as well.
    "pieces": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pieces",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 3000, "CULL_FREQUENCY": 4},
    },
    # Posts as members see them: 5 KB each.
    "articles": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "articles",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 2000, "CULL_FREQUENCY": 4},
    },
}

# --- People ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "members.Member"
AUTHENTICATION_BACKENDS = ["members.adapters.SignInBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "members.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "members.forms.SignupForm"
# Reading needs no account. With "optional" a new address would be signed in and a known one not: that tells them apart.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that signed up, nowhere else
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # an open browser is not enough to take the account's address over
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""  # subjects name the portal already
ACCOUNT_EMAIL_NOTIFICATIONS = True
# How many proxies stand before the portal: whose word of a visitor's address counts for the limits.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXIES", "0"))
# On top of allauth's own: requests for removal need no account, and nobody suggests faster than this.
ACCOUNT_RATE_LIMITS = {"claim": "10/h/ip", "suggest": "30/h/user", "evidence": "60/h/user", "image": "60/h/user"}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme

# --- Second factors --------------------------------------------------------------------------------------------------
STAFF_MFA_REQUIRED = _flag("STAFF_MFA_REQUIRED")  # the admin opens only to who has set one up
MFA_ADAPTER = "members.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = PORTAL_NAME
MFA_TOTP_TOLERANCE = 1  # a code is typed in its last second, and telephones' clocks are not exact
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # which serves this machine only

# --- An employer's single sign-on: OpenID Connect, where it is named -------------------------------------------------
OIDC_ID = "sso"  # in the addresses: /accounts/oidc/sso/login/
OIDC_SERVER_URL = os.environ.get("OIDC_SERVER_URL", "").rstrip("/")
OIDC_NAME = os.environ.get("OIDC_NAME", "single sign-on") if OIDC_SERVER_URL else ""
# Whose mail addresses, confirmed by the sign-on, open an account or come into the one that has them.
OIDC_DOMAINS = [name.strip().lower() for name in os.environ.get("OIDC_DOMAINS", "").split(",") if name.strip()]
SOCIALACCOUNT_ADAPTER = "members.adapters.SignOnAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False  # people choose how they are called here
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if OIDC_SERVER_URL:
    _sign_on = urlsplit(OIDC_SERVER_URL)
    if _sign_on.scheme != "https" and not _is_loopback(_sign_on.hostname or ""):
        raise ImproperlyConfigured(f"OIDC_SERVER_URL is “{OIDC_SERVER_URL}”. Write it with https.")
    if not os.environ.get("OIDC_CLIENT_ID"):
        raise ImproperlyConfigured("OIDC_SERVER_URL is set, but not OIDC_CLIENT_ID.")
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": OIDC_ID,
                "name": OIDC_NAME,
                "client_id": os.environ["OIDC_CLIENT_ID"],
                "secret": os.environ.get("OIDC_CLIENT_SECRET", ""),
                "settings": {"server_url": OIDC_SERVER_URL},
            }
        ],
        "OAUTH_PKCE_ENABLED": True,
    }

# --- Mail: a folder unless a server is named -------------------------------------------------------------------------
if os.environ.get("EMAIL_HOST"):
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = os.environ["EMAIL_HOST"]
    EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "587"))
    EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
    EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
    EMAIL_USE_TLS = _flag("EMAIL_USE_TLS", default=True)
    EMAIL_TIMEOUT = 20
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", f"portal@{_site.hostname}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Where answers to mails go, as `reply@portal.example`: its mailbox takes `reply+anything@` too. None: no such answers.
REPLY_ADDRESS = os.environ.get("REPLY_ADDRESS", "")
if REPLY_ADDRESS and not re.fullmatch(r"[^@\s+]+@[^@\s]+", REPLY_ADDRESS):
    raise ImproperlyConfigured(f"REPLY_ADDRESS is “{REPLY_ADDRESS}”. Write it like reply@portal.example, without a +.")
# The mailbox behind it, where the portal fetches answers itself; a mail server may hand them to `manage.py read_mail`.
REPLY_MAILBOX: dict[str, Any] = {}
if os.environ.get("REPLY_IMAP_HOST"):
    if not REPLY_ADDRESS:
        raise ImproperlyConfigured("REPLY_IMAP_HOST is set, but not REPLY_ADDRESS, to which answers go.")
    _imap_tls = _flag("REPLY_IMAP_TLS", default=True)
    REPLY_MAILBOX = {
        "host": os.environ["REPLY_IMAP_HOST"],
        "port": int(os.environ.get("REPLY_IMAP_PORT", "993" if _imap_tls else "143")),
        "user": os.environ.get("REPLY_IMAP_USER", REPLY_ADDRESS),
        "password": os.environ.get("REPLY_IMAP_PASSWORD", ""),
        "folder": os.environ.get("REPLY_IMAP_FOLDER", "INBOX"),
        "tls": _imap_tls,
    }

# --- Work in the background ------------------------------------------------------------------------------------------
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

# --- Language and time -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
# Ours, and the names of countries: their app itself would bring a picture of every flag.
LOCALE_PATHS = [BASE_DIR / "locale", _place_of("django_countries") / "locale"]
# A language is offered when its catalogue is there; each is called what those who speak it call it.
LANGUAGES = [
    (code, name)
    for code, name in (("en-gb", "English"), ("de", "Deutsch"), ("es", "Español"))
    if code == LANGUAGE_CODE or (LOCALE_PATHS[0] / code / "LC_MESSAGES" / "django.mo").exists()
]
FORMAT_MODULE_PATH = "pmo_cmo.formats"
TIME_ZONE = "UTC"  # of pages for who is not signed in; script tells them in the browser's
USE_TZ = True

# --- Files -----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    # Of posts. Nobody fetches them from there but the portal, which knows who may see them.
    "images": images_place.from_environment(VAR_DIR / "images"),
}
IMAGE_MOST_BYTES = 10_000_000  # of one file, as it is sent
IMAGES_PER_MEMBER = int(os.environ.get("IMAGES_PER_MEMBER_MB", "100")) * 1_000_000  # bytes, as they are kept
UPLOAD_MOST_BYTES = 10_000_000  # of any file
# The first of them cuts what is larger, before it fills a disk.
FILE_UPLOAD_HANDLERS = [
    "pmo_cmo.uploads.CutUploads",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- Security --------------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The setting of Django 6, served by pmo_cmo.middleware until then.
SECURE_CSP: dict[str, list[str]] = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "language"
# What static/times.js says of a member's browser, until it is kept with the account.
ZONE_COOKIE_NAME = "__Host-zone" if HTTPS else "zone"
MARKS_COOKIE_NAME = "__Host-marks" if HTTPS else "marks"  # how often terms are marked for who is not signed in
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "members.views.gate.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0  # two years, what browsers' lists ask for
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # the balancer asks by plain http
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains and
    "security.W021",  # preload bind domains that are not ours to bind: an operator's decision, at the proxy
]
if not HTTPS:
    # On loopback there is no TLS to require; with an https SITE_URL all of these are met.
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000  # bytes; a body of 64 KB is refused by its form, with the text kept
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
}

RELEASE_ID = os.environ.get("RELEASE_ID") or _release_id()
