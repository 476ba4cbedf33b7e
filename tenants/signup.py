"""An organization comes to be: its row, schema, door and first owner, all or nothing."""

from django.db import IntegrityError, OperationalError, transaction

from tenants import schemas
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
            schemas.make(organization)
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
