"""Who asks without being a person or a key themselves."""

from dataclasses import dataclass
from uuid import UUID

from tenants.models import ApiKey, Asker, User


@dataclass(frozen=True)
class Token(Asker):
    """Reads what its holder may read at this moment, and no more; tenants/tokens.py."""

    holder: User | ApiKey
    organization_id: UUID
    collections: tuple[str, ...] | None = None  # None: all that the holder sees

    is_authenticated = True
    is_anonymous = False

    def __str__(self) -> str:
        return f"A token of {self.holder}"

    @property
    def pk(self) -> int:
        return self.holder.pk

    @property
    def is_active(self) -> bool:
        return self.holder.is_active

    @property
    def name_on_lists(self) -> str:
        return self.holder.name_on_lists

    @property
    def named_as(self) -> tuple[str, ...]:
        return self.holder.named_as

    @property
    def only_collections(self) -> tuple[str, ...] | None:
        own: tuple[str, ...] | None = getattr(self.holder, "only_collections", None)
        if own is None or self.collections is None:
            return self.collections if own is None else own
        return tuple(id for id in self.collections if id in own)
