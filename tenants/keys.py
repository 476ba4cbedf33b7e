"""Keys for programs: made, looked up, changed, rolled, revoked.

Whoever does it is a person, or a key that may manage keys: that one acts in its creator's name, and
gives nothing that it has not itself.
"""

import hmac
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from tenants import audit
from tenants.backends import in_force, role_in
from tenants.key_limits import KeyRefused, Limits, admits, plain
from tenants.key_text import digest, is_well_formed, key_id, new_text
from tenants.models import ApiKey, Organization, User
from tenants.roles import Role

LIFETIME = timedelta(days=90)
LONGEST = timedelta(days=366)
NEVER = datetime.max.replace(tzinfo=UTC)  # an owner may say so
OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=7)
USE_NOTED_EVERY = timedelta(minutes=1)
DENIAL_NOTED_EVERY = timedelta(hours=1)  # in the audit; each is counted


def issue(
    organization: Organization,
    *,
    creator: User | ApiKey,
    name: str,
    scopes: Iterable[str],
    expires: datetime | None = None,
    collections: Iterable[str] | None = None,
    addresses: Iterable[str] = (),
) -> tuple[ApiKey, str]:
    """The row, and the key itself, which cannot be shown again. Lives 90 days unless told."""
    limits, name = Limits.read(scopes, collections, addresses), _name(name)
    with transaction.atomic():
        _hold(creator)
        expires = expires or _at_most(creator, timezone.now() + LIFETIME)
        _check_gift(organization, creator, limits)
        _check_end(organization, creator, expires)
        key, text = _made(organization, creator, name, limits, expires)
        words = {"key": key.key_id, "name": name}
        audit.record(organization, creator, "key.create", None, _told(key), **words)
    return key, text


def change(
    key: ApiKey,
    *,
    by: User | ApiKey,
    name: str,
    scopes: Iterable[str],
    collections: Iterable[str] | None = None,
    addresses: Iterable[str] = (),
) -> ApiKey:
    """Narrowed by whoever may manage it; widened by who could make such a key."""
    limits, name = Limits.read(scopes, collections, addresses), _name(name)
    with transaction.atomic():
        key = _good(key)
        if not limits.scopes:
            raise KeyRefused("Choose what the key may do.")
        if widens(key, limits):
            _check_gift(key.organization, by, limits)
        before = _told(key)
        key.name, key.scopes = name, list(limits.scopes)
        key.collections = None if limits.collections is None else list(limits.collections)
        key.addresses = list(limits.addresses)
        if before != _told(key):
            key.save(update_fields=["name", "scopes", "collections", "addresses"])
            words = {"key": key.key_id, "name": name}
            audit.record(key.organization, by, "key.change", before, _told(key), **words)
    return key


def widens(key: ApiKey, limits: Limits) -> bool:
    return not limits.within(Limits.of(key))


