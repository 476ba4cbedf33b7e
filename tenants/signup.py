"""An organization comes to be: its row, schema, door and first owner, all or nothing."""

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from tenants.current import tenant_scope
from tenants.models import Domain, Membership, Organization, User
from tenants.roles import Role
from tenants.slugs import own_host, slug_problem


class OrganizationRefused(Exception):
    """An organization that cannot be made; the text says why."""


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
