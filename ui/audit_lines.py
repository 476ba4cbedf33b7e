"""Audit records as lines of a page, with links to what they name, where it still exists."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from catalogs.models import Draft
from catalogs.stac.models import Collection, Item, Job
from tenants.models import ApiKey, Membership, Organization
from ui.audit import Record, words

ICONS = {"user": "user-round", "key": "key-round", "system": "bot", "operator": "life-buoy"}


@dataclass(frozen=True)
class Named:
    """Something that a record names."""

    name: str
    value: str
    href: str


@dataclass(frozen=True)
class Line:
    record: Record
    words: str
    icon: str
    named: list[Named]

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """Name, as it was, as it is."""
        before, after = self.record.before or {}, self.record.after or {}
        return [(name, before.get(name), after.get(name)) for name in sorted(before | after)]


def lines(records: list[Record], organization: Organization) -> list[Line]:
    here = Here([record.objects_named for record in records], organization)
    return [
        Line(
            record,
            words(record.action),
            ICONS.get(record.actor_kind, "user-round"),
            list(here.named(record.objects_named)),
        )
        for record in records
    ]


class Here:
    """What of all that these records name is still here; one question for each kind."""

    def __init__(self, all_named: list[dict[str, str]], organization: Organization) -> None:
        def values(*names: str) -> set[str]:
            return {named[name] for named in all_named for name in names if named.get(name)}

        own = {"organization": organization}

        def ids(*names: str) -> set[str]:
            return {value for value in values(*names) if _is_uuid(value)}

        collections, items = values("collection"), values("item")
        self.here: set[tuple[str, ...]] = {
            *_found("collection", Collection.objects.filter(pk__in=collections), "pk"),
            *_found("draft", Draft.objects.filter(pk__in=ids("draft", "upload")), "pk"),
            *_found("job", Job.objects.filter(pk__in=ids("job")), "pk"),
            *_found("key", ApiKey.objects.filter(**own, key_id__in=values("key")), "key_id"),
            *_found(
                "member",
                Membership.objects.filter(**own, user__email__in=values("member", "email", "to")),
                "user__email",
            ),
            *_found(
                "item",
                Item.objects.filter(collection__in=collections, stac_id__in=items),
                "collection_id",
                "stac_id",
            ),
        }

    def named(self, named: dict[str, str]) -> Iterable[Named]:
        for name, value in named.items():
            if value:
                said = name.replace("_", " ")
                yield Named(said, value, self._href(name, value, named.get("collection", "")))

    def _href(self, name: str, value: str, collection: str) -> str:
        kind = {"upload": "draft", "email": "member", "to": "member"}.get(name, name)
        if kind == "item":
            known = ("item", collection, value) in self.here
            return reverse("ui:item", args=[collection, value]) if known else ""
        if (kind, value) not in self.here:
            return ""
        if kind in ("collection", "draft"):
            return reverse(f"ui:{kind}", args=[value])
        return reverse({"job": "ui:jobs", "key": "ui:keys", "member": "ui:people"}[kind])


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _found(kind: str, rows: Any, *columns: str) -> Iterable[tuple[str, ...]]:
    return ((kind, *map(str, row)) for row in rows.values_list(*columns))