def roll(key: ApiKey, *, by: User | ApiKey, overlap: timedelta = OVERLAP) -> tuple[ApiKey, str]:
    """Another key with the same limits and as long a life; this one works on for a while.

    It stands on collections' lists in the old one's place, unless a key rolls another than itself:
    that would give what it has not.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise KeyRefused("The old key can go on for at most 7 days.")
    organization = key.organization
    with transaction.atomic():
        _hold(by, key)
        old, now = _good(key), timezone.now()
        if old.rolled:
            raise KeyRefused("This key was rolled already: roll the one that took its place.")
        limits = Limits.of(old)
        expires = _at_most(by, _as_long(old, now))
        _check_gift(organization, by, limits)
        _check_end(organization, by, expires)
        made, text = _made(organization, by, old.name, limits, expires)
        same = not isinstance(by, ApiKey) or by.line == old.line
        line = old.line if same else made.line
        ApiKey.objects.filter(pk=made.pk).update(rotated_from=old, line=line)
        end = now + overlap
        old.expires = end if old.expires is None else min(old.expires, end)
        old.rolled = now
        old.save(update_fields=["expires", "rolled"])
        words = {"key": made.key_id, "name": old.name, "from": old.key_id}
        after = {"until": old.expires.isoformat()}
        audit.record(organization, by, "key.roll", None, after, **words)
    made.refresh_from_db()
    return made, text


def revoke(key: ApiKey, *, by: User | ApiKey | None, reason: str = "") -> list[ApiKey]:
    """At once and for ever, and with it all that it made, and those made; which ones it ended.

    The first one to revoke stays on record.
    """
    reason = " ".join(reason.split())
    if len(reason) > 200 or not reason.isprintable():
        raise KeyRefused("Say why in at most 200 characters.")
    ended = []
    with transaction.atomic():
        these = [key]
        while these:
            ended += [each for each in these if _end(each, by, reason, root=key)]
            these = list(made_by(these))
    key.refresh_from_db()
    return ended


def made_by(these: Iterable[ApiKey]) -> QuerySet[ApiKey]:
    """The keys that these made, good or not."""
    found = ApiKey.objects.filter(made_by__in=[key.pk for key in these])
    return found.select_related("organization").order_by("pk")


def _end(key: ApiKey, by: User | ApiKey | None, reason: str, *, root: ApiKey) -> bool:
    good = ApiKey.objects.filter(pk=key.pk, revoked=None)
    who = None if by is None else person(by)
    if not good.update(revoked=timezone.now(), revoked_by=who, revoke_reason=reason):
        return False
    words = {"key": key.key_id, "name": key.name, "reason": reason}
    if key.pk != root.pk:
        words["along_with"] = root.key_id
    audit.record(key.organization, by, "key.revoke", None, None, **words)
    return True


def verify(text: str, organization: Organization, *, address: str | None = None) -> ApiKey | None:
    """The key, if it is good here and now: one statement, and none for what is no key of ours."""
    key, why_not = look_up(text, organization, address=address)
    return None if why_not else key


def look_up(
    text: str, organization: Organization, *, address: str | None = None
) -> tuple[ApiKey | None, str]:
    """The key that is written so, and why it is not good; nothing if it is."""
    if not is_well_formed(text):
        return None, ""
    key = _of(key_id(text), organization.pk)
    if key is None or not _is_written(key, text):
        return None, ""
    key.organization = organization
    return key, why_not(key, address)


def known(rows: QuerySet[ApiKey], text: str) -> ApiKey | None:
    """The one of these keys that is written so, good or not."""
    key = with_role(rows).first()
    return key if key is not None and _is_written(key, text) else None


def _is_written(key: ApiKey, text: str) -> bool:
    known = key.pepper in settings.KEY_PEPPERS
    return known and hmac.compare_digest(digest(text, key.pepper), key.digest)


def _of(key_id: str, organization: UUID) -> ApiKey | None:
    """As `with_role` has it, of an active organization. Every request of a program asks this, so
    its SQL is made once; of the creator it reads what permissions need, the rest when it is asked.
    """
    sql, params = _statement()
    values: dict[Any, Any] = {_ID: key_id, _OWNER: organization}
    with connection.cursor() as cursor:
        cursor.execute(sql, [values.get(param, param) for param in params])
        row = cursor.fetchone()
    if row is None:
        return None
    *columns, role, is_active = row
    key: ApiKey = ApiKey.from_db(DEFAULT_DB_ALIAS, _FIELDS, columns)
    vars(key)["creator_role"] = role
    key.creator = User.from_db(DEFAULT_DB_ALIAS, ["id", "is_active"], [key.creator_id, is_active])
    return key


_FIELDS = [field.attname for field in ApiKey._meta.concrete_fields]
# Stand in the statement for what is asked.
_ID, _OWNER = "a key", UUID(int=0)


@cache
def _statement() -> tuple[str, Sequence[Any]]:
    active = ApiKey.objects.filter(organization__state=Organization.State.ACTIVE)
    rows = with_role(active.filter(key_id=_ID, organization=_OWNER)).select_related(None)
    sql, params = rows.annotate(creator_active=F("creator__is_active")).query.sql_with_params()
    return sql, params


def with_role(rows: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
    """With the creator, and the role that this one has now."""
    role = in_force().filter(user=OuterRef("creator"), organization=OuterRef("organization"))
    found = rows.select_related("creator")
    return found.annotate(creator_role=Subquery(role.values("role")[:1]))


def why_not(key: ApiKey, address: str | None) -> str:
    """Why a key that `with_role` found is not good; nothing if it is. The creator's role is kept
    for the request's length."""
    if key.revoked:
        return "revoked"
    if key.is_over:
        return "expired"
    role: str | None = vars(key).get("creator_role")
    if not key.creator.is_active or role is None:
        return "creator"
    if not admits(key.addresses, address):
        return "address"
    key.creator.known_roles = {key.organization_id: role}
    return ""


