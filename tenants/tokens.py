"""Short-lived tokens for what cannot send a header: map tiles, pictures, a browser elsewhere.

`sct_` + who it stands for, where, until when, signed by the server; no row is kept. It reads what
its holder, a person or a key, may read when it is used, and ends with them; and with the sign-in
that it was made in, if it was made for a page.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from tenants import audit, keys, sessions
from tenants.askers import Token
from tenants.backends import role_in
from tenants.key_limits import KeyRefused, Limits
from tenants.models import ApiKey, AuditRecord, Organization, User

PREFIX = "sct_"
PARAMETER = "api_key"
TILES = timedelta(minutes=10)
LONGEST = timedelta(hours=24)
NOTED_EVERY = timedelta(hours=1)  # in the audit
MOST_COLLECTIONS = 20  # it stands in an address
LONGEST_TEXT = 8_000


def issue(
    organization: Organization,
    holder: User | ApiKey,
    *,
    lifetime: timedelta = TILES,
    collections: Iterable[str] | None = None,
    session: str = "",
) -> tuple[str, datetime]:
    """The token, and when it ends; with this session of its holder, if one is named."""
    if not timedelta(0) < lifetime <= LONGEST:
        raise KeyRefused("A token lives for at least a second and at most 24 hours.")
    named = Limits.read((), collections).collections
    if named is not None and len(named) > MOST_COLLECTIONS:
        raise KeyRefused(f"A token names at most {MOST_COLLECTIONS} collections.")
    ends = timezone.now() + lifetime
    said = {"o": organization.pk.hex, "e": int(ends.timestamp())}
    said |= {"k" if isinstance(holder, ApiKey) else "u": holder.pk}
    if named is not None:
        said["c"] = list(named)
    if session:
        said["s"] = sessions.mark(session)
    _note(organization, holder, ends)
    return PREFIX + _signer().sign_object(said), ends


def _note(organization: Organization, holder: User | ApiKey, ends: datetime) -> None:
    """Told once an hour and holder: whoever only reads adds no rows without end."""
    is_key = isinstance(holder, ApiKey)
    rows = ApiKey.objects.filter(pk=holder.pk) if is_key else User.objects.filter(pk=holder.pk)
    told = AuditRecord.objects.filter(
        organization_id=organization.pk,
        at__gt=timezone.now() - NOTED_EVERY,
        actor_kind="key" if is_key else "user",
        actor_id=str(holder.pk),
        action="token.create",
    )
    with transaction.atomic():
        rows.select_for_update(no_key=True).get()  # one after the other
        if not told.exists():
            audit.record(organization, holder, "token.create", None, {"until": ends.isoformat()})


def verify(text: str, organization: Organization, *, address: str | None = None) -> Token | None:
    """Who asks, if the token is good here and now: one statement, and none for what is none."""
    said = _read(text)
    if said is None or said["o"] != organization.pk.hex:
        return None
    if said["e"] <= datetime.now(UTC).timestamp():
        return None
    holder = _key(said["k"], organization, address) if "k" in said else _person(said["u"])
    if holder is None or (isinstance(holder, User) and not _is_in(holder, organization, said)):
        return None
    named = tuple(said["c"]) if "c" in said else None
    return Token(holder, organization.pk, named)


def take(request: HttpRequest) -> str | None:
    """Out of the address, before anyone logs it or builds a link of it; "" if it comes twice."""
    query = request.META.get("QUERY_STRING", "")
    pairs = [pair.partition("=") for pair in query.split("&")]
    found = [value for name, _, value in pairs if unquote_plus(name) == PARAMETER]
    if not found:
        return None
    kept = ("".join(pair) for pair in pairs if unquote_plus(pair[0]) != PARAMETER)
    request.META["QUERY_STRING"] = "&".join(kept)
    return unquote_plus(found[0]) if len(found) == 1 else ""


def _read(text: str) -> dict[str, Any] | None:
    if not text.startswith(PREFIX) or len(text) > LONGEST_TEXT:
        return None
    try:
        said: dict[str, Any] = _signer().unsign_object(text.removeprefix(PREFIX))
    except BadSignature:
        return None
    return said


def _signer() -> Signer:
    return Signer(salt="tenants.tokens", sep=".")


def _key(pk: int, organization: Organization, address: str | None) -> ApiKey | None:
    own: QuerySet[ApiKey] = ApiKey.objects.filter(pk=pk, organization=organization)
    key = keys.with_role(own).first()
    return None if key is None or keys.why_not(key, address) else key


def _is_in(person: User, organization: Organization, said: dict[str, Any]) -> bool:
    """Still a member, and still signed in where the token was made, if it says where."""
    if role_in(person, organization) is None:
        return False
    return "s" not in said or sessions.is_marked_good(person, said["s"])


def _person(pk: int) -> User | None:
    return User.objects.filter(pk=pk, is_active=True).first()
