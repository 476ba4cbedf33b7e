"""What happened, and who did it. Actors are values: no key crosses to the people's tables."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.module_loading import import_string

from catalogs.models import AuditRecord
from catalogs.stac.documents import Document
from catalogs.stac.extents import ROOT
from catalogs.stac.inserting import insert
from catalogs.stac.models import Stored

LONGEST = 2_000  # of one value, as JSON; of a longer one the length is kept
MOST = 50  # values of one record
_INSIDE = ("properties", "assets")  # compared member by member; the rest whole

type Change = tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]


class Actor(NamedTuple):
    kind: str  # "user", "key", or "system"
    id: str
    name: str

    @classmethod
    def of(cls, user: Any) -> "Actor":
        """Of request.user: a person, or a key, which is a user of its own kind; or an operator who
        only sees what a person sees."""
        if operator := getattr(user, "seen_by", None):
            return cls("operator", str(operator.pk), f"{operator} (operator, seeing as {user})")
        kind = "user" if isinstance(user, get_user_model()) else "key"
        return cls(kind, str(user.pk), str(user))


SYSTEM = Actor("system", "", "GiSTAC")


def record(actor: Actor, action: str, change: Change = (None, None), /, **objects: str) -> None:
    """Call inside the transaction that does it: both happen, or neither.

    `change` is what was and what is, see `difference`.
    """
    address, request = import_string(settings.AUDIT_ORIGIN)()
    row = AuditRecord(
        actor_kind=actor.kind,
        actor_id=actor.id[:40],
        actor_name=actor.name[:254],
        action=action,
        objects_named=objects,
        address=address,
        request=request,
        before=change[0],
        after=change[1],
    )
    insert(row)


def documents(old: Stored, new: Stored) -> Change:
    """How two versions of a document differ. Nothing, if somebody wrote another in between."""
    if new.revision != old.revision + 1:
        return None, None
    return difference(old.to_stac(ROOT), new.to_stac(ROOT))


def difference(old: Document, new: Document) -> Change:
    """What differs, by name, as it was and as it is; what grew too long by its length."""
    before, after = _flat(old), _flat(new)
    names = sorted(name for name in before | after if before.get(name) != after.get(name))[:MOST]
    return tuple(  # type: ignore[return-value]
        {name: _bounded(values[name]) for name in names if name in values}
        for values in (before, after)
    )


def _flat(document: Document) -> Document:
    found = {name: value for name, value in document.items() if name not in (*_INSIDE, "links")}
    for whole in _INSIDE:
        members = document.get(whole) or {}
        found |= {f"{whole}.{name}"[:LONGEST]: value for name, value in members.items()}
    return found


def _bounded(value: Any) -> Any:
    length = len(orjson.dumps(value))
    return value if length <= LONGEST else f"… {length:,} characters"
