"""Our own OpenID Connect issuer: other apps let people sign in here, and read in their name.

allauth speaks the protocol; this is what it asks of us, and what a token opens.
"""

import base64
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.internal.private_keys import filter_keys
from allauth.idp.oidc.internal.resources import is_resources_subset
from allauth.idp.oidc.models import Client, PrivateKey, Token
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.utils.crypto import salted_hmac
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from tenants.authentication import count_use
from tenants.models import SigningKey, User
from tenants.roles import READ_SCOPES

TOKEN = re.compile(r"[A-Za-z0-9_-]{86}")  # allauth's, of 64 random bytes
SCOPES = {
    "openid": "Know which account is yours",
    "profile": "See your name",
    "email": "See your mail address",
    "catalog:read": "Read the catalogs that you can read",
    "assets:read": "Get the files that you can get",
}
STAC_BROWSER = "stac-browser"  # the id by which it calls itself
DEVICE = Client.GrantType.DEVICE_CODE


class AppRefused(Exception):
    """An app that cannot be registered; the text says why."""


class Issuer(DefaultOIDCAdapter):  # type: ignore[misc]
    scope_display = SCOPES

    def get_issuer(self) -> str:
        return str(settings.PLATFORM_URL)

    def get_claims(
        self, purpose: str, user: User, client: Client, scopes: Iterable[str], **more: Any
    ) -> dict[str, Any]:
        claims: dict[str, Any] = super().get_claims(purpose, user, client, scopes, **more)
        if "profile" in scopes and user.name:
            claims["name"] = user.name
        return claims

    def list_private_keys(self, **wanted: Any) -> list[PrivateKey]:
        return list(filter_keys(_unsealed() or [_make_key()], **wanted))

    def populate_server_metadata(self, data: dict[str, Any]) -> None:
        data["scopes_supported"] = list(SCOPES)
        data["response_types_supported"] = ["code"]
        data["grant_types_supported"] = ["authorization_code", DEVICE.value, "refresh_token"]


def _fernet() -> Fernet:
    secret = salted_hmac("tenants.oidc", "signing keys", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(secret))


def _unsealed() -> list[PrivateKey]:
    """Those that were sealed with today's secret; others sign nothing any more."""
    found = []
    for key in SigningKey.objects.order_by("pk"):
        try:
            pem = _fernet().decrypt(key.sealed.encode()).decode()
        except InvalidToken:
            continue
        found.append(PrivateKey(pem=pem, issued_at=key.created))
    return found


def _make_key() -> PrivateKey:
    """Two processes may each make one at the same time: both are published, the newest signs."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    key = SigningKey.objects.create(sealed=_fernet().encrypt(pem).decode())
    return PrivateKey(pem=pem.decode(), issued_at=key.created)


# Apps ------------------------------------------------------------------------
def register(
    name: str,
    redirects: list[str],
    *,
    confidential: bool = False,
    device: bool = False,
    id: str = "",
) -> tuple[Client, str]:
    """The app, and its secret where it can keep one; once more with the same id: as told now."""
    for address in redirects:
        _check_redirect(address)
    if not name or len(name) > 100 or not name.isprintable():
        raise AppRefused("Give the app a name of at most 100 characters, on one line.")
    if not redirects and not device:
        raise AppRefused("Say where the app is sent back to, or that it shows a code (a device).")
    if device and confidential:
        raise AppRefused("An app that shows a code cannot keep a secret.")
    client = (Client.objects.filter(pk=id).first() if id else None) or Client()
    client.id, client.name = id or client.id, name
    client.type = Client.Type.CONFIDENTIAL if confidential else Client.Type.PUBLIC
    client.set_redirect_uris(redirects)
    client.set_post_logout_redirect_uris([f"{each.rstrip('/')}/logout" for each in redirects])
    client.set_cors_origins(sorted({origin for each in redirects if (origin := _origin(each))}))
    client.set_scopes(list(SCOPES))
    client.set_default_scopes(["openid", *READ_SCOPES])
    grants = [Client.GrantType.AUTHORIZATION_CODE] if redirects else []
    client.set_grant_types([*grants, *([DEVICE] if device else []), Client.GrantType.REFRESH_TOKEN])
    secret = Issuer().generate_client_secret() if confidential else ""
    client.set_secret(secret or Issuer().generate_client_secret())
    client.save()
    return client, secret


def _check_redirect(address: str) -> None:
    url = urlsplit(address)
    own = url.scheme == "https" or "." in url.scheme  # an app's own: org.example.app:/back
    if not (own or (url.scheme == "http" and url.hostname in ("localhost", "127.0.0.1", "::1"))):
        raise AppRefused(f"{address} must be https, http on localhost, or an app's own scheme.")
    if url.fragment or "#" in address or not address.isprintable() or " " in address:
        raise AppRefused(f"{address} may have neither a fragment (#) nor spaces.")


def _origin(address: str) -> str:
    url = urlsplit(address)
    return f"{url.scheme}://{url.netloc}" if url.scheme in ("http", "https") else ""


def register_stac_browser() -> Client | None:
    """The one that public collections link to. One whose address has a # cannot be sent back to."""
    base, found, _ = settings.STAC_BROWSER.partition("external/")
    if not found or "#" in base:
        return None
    return register("STAC Browser", [f"{base}auth"], id=STAC_BROWSER)[0]


def apps_of(user: User) -> list[Client]:
    """Those that have something to read in this person's name."""
    tokens = Token.objects.valid().filter(user=user)
    return list(Client.objects.filter(pk__in=tokens.values("client")).order_by("name"))


def end(user: User, app: str) -> None:
    """Its tokens open nothing from now on."""
    Token.objects.filter(user=user, client__id=app).delete()


def end_all(user: User) -> None:
    Token.objects.filter(user=user).delete()


# What a token opens ----------------------------------------------------------
class AccessTokenAuthentication(BaseAuthentication):
    """An app reads as the person, no more than the person may now, and writes nothing.

    What is no such token is left to be refused as a key.
    """

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        scheme, _, text = request.headers.get("authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer" or not TOKEN.fullmatch(text.strip()):
            return None
        tokens = Token.objects.select_related("user", "client")
        token = tokens.lookup(Token.Type.ACCESS_TOKEN, text.strip())
        if token is None or token.user is None or not token.user.is_active:
            return None
        here = request.build_absolute_uri(request.path)
        scopes = frozenset(READ_SCOPES).intersection(token.get_scopes())
        if not scopes or not is_resources_subset([here], token.get_resources()):
            return None
        count_use(request, token.user)
        token.user.app_scopes = scopes
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="GiSTAC"'


class AccessTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Where a client finds out how people sign in."""

    target_class = AccessTokenAuthentication
    name = "openIdConnect"

    def get_security_requirement(self, auto_schema: object) -> dict[str, list[str]]:
        return {self.name: list(READ_SCOPES)}

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        address = f"{settings.PLATFORM_URL}/.well-known/openid-configuration"
        return {"type": "openIdConnect", "openIdConnectUrl": address}
