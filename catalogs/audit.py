"""What happened, and who did it. Actors are values: no key crosses to the people's tables."""

from typing import Any, NamedTuple

from django.contrib.auth import get_user_model

from catalogs.models import AuditRecord


class Actor(NamedTuple):
    kind: str  # "user", "key", or "system"
    id: str
    name: str

    @classmethod
    def of(cls, user: Any) -> "Actor":
        """Of request.user: a person, or a key, which is a user of its own kind."""
        kind = "user" if isinstance(user, get_user_model()) else "key"
        return cls(kind, str(user.pk), str(user))


SYSTEM = Actor("system", "", "GiSTAC")


def record(actor: Actor, action: str, **objects: str) -> None:
    """Call inside the transaction that does it: both happen, or neither."""
    AuditRecord.objects.create(
        actor_kind=actor.kind,
        actor_id=actor.id[:40],
        actor_name=actor.name[:254],
        action=action,
        objects_named=objects,
    )
