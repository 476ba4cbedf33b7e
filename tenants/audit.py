"""What happened to people and keys, and who did it: kept in `public`, by value."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from tenants.models import ApiKey, AuditRecord, Organization, User


def record(
    organization: Organization,
    by: User | ApiKey | None,
    action: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    /,
    **objects: str,
) -> None:
    """Call inside the transaction that does it: both happen, or neither.

    `by` is nobody where the platform itself did it; `before` and `after` hold what changed.
    """
    address, request = import_string(settings.AUDIT_ORIGIN)()
    kind = "system" if by is None else "key" if isinstance(by, ApiKey) else "user"
    AuditRecord.objects.create(
        organization_id=organization.pk,
        actor_kind=kind,
        actor_id="" if by is None else str(by.pk),
        actor_name="GiSTAC" if by is None else str(by)[:254],
        action=action,
        objects_named=objects,
        address=address,
        request=request,
        before=before,
        after=after,
    )
