"""Reads settings from the environment; each refusal names the variable."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name} (infra/README.md lists every setting).")
    return value


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, str(default)).strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off", ""):
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; say true or false.")


def whole(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number.") from None


def percent(name: str, default: int) -> int:
    value = whole(name, default)
    if not 1 <= value <= 100:
        raise ImproperlyConfigured(f"{name} is {value}; it must be from 1 to 100.")
    return value


def names(name: str, default: str = "") -> list[str]:
    """A list separated by commas or spaces."""
    return os.environ.get(name, default).replace(",", " ").split()


def path(name: str, default: Path) -> Path:
    return Path(os.environ.get(name, str(default)))


def database(name: str) -> dict[str, Any]:
    """postgresql://user:password@host:port/name; ?host=/folder gives a Unix socket."""
    url = urlsplit(text(name))
    if url.scheme not in ("postgres", "postgresql") or len(url.path) < 2:
        raise ImproperlyConfigured(f"{name} must read postgresql://user:password@host:port/name.")
    query = dict(pair.split("=", 1) for pair in url.query.split("&") if "=" in pair)
    return {
        "NAME": unquote(url.path[1:]),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(query.get("host", url.hostname or "")),
        "PORT": str(url.port or ""),
    }


def origin(address: str) -> str:
    """scheme://host:port of an address, as a content security policy names it; else nothing."""
    url = urlsplit(address)
    return f"{url.scheme}://{url.netloc}" if url.scheme in ("http", "https") else ""


def mailer(name: str) -> dict[str, Any]:
    """smtp://user:password@host:port with STARTTLS, smtps:// with TLS from the start."""
    url = urlsplit(text(name))
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise ImproperlyConfigured(f"{name} must read smtp://user:password@host:port.")
    secure = url.scheme == "smtps"
    return {
        "host": url.hostname,
        "port": url.port or (465 if secure else 587),
        "username": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "use_ssl": secure,
        # Within this machine there is nobody to hide the mail from, and often no certificate.
        "use_tls": not secure and url.hostname not in ("localhost", "127.0.0.1", "::1"),
        "timeout": 10,
    }


def sign_in_providers() -> dict[str, Any]:
    """Others that may say who somebody is, as allauth takes them."""
    found: dict[str, Any] = {}
    known = {
        "google": ("GISTAC_SIGN_IN_GOOGLE", ["profile", "email"]),
        "github": ("GISTAC_SIGN_IN_GITHUB", ["user:email"]),
    }
    for provider, (name, scope) in known.items():
        if pair := text(name, ""):
            id, colon, secret = pair.partition(":")
            if not colon:
                raise ImproperlyConfigured(f"{name} must read client_id:secret.")
            app = {"client_id": id, "secret": secret}
            found[provider] = {"APPS": [app], "SCOPE": scope, "OAUTH_PKCE_ENABLED": True}
    if issuer := text("GISTAC_SIGN_IN_ISSUER", ""):
        own = {
            "provider_id": "own",
            "name": text("GISTAC_SIGN_IN_NAME", urlsplit(issuer).hostname or issuer),
            "client_id": text("GISTAC_SIGN_IN_CLIENT"),
            "secret": text("GISTAC_SIGN_IN_SECRET", ""),
            "settings": {"server_url": issuer},
        }
        found["openid_connect"] = {"APPS": [own], "OAUTH_PKCE_ENABLED": True}
    return found
