"""What happened to people and keys, and who did it: kept in `public`, by value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from tenants.models import ApiKey, AuditRecord, Organization, User


@dataclass(frozen=True)
class Operator:
    """A person at work for the platform, and in whose eyes, if they see as a member does."""

    person: User
    sees_as: User | None = None

    @property
    def pk(self) -> int:
        return self.person.pk

    def __str__(self) -> str:
        seeing = f", seeing as {self.sees_as}" if self.sees_as else ""
        return f"{self.person} (operator{seeing})"


type Actor = User | ApiKey | Operator | None


def record(
    organization: Organization | None,
    by: Actor,
    action: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    /,
    **objects: str,
) -> None:
    """Call inside the transaction that does it: both happen, or neither.

    `by` is nobody where the platform itself did it; `before` and `after` hold what changed. With no
    organization it is the platform's own, for its operators to read.
    """
    address, request = import_string(settings.AUDIT_ORIGIN)()
    if isinstance(by, User) and by.seen_by:
        by = Operator(by.seen_by, by)
    AuditRecord.objects.create(
        organization_id=organization.pk if organization else None,
        actor_kind=_kind(by),
        actor_id="" if by is None else str(by.pk),
        actor_name="GiSTAC" if by is None else str(by)[:254],
        action=action,
        objects_named=objects,
        address=address,
        request=request,
        before=before,
        after=after,
    )


def _kind(by: Actor) -> str:
    kinds = {User: "user", ApiKey: "key", Operator: "operator"}
    return next((kind for of, kind in kinds.items() if isinstance(by, of)), "system")