def note_use(key: ApiKey, *, address: str | None, agent: str) -> None:
    """Where a key was last used: at most one UPDATE a minute and key."""
    now = timezone.now()
    if key.last_used is not None and now - key.last_used < USE_NOTED_EVERY:
        return
    stale = Q(last_used=None) | Q(last_used__lt=now - USE_NOTED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(
        last_used=now, last_used_ip=plain(address), last_used_agent=agent.replace("\0", "")[:120]
    )


def note_denied(key: ApiKey, why: str) -> None:
    """Whoever goes on with a key that is over can be found: counted, and told once an hour."""
    now = timezone.now()
    with transaction.atomic():
        counted = ApiKey.objects.filter(pk=key.pk)
        stale = Q(last_denied=None) | Q(last_denied__lt=now - DENIAL_NOTED_EVERY)
        if counted.filter(stale).update(denied=F("denied") + 1, last_denied=now):
            words = {"key": key.key_id, "name": key.name, "why": why}
            audit.record(key.organization, key, "key.denied", None, None, **words)
        else:
            counted.update(denied=F("denied") + 1)


def _made(
    organization: Organization,
    by: User | ApiKey,
    name: str,
    limits: Limits,
    expires: datetime,
) -> tuple[ApiKey, str]:
    text, pepper = new_text(), settings.KEY_PEPPER
    key = ApiKey.objects.create(
        organization=organization,
        creator=person(by),
        made_by=by if isinstance(by, ApiKey) else None,
        name=name,
        key_id=key_id(text),
        digest=digest(text, pepper),
        pepper=pepper,
        last4=text[-4:],
        scopes=list(limits.scopes),
        collections=None if limits.collections is None else list(limits.collections),
        addresses=list(limits.addresses),
        expires=None if expires == NEVER else expires,
    )
    return key, text


def person(by: User | ApiKey) -> User:
    """In whose name it is done."""
    return by.creator if isinstance(by, ApiKey) else by


def _hold(by: User | ApiKey, *others: ApiKey) -> None:
    """These keys stay as they are until all is done; a key that is over by now does nothing."""
    if isinstance(by, ApiKey):
        both = ApiKey.objects.filter(pk__in=[key.pk for key in (by, *others)]).order_by("pk")
        list(both.select_for_update())
        by.expires = _good(by).expires


def _as_long(old: ApiKey, now: datetime) -> datetime:
    return NEVER if old.expires is None else now + min(old.expires - old.created, LONGEST)


def _at_most(by: User | ApiKey, expires: datetime) -> datetime:
    """What a key makes ends with it at the latest."""
    own = by.expires if isinstance(by, ApiKey) else None
    return expires if own is None or expires == NEVER else min(expires, own)


def _good(key: ApiKey) -> ApiKey:
    """As it is while nobody else changes it."""
    found = ApiKey.objects.select_for_update(of=("self",)).select_related("organization")
    now = found.get(pk=key.pk)
    if now.is_over:
        raise KeyRefused("This key works no more. Make a new one.")
    return now


def _name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 80 or not name.isprintable():
        raise KeyRefused("Give the key a name of at most 80 characters, on one line.")
    return name


def _check_gift(organization: Organization, by: User | ApiKey, limits: Limits) -> None:
    if problem := limits.problem(role_in(person(by), organization)):
        raise KeyRefused(problem)
    if isinstance(by, ApiKey) and not limits.within(Limits.of(by)):
        raise KeyRefused("A key gives no other key more than it may itself.")


def _check_end(organization: Organization, by: User | ApiKey, expires: datetime) -> None:
    if expires == NEVER:
        if isinstance(by, ApiKey) or role_in(by, organization) != Role.OWNER:
            raise KeyRefused("Only an owner can make a key that never expires.")
    elif expires != _at_most(by, expires):
        raise KeyRefused("A key makes no other that works longer than it does itself.")
    elif not timedelta(0) < expires - timezone.now() <= LONGEST + timedelta(minutes=1):
        raise KeyRefused("A key lives for at least a moment and at most 366 days.")


def _told(key: ApiKey) -> dict[str, object]:
    return {"name": key.name, **Limits.of(key).told()}
