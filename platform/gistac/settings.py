"""Settings by environment. infra/README.md holds the table of all of them."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from gistac import environment as env
from gistac import libraries, logs

BASE_DIR = Path(__file__).resolve().parents[2]

# Who we are ------------------------------------------------------------------
DEBUG = env.flag("GISTAC_DEBUG")
SECRET_KEY = env.text("GISTAC_SECRET_KEY")
# The address people type; links, cookies and passkeys follow from it, never from a Host header.
PLATFORM_URL = env.text("GISTAC_URL").rstrip("/")
_platform = urlsplit(PLATFORM_URL)
if _platform.scheme not in ("http", "https") or not _platform.hostname or _platform.path:
    raise ImproperlyConfigured("GISTAC_URL must read http(s)://host[:port], with no path.")
PLATFORM_HOST = _platform.hostname
SECURE = _platform.scheme == "https"
# Development shows the mails on a page; production must say where mail goes.
DEVELOPMENT = env.flag("GISTAC_DEVELOPMENT")

# Who says what TXT records a name has: hosts of organizations' own are proven by one.
TXT_RECORDS = "tenants.domains.txt_records"
# Which host belongs to whom is decided by the doors middleware, from Domain rows.
ALLOWED_HOSTS = ["*"]
# Seconds for which a process remembers which organization that is.
DOORS_KNOWN_FOR = env.whole("GISTAC_DOORS_KNOWN_FOR", 1)
USE_X_FORWARDED_HOST = False
TRUSTED_PROXIES = env.whole("GISTAC_TRUSTED_PROXIES", 0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_TRUSTED_ORIGINS = [PLATFORM_URL]

# A year of https once it was seen. Each host speaks for itself: what lies below an
# organization's own domain is not ours to decide.
if SECURE:
    SECURE_HSTS_SECONDS = 31_536_000
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
AUDIT_ORIGIN = "gistac.logs.origin"
LOGGING = logs.settings(env.text("GISTAC_LOG_LEVEL", "INFO").upper())

# Where operators look after all of it, on the platform's host; empty: nowhere.
OPERATORS_PATH = env.text("GISTAC_OPERATORS_PATH", "operators").strip("/")

# Others that may say who somebody is: each is offered only where it is configured.
SOCIALACCOUNT_PROVIDERS = env.sign_in_providers()

# Rooms -----------------------------------------------------------------------
SHARED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",  # before django_tenants' templates for it
    "django_tenants",
    "tenants",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.gis",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.idp.oidc",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    *(
        f"allauth.socialaccount.providers.{name}"
        for name in SOCIALACCOUNT_PROVIDERS
        if name != "openid_connect"
    ),
    "procrastinate.contrib.django",
    "rest_framework",
    "rest_framework_gis",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "storages",
    "leaflet",
    "django_htmx",
    "ui",
    "gistac",
]
TENANT_APPS = ["catalogs.stac", "catalogs"]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]
TENANT_MODEL = "tenants.Organization"
TENANT_DOMAIN_MODEL = "tenants.Domain"
PUBLIC_SCHEMA_URLCONF = "gistac.urls_public"
ROOT_URLCONF = "gistac.urls"
WSGI_APPLICATION = "gistac.wsgi.application"

MIDDLEWARE = [
    "gistac.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "tenants.middleware.DoorMiddleware",
    "gistac.usage.UsageMiddleware",
    "gistac.fairness.FairMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tenants.middleware.MemberMiddleware",
    "ui.shared_door.SharedDoorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ui.middleware.PagesMiddleware",
    "ui.middleware.SecondFactorMiddleware",
    "ui.middleware.RefusedMiddleware",
    "ui.middleware.LeavingMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ui.context.shell",
            ],
            "builtins": ["ui.templatetags.ui"],
        },
    }
]

# Database --------------------------------------------------------------------
ORIGINAL_BACKEND = "django.contrib.gis.db.backends.postgis"
DATABASES = {
    "default": {
        "ENGINE": "tenants.database",
        **env.database("GISTAC_DATABASE_URL"),
        # A connection that the server dropped is noticed before a request is given it.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": env.whole("GISTAC_DATABASE_POOL", 8), "timeout": 10}
        },
    }
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
TENANT_LIMIT_SET_CALLS = False
# A web request gives up before it harms the others; commands and migrations may take their time.
# Compiling a plan takes longer than any of ours runs; lz4 packs documents in a third less time.
_limits = ["jit=off", "default_toast_compression=lz4", *env.names("GISTAC_DATABASE_LIMITS")]
DATABASES["default"]["OPTIONS"]["options"] = " ".join(f"-c {limit}" for limit in _limits)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

libraries.use_own_projection_data()
GDAL_LIBRARY_PATH = libraries.path_of("libgdal")
GEOS_LIBRARY_PATH = libraries.path_of("libgeos_c")

# One cache for all workers: sign-in limits must count across processes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "KEY_FUNCTION": "tenants.current.cache_key",
    }
}

# Files -----------------------------------------------------------------------
S3 = {
    "endpoint_url": env.text("GISTAC_S3_ENDPOINT", "") or None,
    "public_endpoint_url": env.text("GISTAC_S3_PUBLIC_ENDPOINT", "") or None,
    "bucket_name": env.text("GISTAC_S3_BUCKET"),
    "access_key": env.text("GISTAC_S3_ACCESS_KEY"),
    "secret_key": env.text("GISTAC_S3_SECRET_KEY"),
    "region_name": env.text("GISTAC_S3_REGION", "us-east-1"),
}
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "assets": {"BACKEND": "catalogs.storage.AssetStorage", "OPTIONS": S3},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = env.path("GISTAC_STATIC_ROOT", BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static" / "dist"]

# Where the object store lies, if on a disk of this machine: uploads that would fill it are refused.
STORE_FOLDER = env.text("GISTAC_STORE_FOLDER", "")

# Schemas of STAC extensions, one file each, shared by all processes of this machine.
STAC_SCHEMAS: Path | None = env.path("GISTAC_SCHEMAS", BASE_DIR / ".data" / "schemas")
# Where one that is not there may be fetched from, once, when somebody writes what names it.
STAC_SCHEMA_HOSTS = env.names(
    "GISTAC_SCHEMA_HOSTS",
    "stac-extensions.github.io schemas.stacspec.org geojson.org proj.org crim-ca.github.io "
    "landsat.usgs.gov",
)

# People ----------------------------------------------------------------------
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["tenants.backends.RoleBackend"]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_SIGNUP_REDIRECT_URL = "/organizations/new/"
ACCOUNT_EMAIL_CONFIRMATION_AUTHENTICATED_REDIRECT_URL = "/accounts/email/"
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE

ACCOUNT_ADAPTER = "ui.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60
# Six digits stand a day of guessing at one person's codes, wherever the guesses come from.
ACCOUNT_RATE_LIMITS = {"request_login_code": "20/m/ip,3/m/key,50/d/key"}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "GiSTAC"
MFA_ADAPTER = "ui.accounts.MFAAdapter"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE

# Whom another provider sends makes an account only with an address that it says is proven, and
# never gets into an account that is there: its owner signs in first, and then connects the two.
SOCIALACCOUNT_ADAPTER = "ui.accounts.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False

# Other apps let people sign in here, by OpenID Connect, and read in their name.
IDP_OIDC_ADAPTER = "tenants.oidc.Issuer"
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 30 * 86_400
IDP_OIDC_USER_CODE_FORMAT = {"numeric": False, "dashed": True, "length": 8}

# Secrets mixed into the hashes of API keys, "name:secret", the newest last: an old one stays
# until no key that was made with it lives.
_peppers = [pair.partition(":")[::2] for pair in env.names("GISTAC_KEY_PEPPERS")]
KEY_PEPPERS = dict(_peppers) or {"0": SECRET_KEY}
KEY_PEPPER = list(KEY_PEPPERS)[-1]
# Requests a minute of one key, in each process; 0: as many as it likes.
KEY_RATE = env.whole("GISTAC_KEY_RATE", 600)
# And of one address that does not say who it is, at one organization or several.
ADDRESS_RATE = env.whole("GISTAC_ADDRESS_RATE", 3000)

# Mail ------------------------------------------------------------------------
# In development they lie in a folder and are shown on a page, and none is sent.
MAIL_FOLDER = env.path("GISTAC_MAIL_DIR", BASE_DIR / ".data" / "mail")
if DEVELOPMENT:
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(MAIL_FOLDER)},
        }
    }
else:
    MAILERS = {"default": {"OPTIONS": env.mailer("GISTAC_MAIL_URL")}}
DEFAULT_FROM_EMAIL = env.text("GISTAC_MAIL_FROM", f"GiSTAC <no-reply@{PLATFORM_HOST}>")

# API -------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "ui.shared_door.SharedDoor",
        "tenants.oidc.AccessTokenAuthentication",
        "tenants.authentication.ApiKeyAuthentication",
        "tenants.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "NUM_PROXIES": TRUSTED_PROXIES,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "catalogs.stac.errors.handler",
    "DEFAULT_PARSER_CLASSES": ["catalogs.stac.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

# At the addresses of the STAC API people get pages, like those that they know.
STAC_PAGE = "ui.views.stac.page"

# Jobs ------------------------------------------------------------------------
# A worker that was not heard of for so many seconds is dead, and its jobs go to others.
WORKER_SILENCE = env.whole("GISTAC_WORKER_SILENCE", 60)
PROCRASTINATE_ON_APP_READY = "gistac.jobs.install"
PROCRASTINATE_IMPORT_PATHS = [
    "catalogs.exporting",
    "catalogs.intake",
    "catalogs.loading",
    "tenants.invitations",
    "tenants.mail",
]

# Files taken in: who keeps the bytes that organizations have promised to them.
UPLOAD_ROOM = "gistac.limits.reserve"
# Requests that a process answers at once; more wait for their turn.
ANSWERED_AT_ONCE = env.whole("GISTAC_ANSWERED_AT_ONCE", 4)
# Dear questions of one organization that a process answers at once while others ask as well.
DEAR_AT_ONCE = env.whole("GISTAC_DEAR_AT_ONCE", 1)
# Percent of the time that each of these places may be taken in the long run.
DEAR_SHARE = env.percent("GISTAC_DEAR_SHARE", 25)
# And how many items there may be.
STAC_ADMIT_ITEMS = "gistac.limits.admit_items"
TELL_FINISHED = "tenants.finished.tell"  # who started a long job learns that it has ended
NAMEABLE = "tenants.names.nameable"  # whom a collection can be named for
# Files up to this many bytes are copied to be read; of larger ones the reader gets ranges.
COPY_TO_READ = env.whole("GISTAC_COPY_TO_READ", 2 * 1024**3)
# Files come from strangers. Where the kernel cannot lock their reader up (no Landlock), none is
# read, unless whoever runs this accepts that a hostile file may read what the worker can.
READ_RASTERS_UNCONFINED = env.flag("GISTAC_READ_RASTERS_UNCONFINED_AT_MY_OWN_RISK")

# Pages -----------------------------------------------------------------------
FORM_RENDERER = "ui.renderers.FormRenderer"
CSRF_FAILURE_VIEW = "ui.views.errors.stale"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
# Maps draw Natural Earth themselves; an operator may name a raster service instead, or none.
BASEMAP = env.text("GISTAC_BASEMAP", "natural-earth")
_attribution = env.text("GISTAC_BASEMAP_ATTRIBUTION", "Made with Natural Earth")
LEAFLET_CONFIG = {
    "TILES": [] if BASEMAP == "none" else [("Basemap", BASEMAP, {"attribution": _attribution})],
    "ATTRIBUTION_PREFIX": False,
    "RESET_VIEW": False,
    "SCALE": "metric",
    "MAX_ZOOM": 20,
}
# Where a public collection is shown by STAC Browser: the address of its root follows.
_EXTERNAL = "https://radiantearth.github.io/stac-browser/#/external/"
STAC_BROWSER = env.text("GISTAC_STAC_BROWSER", _EXTERNAL)
_bucket_origin = env.text("GISTAC_S3_PUBLIC_ENDPOINT", "") or env.text("GISTAC_S3_ENDPOINT", "")
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:", "blob:", *filter(None, [_bucket_origin, env.origin(BASEMAP)])],
    "connect-src": [CSP.SELF, *filter(None, [_bucket_origin])],
    "font-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "worker-src": [CSP.SELF, "blob:"],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "object-src": [CSP.NONE],
}
