"""A way to every item by `child` and `item` links alone (STAC API Browseable 1.0.0-rc.3).

The landing page links collections, each of them the catalog of its items. A catalog of up to
`MOST` items links them; a larger one is parted by time, at the first unit in which its items
differ, and items of one second, or of no single time, by id. So no list of links is long, no way
is, and nothing of it is stored: each catalog is a range of an index.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, Value
from django.db.models.fields.json import KT
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from . import links
from .errors import NotFound
from .links import Link
from .models import Collection
from .search import MOMENT, CollectionQuerySet, ItemQuerySet

MOST = 1_000  # links to items of one catalog
MOST_PARTS = 100  # where they are parted by id
UNDATED = "undated"
FIRST = datetime(1, 1, 1, tzinfo=UTC)

# A part is the beginning of its moments as text: century, year, month, day, hour, minute, second.
LENGTHS = (2, 4, 7, 10, 13, 16, 19)
_WHOLE = "0000-01-01T00:00:00"
_LONG = {
    10: timedelta(days=1),
    13: timedelta(hours=1),
    16: timedelta(minutes=1),
    19: timedelta(seconds=1),
}


def text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()[:19]


def beginning(part: str) -> datetime:
    """The first instant of a part of time; raises `NotFound` where it is none."""
    if part == "00":
        return FIRST  # there is no year 0
    whole = part + _WHOLE[len(part) :]
    try:
        start = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    except ValueError as fault:
        raise NotFound from fault
    if len(part) not in LENGTHS or text(start) != whole:
        raise NotFound
    return start


def since(moment: datetime) -> Any:
    return GreaterThanOrEqual(MOMENT, Value(moment, DateTimeField()))


def before(moment: datetime) -> Any:
    return LessThan(MOMENT, Value(moment, DateTimeField()))


@dataclass(frozen=True)
class Node:
    """Some of a collection's items: of a part of time, beyond an id, up to an id.

    `items` are all of the collection's that the asker may see.
    """

    root: str
    collection: Collection
    items: ItemQuerySet
    part: str = ""
    after: str = ""
    until: str = ""

    def document(self) -> dict[str, Any]:
        """A STAC Catalog (STAC 1.1.0, catalog-spec)."""
        down = self.children()
        name = " ".join(filter(None, (self.title, self.after and f"after {self.after}")))
        return {
            "type": "Catalog",
            "stac_version": "1.1.0",
            "id": "-".join(filter(None, (self.collection.pk, self.part, self.after, self.until))),
            "title": name,
            "description": f"Items of {self.collection}, by time.",
            "links": [
                links.link("self", self.address(), links.JSON, "This catalog"),
                links.to_root(self.root),
                links.link("parent", self.parent, links.JSON, "What it is a part of"),
                *down,
            ],
        }

    @property
    def title(self) -> str:
        if self.part == UNDATED:
            return "Of no single time"
        if len(self.part) == LENGTHS[0]:
            return f"{self.part}00 to {self.part}99"
        return self.part.replace("T", " ") or f"Items of {self.collection}"

    def address(self, part: str = "", **between: str) -> str:
        own = self.root + links.browse_path(self.collection.pk, part or self.part)
        ends = between or {"after": self.after, "until": self.until}
        return own + links.query(**ends)

    @property
    def parent(self) -> str:
        if self.after or self.until:
            return self.root + links.browse_path(self.collection.pk, self.part)
        if not self.part:
            return self.root + links.collection_path(self.collection.pk)
        shorter = LENGTHS.index(len(self.part)) - 1 if self.part != UNDATED else -1
        above = self.part[: LENGTHS[shorter]] if shorter >= 0 else ""
        return self.root + links.browse_path(self.collection.pk, above)

    @property
    def rows(self) -> ItemQuerySet:
        found = self.items
        if self.part == UNDATED:
            found = found.filter(before(FIRST))
        elif self.part:
            found = found.filter(since(beginning(self.part)))
            found = found.filter(before(end)) if (end := following(self.part)) else found
        if self.after:
            found = found.filter(stac_id__gt=self.after)
        return found.filter(stac_id__lte=self.until) if self.until else found

    def children(self) -> list[Link]:
        rows = self.rows
        here = rows.order_by(MOMENT.desc(), "stac_id").values_list(
            "stac_id", KT("properties__title")
        )
        found = list(here[: MOST + 1])
        if len(found) <= MOST:
            return [self.item(id, title) for id, title in found]
        return list(self.by_time(rows)) or list(self.by_id(rows))

    def item(self, id: str, title: str | None) -> Link:
        href = self.root + links.item_path(self.collection.pk, id)
        return links.link("item", href, links.GEOJSON, title or id)

    def by_time(self, rows: ItemQuerySet) -> Iterator[Link]:
        """The parts that have items, the latest first; none where there is but one."""
        last = newest(rows)
        if last is None:
            return
        undated = not self.part and rows.filter(before(FIRST)).exists()
        first = rows.filter(since(FIRST)).order_by(MOMENT).values_list("datetime", flat=True)[0]
        length = next((n for n in LENGTHS if text(first)[:n] != text(last)[:n]), None)
        if length is None and not undated:
            return
        while last is not None:
            part = text(last)[: length or LENGTHS[-1]]
            yield self.child(part)
            last = newest(rows.filter(before(beginning(part))))
        if undated:
            yield self.child(UNDATED)

    def by_id(self, rows: ItemQuerySet) -> Iterator[Link]:
        ids = rows.order_by("stac_id").values_list("stac_id", flat=True)
        ends = list(ids[: MOST * MOST_PARTS][MOST - 1 :: MOST])
        for after, until in zip([self.after, *ends], [*ends, self.until], strict=True):
            yield self.child(after=after, until=until)

    def child(self, part: str = "", **between: str) -> Link:
        node = Node(self.root, self.collection, self.items, part or self.part, **between)
        title = f"After {node.after}" if node.after else f"Up to {node.until}"
        return links.link("child", node.address(), links.JSON, title if between else node.title)


def newest(rows: ItemQuerySet) -> datetime | None:
    """The latest datetime; None where there is none."""
    latest = rows.filter(since(FIRST)).order_by(MOMENT.desc())
    moment: datetime | None = latest.values_list("datetime", flat=True).first()
    return moment


def following(part: str) -> datetime | None:
    """Where the next part of the same length begins; None beyond the year 9999."""
    start = beginning(part)
    try:
        match len(part):
            case 2:
                return start.replace(year=(int(part) + 1) * 100)
            case 4:
                return start.replace(year=start.year + 1)
            case 7:
                years, month = divmod(start.month, 12)
                return start.replace(year=start.year + years, month=month + 1)
        return start + _LONG[len(part)]
    except (OverflowError, ValueError):
        return None


def collections(
    seen: CollectionQuerySet, root: str, after: str = "", most: int = MOST
) -> list[Link]:
    """Links to collections, in the order of their ids, and to the catalog of those beyond."""
    most = MOST if most is None else most
    rows = seen.filter(pk__gt=after).order_by("pk").values_list("pk", "title")
    found = list(rows[: most + 1])
    to = [
        links.link("child", root + links.collection_path(id), links.JSON, title or id)
        for id, title in found[:most]
    ]
    return [*to, further_link(root, found[most - 1][0])] if len(found) > most else to


def further_link(root: str, after: str) -> Link:
    href = f"{root}browse{links.query(after=after)}"
    return links.link("child", href, links.JSON, "Further collections")


def further(seen: CollectionQuerySet, root: str, after: str) -> dict[str, Any]:
    """The Catalog of the collections beyond an id."""
    own = further_link(root, after)["href"]
    return {
        "type": "Catalog",
        "stac_version": "1.1.0",
        "id": f"after-{after}",
        "title": "Further collections",
        "description": f"Collections whose ids follow {after}.",
        "links": [
            links.link("self", str(own), links.JSON, "This catalog"),
            links.to_root(root),
            links.link("parent", root, links.JSON, "The catalog"),
            *collections(seen, root, after),
        ],
    }
