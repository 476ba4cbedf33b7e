"""What happened to people and keys, and who did it: kept in `public`, by value."""

from tenants.models import AuditRecord, Organization, User


def record(organization: Organization, by: User, action: str, **objects: str) -> None:
    """Call inside the transaction that does it: both happen, or neither."""
    AuditRecord.objects.create(
        organization_id=organization.pk,
        actor_id=str(by.pk),
        actor_name=str(by)[:254],
        action=action,
        objects_named=objects,
    )
