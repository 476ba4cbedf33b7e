"""An organization comes to be: its row, schema, door and first owner, all or nothing."""

import ipaddress
import re

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.text import slugify

from tenants.current import tenant_scope
from tenants.models import Domain, FormerSlug, Membership, Organization, User
from tenants.roles import Role

SLUG = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
# Names that a visitor would take for the platform's own, and hosts that usually mean something.
_RESERVED = """
account accounts admin api app assets auth autoconfig autodiscover blog cdn dashboard dev docs
download ftp gistac help imap localhost login logout mail media ns1 ns2 oauth organization
organizations platform pop root s3 security signup smtp ssl staging stac static status support
test tiles webmail wpad www
"""
RESERVED = frozenset(_RESERVED.split())


class OrganizationRefused(Exception):
    """An organization that cannot be made; the text says why."""


def slug_problem(slug: str) -> str:
    """A sentence about what is wrong with this slug, or nothing."""
    if len(slug) < 3 or len(slug) > 40:
        return "Use 3 to 40 characters."
    if not SLUG.fullmatch(slug):
        return "Use small letters, digits and hyphens; begin with a letter, end with no hyphen."
    if "--" in slug:
        return "Two hyphens in a row are not possible."
    if slug in RESERVED:
        return f"“{slug}” is kept for the platform itself."
    if Organization.objects.filter(slug=slug).exists() or held_slugs().filter(slug=slug).exists():
        return f"“{slug}” is taken."
    return ""


def held_slugs() -> QuerySet[FormerSlug]:
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
    for slugs in (Organization.objects.all(), held_slugs()):
        taken |= set(slugs.filter(slug__startswith=stem).values_list("slug", flat=True))
    if stem not in taken:
        return stem
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{stem}-{n}") not in taken)


def create_organization(*, name: str, slug: str, owner: User) -> Organization:
    """Raises OrganizationRefused with a sentence; whoever is killed in here leaves nothing."""
    name = name.strip()
    if not name or len(name) > 120 or not name.isprintable():
        raise OrganizationRefused("Give it a name of at most 120 characters, on one line.")
    if problem := slug_problem(slug):
        raise OrganizationRefused(problem)
    try:
        with transaction.atomic():
            # The unique slug makes the second of two who ask at once wait here for the first.
            organization: Organization = Organization.objects.create(name=name, slug=slug)
            make_schema(organization)
            Membership.objects.create(user=owner, organization=organization, role=Role.OWNER)
            if host := own_host(slug):
                Domain.objects.create(tenant=organization, domain=host)
    except IntegrityError:
        raise OrganizationRefused(f"“{slug}” is taken.") from None
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":  # lock_not_available
            raise
        raise OrganizationRefused(f"“{slug}” is being taken by someone else.") from None
    return organization


def own_host(slug: str) -> str:
    """The host door made at sign-up; none where the platform is reached by a bare address."""
    try:
        ipaddress.ip_address(settings.PLATFORM_HOST)
    except ValueError:
        return f"{slug}.{settings.PLATFORM_HOST}"
    return ""


def make_schema(organization: Organization) -> None:
    """The organization's tables, by its apps' own migrations, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {connection.ops.quote_name(organization.schema_name)}")
    with tenant_scope(organization):
        executor = MigrationExecutor(connection)
        executor.recorder.ensure_schema()
        ours = [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] in _tenant_labels()]
        executor.migrate(ours)
        _note_migrations_of_shared_apps()


def _tenant_labels() -> set[str]:
    return {app.rpartition(".")[2] for app in settings.TENANT_APPS}


def _note_migrations_of_shared_apps() -> None:
    """They make no tables here; noted as done, a later migrate_schemas passes quickly."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " SELECT app, name, applied FROM public.django_migrations AS shared"
            " WHERE NOT EXISTS (SELECT FROM django_migrations AS own"
            "  WHERE own.app = shared.app AND own.name = shared.name)"
        )
