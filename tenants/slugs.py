"""The short name in an organization's addresses: which are free, and where old ones lead."""

import ipaddress
import re
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.text import slugify

from tenants import audit
from tenants.models import Domain, FormerSlug, Organization, User

SLUG = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
HELD = timedelta(days=180)  # in which nobody else gets a slug that was released
# Names that a visitor would take for the platform's own, and hosts that usually mean something.
_RESERVED = """
account accounts admin api app assets auth autoconfig autodiscover blog cdn dashboard dev docs
download ftp gistac help imap localhost login logout mail media ns1 ns2 oauth organization
organizations platform pop root s3 security signup smtp ssl staging stac static status support
test tiles webmail wpad www
"""
RESERVED = frozenset(_RESERVED.split())


class SlugRefused(Exception):
    """A slug that cannot be had; the text says why."""


def slug_problem(slug: str, organization: Organization | None = None) -> str:
    """A sentence about what is wrong with this slug, for this organization or a new one."""
    if len(slug) < 3 or len(slug) > 40:
        return "Use 3 to 40 characters."
    if not SLUG.fullmatch(slug):
        return "Use small letters, digits and hyphens; begin with a letter, end with no hyphen."
    if "--" in slug:
        return "Two hyphens in a row are not possible."
    if slug in RESERVED:
        return f"“{slug}” is kept for the platform itself."
    served, released = Organization.objects.filter(slug=slug), held().filter(slug=slug)
    if organization:
        served = served.exclude(pk=organization.pk)
        released = released.exclude(organization_id=organization.pk)
    # In this order: a slug that is being released is in the first or in the second.
    if served.exists() or released.exists():
        return f"“{slug}” is taken."
    return ""


def held() -> QuerySet[FormerSlug]:
    """Those that were released not long ago."""
    return FormerSlug.objects.filter(until__gt=Now())


def suggest_slug(name: str) -> str:
    """A free slug that looks like the name; empty when the name has nothing to make one of."""
    stem = slugify(name)[:36].strip("-_").replace("_", "-")
    stem = re.sub("-{2,}", "-", stem.lstrip("0123456789-"))
    if not stem:
        return ""
    if len(stem) < 3:
        stem = f"{stem}-maps"
    taken = set(RESERVED)
    for slugs in (Organization.objects.all(), held()):
        taken |= set(slugs.filter(slug__startswith=stem).values_list("slug", flat=True))
    if stem not in taken:
        return stem
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{stem}-{n}") not in taken)


def change_slug(organization: Organization, slug: str, *, by: User) -> None:
    """Both doors move at once; the old addresses lead to the new ones for half a year."""
    try:
        with transaction.atomic():
            found = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
            if found.slug == slug:
                return
            if problem := slug_problem(slug, found):
                raise SlugRefused(problem)
            audit.record(found, by, "organization.slug", {"slug": found.slug}, {"slug": slug})
            release(found)
            FormerSlug.objects.filter(slug=slug).delete()  # an own one, taken back
            Organization.objects.filter(pk=found.pk).update(slug=slug)
            own = Domain.objects.filter(tenant=found, domain=own_host(found.slug))
            own.update(domain=own_host(slug))
    except IntegrityError:
        raise SlugRefused(f"“{slug}” is taken.") from None


def release(organization: Organization) -> None:
    """Nobody else gets its slug for a while: links to it are out there."""
    words = {"organization_id": organization.pk, "until": timezone.now() + HELD}
    FormerSlug.objects.update_or_create(slug=organization.slug, defaults=words)


def moved(slug: str) -> Organization | None:
    """The organization that had this slug not long ago, if it is served."""
    former = held().filter(slug=slug).values("organization_id")
    active = Organization.objects.filter(state=Organization.State.ACTIVE)
    found: Organization | None = active.filter(pk__in=former).first()
    return found


def moved_host(host: str) -> str:
    """The host door of the organization that had this one not long ago, or nothing."""
    slug, dot, rest = host.partition(".")
    if not dot or rest != settings.PLATFORM_HOST:
        return ""
    now = moved(slug)
    return own_host(now.slug) if now else ""


def own_host(slug: str) -> str:
    """The host door made at sign-up; none where the platform is reached by a bare address."""
    try:
        ipaddress.ip_address(settings.PLATFORM_HOST)
    except ValueError:
        return f"{slug}.{settings.PLATFORM_HOST}"
    return ""
