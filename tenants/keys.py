"""Keys for programs.

`sck_live_` + 12 characters that name the key + `_` + 32 secret ones + a CRC32 of all before, each
base62. The checksum tells a typo from a key without asking the database; the secret is random, so
a fast hash keeps it, with a pepper that the database does not hold.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.utils import timezone

from tenants import audit
from tenants.backends import in_force, role_in
from tenants.models import ApiKey, Organization, User
from tenants.roles import PERMISSIONS, SCOPES, Role

PREFIX = "sck_live_"
FORM = re.compile(r"(sck_live_([0-9A-Za-z]{12})_[0-9A-Za-z]{32})([0-9A-Za-z]{6})")
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
LIFETIME = timedelta(days=90)
LONGEST = timedelta(days=366)
NEVER = datetime.max.replace(tzinfo=UTC)  # an owner may say so
USE_NOTED_EVERY = timedelta(minutes=1)


class KeyRefused(Exception):
    """A key that cannot be made; the text says why."""


def issue(
    organization: Organization,
    *,
    creator: User,
    name: str,
    scopes: Iterable[str],
    expires: datetime | None = None,
) -> tuple[ApiKey, str]:
    """The row, and the key itself, which cannot be shown again. Lives 90 days unless told."""
    name, scopes = name.strip(), sorted(set(scopes))
    expires = expires or timezone.now() + LIFETIME
    if problem := _problem(role_in(creator, organization), name, scopes, expires):
        raise KeyRefused(problem)
    text, pepper = new_text(), settings.KEY_PEPPER
    with transaction.atomic():
        key = ApiKey.objects.create(
            organization=organization,
            creator=creator,
            name=name,
            key_id=key_id(text),
            digest=digest(text, pepper),
            pepper=pepper,
            last4=text[-4:],
            scopes=scopes,
            expires=None if expires == NEVER else expires,
        )
        words = {"key": key.key_id, "name": name, "scopes": " ".join(scopes)}
        audit.record(organization, creator, "key.create", **words)
    return key, text


def _problem(role: str | None, name: str, scopes: list[str], expires: datetime) -> str:
    if role is None:
        return "Only a member of the organization can make a key."
    if not name or len(name) > 80 or not name.isprintable():
        return "Give the key a name of at most 80 characters, on one line."
    if not scopes:
        return "Choose what the key may do."
    for scope in scopes:
        if not SCOPES.get(scope, frozenset()) & PERMISSIONS[role]:
            return f"Your role allows no key with “{scope}”."
    if expires == NEVER:
        return "" if role == Role.OWNER else "Only an owner can make a key that never expires."
    if not timedelta(0) < expires - timezone.now() <= LONGEST + timedelta(minutes=1):
        return "A key lives for at least a moment and at most 366 days."
    return ""


def verify(text: str, organization: Organization) -> ApiKey | None:
    """The key, if it is good here and now: one statement, and none for what is no key of ours."""
    if not is_well_formed(text):
        return None
    role = in_force().filter(user=OuterRef("creator"), organization=organization)
    key = (
        ApiKey.objects.select_related("creator")
        .filter(key_id=key_id(text), organization=organization, revoked=None)
        .filter(Q(expires=None) | Q(expires__gt=Now()), creator__is_active=True)
        .filter(organization__state=Organization.State.ACTIVE)
        .annotate(creator_role=Subquery(role.values("role")[:1]))
        .first()
    )
    if key is None or key.creator_role is None or key.pepper not in settings.KEY_PEPPERS:
        return None
    if not hmac.compare_digest(digest(text, key.pepper), key.digest):
        return None
    key.organization = organization
    key.creator.known_roles = {organization.pk: key.creator_role}
    return key


def revoke(key: ApiKey, *, by: User) -> None:
    """At once and for ever; the first one to revoke stays on record."""
    with transaction.atomic():
        good = ApiKey.objects.filter(pk=key.pk, revoked=None)
        if good.update(revoked=Now(), revoked_by=by):
            audit.record(key.organization, by, "key.revoke", key=key.key_id, name=key.name)
    key.refresh_from_db()


def note_use(key: ApiKey, *, address: str | None, agent: str) -> None:
    """Where a key was last used: at most one UPDATE a minute and key.

    A proxy may pass on as an address what is none; that is not kept.
    """
    now = timezone.now()
    if key.last_used is not None and now - key.last_used < USE_NOTED_EVERY:
        return
    stale = Q(last_used=None) | Q(last_used__lt=now - USE_NOTED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(
        last_used=now, last_used_ip=_ip(address), last_used_agent=agent.replace("\0", "")[:120]
    )


def _ip(address: str | None) -> str | None:
    try:
        return str(ip_address((address or "").partition("%")[0]))  # without an IPv6 zone
    except ValueError:
        return None


def new_text() -> str:
    start = f"{PREFIX}{_random(12)}_{_random(32)}"
    return start + checksum(start)


def is_well_formed(text: str) -> bool:
    match = FORM.fullmatch(text)
    return match is not None and checksum(match[1]) == match[3]


def key_id(text: str) -> str:
    """The part that names the key and is no secret."""
    return text[len(PREFIX) : len(PREFIX) + 12]


def checksum(start: str) -> str:
    """CRC32 in six base62 digits."""
    rest, digits = zlib.crc32(start.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        digits = BASE62[digit] + digits
    return digits


def digest(text: str, pepper: str) -> str:
    """The SHA-256 of the named pepper and the key, in hex."""
    return hashlib.sha256(f"{settings.KEY_PEPPERS[pepper]}{text}".encode()).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(BASE62) for _ in range(length))
