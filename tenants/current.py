"""Which organization is being served: the connection's schema, entered in one way only."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from tenants.models import Organization


def _connection() -> Any:
    """This thread's; the methods that enter a schema are django-tenants', which has no types."""
    return connections[DEFAULT_DB_ALIAS]


@contextmanager
def tenant_scope(organization: Organization) -> Iterator[Organization]:
    """Runs its block in the organization's schema; nests, and leaves whatever happens."""
    entered = _connection()
    before = entered.tenant
    entered.set_tenant(organization)
    try:
        yield organization
    finally:
        entered.set_tenant(before)


def current_organization() -> Organization | None:
    """The organization whose schema this thread is in, or None on the platform."""
    tenant = _connection().tenant
    return tenant if isinstance(tenant, Organization) else None


def cache_key(key: str, prefix: str, version: int) -> str:
    """Django's KEY_FUNCTION: no organization finds what another one cached."""
    organization = current_organization()
    owner = organization.pk if organization else "platform"
    return f"{owner}:{prefix}:{version}:{key}"
