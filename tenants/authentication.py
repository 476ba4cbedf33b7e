"""Programs show a key: as a Bearer token, as X-API-Key, or as the password of HTTP Basic."""

import base64

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from tenants import keys, rates, tokens, usage
from tenants.askers import Token
from tenants.models import ApiKey, User
from tenants.throttling import KeyFailures

NONE = (None, "")
STANDING = (
    "A key does not belong in an address, which logs and histories keep: send it as a header, and "
    "revoke this one if others can have read it. In an address only a short-lived token works."
)
OVER = "This token is not valid here, or not any more."


class ApiKeyAuthentication(BaseAuthentication):
    """Every refused key is answered alike, whatever is wrong with it."""

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey] | None:
        text = sent_key(request)
        if text is None:
            return None
        organization = getattr(request, "organization", None)
        address = KeyFailures().get_ident(request)
        key, why_not = keys.look_up(text, organization, address=address) if organization else NONE
        if key is None or why_not:
            _count_failure(request)
            if key is not None:
                keys.note_denied(key, why_not)
            raise AuthenticationFailed("This key is not valid here.")
        count_use(request, key)
        keys.note_use(key, address=address, agent=request.headers.get("user-agent", ""))
        return key, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="GiSTAC"'


def sent_key(request: Request) -> str | None:
    """What was sent as a key, good or not; None when nothing was."""
    scheme, _, value = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        return _password(value)
    key: str | None = request.headers.get("x-api-key")
    return key


def _password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[2]
    except ValueError:  # not base64, or no text inside
        return ""


def count_use(request: Request, holder: User | ApiKey) -> None:
    """Of a key, or of all tokens in one person's name."""
    window = rates.count(type(holder).__name__, holder.pk, settings.KEY_RATE)
    if window is None:
        return
    request._request.windows["key"] = window  # type: ignore[attr-defined]
    if window.left < 0:
        told = f"This key asks too often: {settings.KEY_RATE:,} requests a minute is what it may."
        raise Throttled(wait=window.seconds, detail=told)


def _count_failure(request: Request) -> None:
    """What is refused to an address that guesses takes nothing from who else asks."""
    failures = KeyFailures()
    if not failures.allow_request(request, request.parser_context["view"]):
        if organization := getattr(request, "organization", None):
            usage.uncount(organization.pk)
        raise Throttled(wait=failures.wait(), detail="Too many refused keys from this address.")


class TokenAuthentication(BaseAuthentication):
    """A short-lived token in the address; what lives longer does not belong there."""

    def authenticate(self, request: Request) -> tuple[Token, str] | None:
        organization = getattr(request, "organization", None)
        text: str | None = getattr(request, "query_token", None)
        if text is None or organization is None:
            return None
        address = KeyFailures().get_ident(request)
        token = tokens.verify(text, organization, address=address)
        if token is None:
            _count_failure(request)
            raise AuthenticationFailed(STANDING if text.startswith("sck_") else OVER)
        count_use(request, token.holder)
        return token, "token"

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="GiSTAC"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        told = "A short-lived, read-only token for what cannot send headers; never a key."
        return {"type": "apiKey", "in": "query", "name": tokens.PARAMETER, "description": told}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document tells of keys."""

    target_class = ApiKeyAuthentication
    name = ["bearer", "apiKey", "basic"]

    def get_security_requirement(self, auto_schema: object) -> list[dict[str, list[str]]]:
        """Each alone is enough."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: object) -> list[dict[str, str]]:
        return [
            {"type": "http", "scheme": "bearer"},
            {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            {"type": "http", "scheme": "basic", "description": "The key is the password."},
        ]
