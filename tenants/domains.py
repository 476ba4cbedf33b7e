"""Hosts of their own: claimed by an organization, proven by a record in the DNS, asked for daily.

A claim is nobody's hindrance: any organization may claim any host. The door is a Domain row, made
once the claim is proven, and removed when the record was not found several days in a row.
"""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import cast

import dns.exception
import dns.resolver
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from tenants import audit, mail
from tenants.models import ClaimedHost, Domain, Organization, User
from tenants.roles import Role

HOST = re.compile(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
MOST = 10  # of one organization
CHECKED_EVERY = timedelta(days=1)
MOST_FAILURES = 3  # in a row; then it is a door no more
PAUSE = timedelta(seconds=30)  # between two checks that people ask for
PATIENCE = 5.0  # seconds for an answer of the DNS


class HostRefused(Exception):
    """A host that cannot be had; the text says why."""


class TooSoon(Exception):
    """A check that has to wait; the text says why."""


class NoAnswer(Exception):
    """The DNS does not answer, which proves nothing."""


def claim(organization: Organization, text: str, *, by: User) -> ClaimedHost:
    host = text.strip().lower().removesuffix(".")
    if problem := _problem(host):
        raise HostRefused(problem)
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        own = ClaimedHost.objects.filter(organization=organization)
        if own.filter(host=host).exists():
            raise HostRefused(f"{host} is in the list already.")
        if own.count() >= MOST:
            raise HostRefused(f"An organization can have {MOST} hosts of its own.")
        audit.record(organization, by, "domain.add", host=host)
        token = secrets.token_hex(16)
        made: ClaimedHost = ClaimedHost.objects.create(
            organization=organization, host=host, token=token
        )
    return made


def _problem(host: str) -> str:
    if not HOST.fullmatch(host):
        return "Enter a host name such as maps.example.org."
    platform = settings.PLATFORM_HOST
    if host == platform or host.endswith(f".{platform}"):
        return f"Hosts below {platform} are the platform’s own."
    return ""


_asking = Lock()  # the DNS, for a person who waits: one at a time, so that the others are served


def check_now(claimed: ClaimedHost, *, by: User) -> bool:
    """As a person asks for it: once in a while."""
    if not _asking.acquire(blocking=False):
        raise TooSoon("Another host is being checked. Try again in a few seconds.")
    try:
        now = timezone.now()
        due = Q(asked=None) | Q(asked__lt=now - PAUSE)
        if not ClaimedHost.objects.filter(due, pk=claimed.pk).update(asked=now):
            raise TooSoon(f"{claimed.host} was checked just now. Try again in half a minute.")
        return check(claimed, by=by)
    finally:
        _asking.release()


def check(claimed: ClaimedHost, *, by: User | None = None) -> bool:
    """Asks for the record, and opens or closes the door by what is found; whether it is open."""
    found = claimed.record in _resolver()(claimed.record_name)  # before anything is locked
    with transaction.atomic():
        now = ClaimedHost.objects.select_for_update().filter(pk=claimed.pk).first()
        if now is None:
            return False
        changed = _open(now, by) if found else _failed(now)
        ClaimedHost.objects.filter(pk=now.pk).update(checked=timezone.now(), **changed)
    return found


def _open(claimed: ClaimedHost, by: User | None) -> dict[str, object]:
    if claimed.proven:
        return {"failures": 0}
    try:
        with transaction.atomic():
            Domain.objects.create(
                tenant=claimed.organization, domain=claimed.host, is_primary=False
            )
    except IntegrityError:
        raise HostRefused(f"{claimed.host} is a door of another organization.") from None
    audit.record(claimed.organization, by, "domain.proven", host=claimed.host)
    return {"failures": 0, "proven": timezone.now()}


def _failed(claimed: ClaimedHost) -> dict[str, object]:
    if not claimed.proven or claimed.failures + 1 < MOST_FAILURES:
        return {"failures": F("failures") + 1}
    audit.record(claimed.organization, None, "domain.lost", host=claimed.host)
    words = {"lost": claimed.host}
    mail.notify(claimed.organization, [Role.OWNER], "people/email/host_lost.html", **words)
    _close(claimed)
    return {"failures": F("failures") + 1, "proven": None}


def remove(claimed: ClaimedHost, *, by: User) -> None:
    with transaction.atomic():
        audit.record(claimed.organization, by, "domain.remove", host=claimed.host)
        _close(claimed)
        ClaimedHost.objects.filter(pk=claimed.pk).delete()


def _close(claimed: ClaimedHost) -> None:
    Domain.objects.filter(tenant=claimed.organization, domain=claimed.host).delete()


def check_all() -> list[str]:
    """Doors whose record was not asked for since a day; gives those that are doors no more."""
    due = ClaimedHost.objects.filter(checked__lt=timezone.now() - CHECKED_EVERY)
    lost = []
    for claimed in due.exclude(proven=None).select_related("organization"):
        try:
            check(claimed)
        except NoAnswer:
            continue
        claimed.refresh_from_db()
        if claimed.proven is None:
            lost.append(claimed.host)
    return lost


# The DNS ---------------------------------------------------------------------
def _resolver() -> Callable[[str], list[str]]:
    return cast(Callable[[str], list[str]], import_string(settings.TXT_RECORDS))


def txt_records(name: str) -> list[str]:
    """What the DNS says; nothing where there is no such name."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=PATIENCE)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as fault:
        raise NoAnswer("The DNS does not answer just now. Try again in a minute.") from fault
    return [b"".join(record.strings).decode(errors="replace") for record in answer]
