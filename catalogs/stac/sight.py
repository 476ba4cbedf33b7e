"""What an asker may see, before anything is asked of it: one answer, decided in SQL.

A permission says what kind of thing may be seen (`stac.view_collection`, `stac.view_item`), the
collection's visibility says by whom. `stac.view_every_collection` is for those who look after the
catalog: they see collections for named ones without being named.

Whoever asks is `request.user`, of whatever class. Beside `has_perm` it may have

- `named_as`: the names under which it stands on the lists of collections (`models.Named`). Where
  there are several, all of them must stand there: a key that acts for a person gives its own name
  and that person's, and so never sees more than the person does. Without it, the kind of user and
  its primary key.
- `only_collections`: ids of collections. It sees nothing of others, public ones included.
- `only_items`: parameters of `ItemQuerySet.search`. It sees no items but those found, and no
  collection: a collection's document tells of all its items.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any, Protocol

from django.apps import apps
from django.db.models import Q, QuerySet

PUBLIC = "public"
NAMED = "named"


class Asker(Protocol):
    """Whoever asks: a person, a key, a link, or nobody."""

    def has_perm(self, perm: str, obj: Any = None) -> bool: ...


def asker(user: Any) -> str:
    """Who asks, as a value: the kind of user, and which."""
    return f"{user._meta.model_name if hasattr(user, '_meta') else 'anyone'}:{user.pk}"[:120]


def names(user: Asker) -> Sequence[str]:
    """As what the asker stands on the list of a collection for named ones."""
    given: Sequence[str] | None = getattr(user, "named_as", None)
    return (asker(user),) if given is None else given


def only_collections(user: Asker) -> Collection[str] | None:
    return getattr(user, "only_collections", None)


def only_items(user: Asker) -> Mapping[str, Any] | None:
    return getattr(user, "only_items", None)


def seen[Rows: QuerySet[Any]](rows: Rows, user: Asker, permission: str, at: str = "pk") -> Rows:
    """Rows whose collection the asker may see; `at` is where they name it."""
    only = only_collections(user)
    if only is not None:
        rows = rows.filter(**{f"{at}__in": only})
    if not user.has_perm(permission):
        visibility = "visibility" if at == "pk" else f"{at}__visibility"
        return rows.filter(**{visibility: PUBLIC})
    if user.has_perm("stac.view_every_collection"):
        return rows
    return rows.exclude(**{f"{at}__in": _hidden("Collection", names(user), "named__who")})


def shape(user: Asker, permission: str) -> Hashable:
    """What decides which rows `seen` finds, beside their collections' visibility; None where a
    search decides."""
    if only_items(user) is not None:
        return None
    only = only_collections(user)
    named = None if only is None else tuple(sorted(only))
    if not user.has_perm(permission):
        return PUBLIC, named
    if user.has_perm("stac.view_every_collection"):
        return "", named
    return NAMED, named, tuple(names(user))


def unhidden[Rows: QuerySet[Any]](rows: Rows, user: Asker, *at: str) -> Rows:
    """Rows that name collections as values, there or gone: none that the asker may not see."""
    only, every = only_collections(user), user.has_perm("stac.view_every_collection")
    for field in at:
        if only is not None:
            rows = rows.filter(**{f"{field}__in": [*only, ""]})
        if not every:
            for table, list in (
                ("Collection", "named__who"),
                ("Trashed", "columns__named__has_key"),
            ):
                rows = rows.exclude(**{f"{field}__in": _hidden(table, names(user), list)})
    return rows


def _hidden(table: str, names: Sequence[str], list: str) -> QuerySet[Any]:
    """Collections for named ones that do not name the asker: few, and found by their own index."""
    missing = Q()
    for name in names:
        missing |= ~Q(**{list: name})
    rows: QuerySet[Any] = apps.get_model("stac", table)._base_manager.order_by()
    id = "collection" if table == "Trashed" else "pk"
    return rows.filter(missing, visibility=NAMED).values(id)
