"""Rows of one kind, answered page by page: search, the items of a collection, collections.

Bodies are joined as the text that is stored and the mark is replaced; nothing is rendered.
"""

from collections.abc import Buffer, Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from . import (
    asked,
    boxes,
    exports,
    fields,
    formats,
    links,
    members,
    near,
    shapes,
    sorting,
    times,
)
from .cql2 import collections, operands
from .cql2.operands import Names
from .formats import Form
from .links import Link
from .models import Queryable
from .paging import BY_ID, LATEST, Key, Page, Pager, Place
from .parameters import USUAL_LIMIT
from .ranks import Rank
from .search import CollectionQuerySet
from .sorting import ValueKey

# What is asked of the answer; all else is asked of the rows.
OF_THE_ANSWER = frozenset({"f", "fields", "limit", "sortby", "token"})
# What was made a condition already, and is told apart by the text that it was made of.
OPAQUE = ("filter", "q", "query")
LONGEST_OPAQUE = 2_000  # bytes of these for which SQL is kept


@dataclass(frozen=True)
class Kind:
    """What is listed, and in which envelope."""

    before: str  # the members of the answer before `name`, as JSON
    name: str  # the member that the documents stand under
    media_type: str
    keys: Sequence[Key]  # the usual order
    last: Sequence[Key]  # in which no two are equal
    names: Names  # what it can be sorted by
    always: Sequence[str]  # sent whatever `fields` includes, unless it is excluded
    usual: Sequence[str]  # sent where `fields` includes nothing: a valid document


ITEMS = Kind(
    '"type":"FeatureCollection",',
    "features",
    links.GEOJSON,
    LATEST,
    LATEST[1:],
    operands.name,
    ("type", "id", "collection", "links"),
    (
        *("type", "stac_version", "id", "collection", "geometry", "bbox", "links", "assets"),
        *(f"properties.{name}" for name in ("datetime", "start_datetime", "end_datetime")),
    ),
)
COLLECTIONS = Kind(
    "",
    "collections",
    links.JSON,
    BY_ID,
    BY_ID,
    collections.name,
    ("type", "id", "links"),
    ("type", "stac_version", "id", "title", "description", "license", "extent", "links"),
)
CHILDREN = replace(COLLECTIONS, name="children")


@dataclass(frozen=True)
class Listing:
    """What `asked` finds among `rows`, at one address.

    `rows` makes all that the asker may see there, and `sight` says what decides that, beside the
    address (None: nothing that could be said). `asked` are the checked parameters, `sent` the same
    as they came: the tokens of the pages are good for these at this address only.
    """

    kind: Kind
    root: str
    path: str  # below the root
    rows: Callable[[], QuerySet[Any]]
    asked: Mapping[str, Any]
    sent: Mapping[str, Any]
    # Makes the collections whose items are listed.
    homes: Callable[[], CollectionQuerySet] | None = None
    method: str = "GET"
    form: Form = formats.JSON
    sight: Hashable = None

    @property
    def wanted(self) -> dict[str, Any]:
        """What is asked of the rows."""
        return {name: v for name, v in self.asked.items() if name not in OF_THE_ANSWER}

    @property
    def found(self) -> Any:
        """All rows that were asked for, in no order."""
        return self.rows().search(**self.wanted)  # type: ignore[attr-defined]

    def page(self) -> Page:
        token = self.asked.get("token")
        pager = Pager(self.root + self.path, self.sent, self.kind.keys)
        place = pager.open(token) if token else None
        if "sortby" in self.asked:
            pager = self.sorted(pager, place)
        limit = self.asked.get("limit", USUAL_LIMIT)
        with self.counted(pager.keys):
            found = self.read(pager, place, limit)
        return pager.page(found, limit, place, self.has_total)

    def read(self, pager: Pager, place: Place | None, limit: int) -> list[tuple[Any, ...]]:
        opaque = {name: self.asked[name] for name in OPAQUE if name in self.asked}
        plain = {name: v for name, v in self.wanted.items() if name not in OPAQUE}
        if plain.get("bbox"):
            plain["bbox"] = boxes.within(plain["bbox"])

        def rows(wanted: dict[str, Any], values: list[Any]) -> QuerySet[Any, Any]:
            found = self.rows().search(**wanted, **opaque)  # type: ignore[attr-defined]
            at = place and replace(place, values=values)
            return pager.rows(found, limit, at, self.total(wanted), self.is_near)

        def of_first(wanted: dict[str, Any], values: list[Any]) -> shapes.Sql:
            where = {name: value for name, value in wanted.items() if name in near.WHERE}
            placed = self.rows().search(**where)  # type: ignore[attr-defined]
            at = place and replace(place, values=values)
            within = pager.rows(placed, limit, at, is_near=True)
            return near.among_first(rows(wanted, values), within)

        fixed, values = self.fixed(pager, place, limit), place.values if place else []
        if not self.is_near:
            return shapes.rows(rows, plain, values, fixed=fixed, raw=True)
        around = near.around(limit + 1, place is not None and place.backward)
        if opaque and limit <= near.MOST_ASKED:
            found = shapes.rows(of_first, plain, values, fixed=fixed, around=around, raw=True)
            if len(found) > limit:
                return found
        return shapes.rows(rows, plain, values, fixed=fixed, around=around, raw=True)

    @property
    def is_near(self) -> bool:
        """Whether items of a place are asked for in the usual order."""
        in_place = "bbox" in self.asked or "intersects" in self.asked
        return self.kind is ITEMS and in_place and not {"ids", "sortby"} & self.asked.keys()

    def fixed(self, pager: Pager, place: Place | None, limit: int) -> Hashable:
        """What decides the SQL of a page beside what is asked of its rows, if that can be said."""
        opaque, ready = b"", frozenset[Rank]()
        if any(name in self.asked for name in OPAQUE):
            opaque = orjson.dumps([self.sent.get(name) for name in (*OPAQUE, "filter-lang")])
            ready = asked.ready()
        if self.sight is None or len(opaque) > LONGEST_OPAQUE:
            return None
        sort = tuple(self.asked.get("sortby", ())), str(pager.kinds)
        backward = place and place.backward
        return self.sight, self.kind.name, self.path, limit, backward, sort, opaque, ready

    def counted(self, keys: Sequence[Key]) -> AbstractContextManager[None]:
        """Notes which properties of items are asked for, and how long that takes."""
        if self.homes is None:
            return nullcontext()
        ranks = [key.rank for key in keys if isinstance(key, ValueKey) and key.rank]
        return asked.counted([self.asked.get("filter"), self.asked.get("query")], ranks)

    @property
    def keys(self) -> Sequence[Key]:
        """The order from the first row on; no two rows are equal in all of them."""
        pager = Pager(self.root + self.path, self.sent, self.kind.keys)
        return (self.sorted(pager, None) if "sortby" in self.asked else pager).keys

    def sorted(self, pager: Pager, place: Place | None) -> Pager:
        sort, kinds = self.asked["sortby"], place.kinds if place else None
        kinds = kinds or sorting.kinds(sort, self.kind.names, self.known)
        keys = sorting.keys(sort, kinds, self.kind.names, self.kind.last)
        return replace(pager, keys=keys, kinds=kinds)

    def known(self, names: Sequence[str]) -> sorting.Kinds:
        """What the rows can be sorted by, of these names."""
        if self.homes is None:
            return members.known(self.rows(), names)
        return sorting.of_items(Queryable.objects.filter(collection__in=self.homes()), names)

    def answer(self, *around: Link) -> HttpResponseBase:
        """A FeatureCollection, or Collections, with the links `around` it; or a table."""
        if self.form in formats.TABLES:
            return exports.answer(self)
        page = self.page()
        return HttpResponse(self.text(page, around), content_type=self.kind.media_type)

    def text(self, page: Page, around: Sequence[Link]) -> bytes:
        """`{before "name": [bodies], "links": [...], "numberReturned": n, "timeStamp": ...}`"""
        after = {
            "links": [*self.neighbours(page), *around],
            **self.matched(page),
            "numberReturned": len(page.bodies),
            "timeStamp": times.text(datetime.now(UTC)),
        }
        before = f'{{{self.kind.before}"{self.kind.name}":['.encode()
        if "fields" in self.asked:
            bodies = b",".join(self.texts(page.bodies))
        else:
            bodies = links.rooted(b",".join(page.bodies), self.root)
        return b"".join([before, bodies, b"],", orjson.dumps(after)[1:]])

    def texts(self, bodies: Iterable[Buffer]) -> list[bytes]:
        """As they are sent; read only where `fields` asks for parts of them."""
        sent = [links.rooted(body, self.root) for body in bodies]
        if "fields" not in self.asked:
            return sent
        wanted = self.asked["fields"]
        always, usual = self.kind.always, self.kind.usual
        return [
            orjson.dumps(fields.pick(orjson.loads(text), wanted, always, usual)) for text in sent
        ]

    @property
    def has_total(self) -> bool:
        """Whether whole collections are asked for, whose numbers of items are kept; who sees only
        some items of them learns of no others."""
        asked = self.wanted.keys() <= {"collections"}
        return asked and self.homes is not None and self.sight is not None

    def total(self, wanted: Mapping[str, Any]) -> Combinable | None:
        if not self.has_total or self.homes is None:
            return None
        return self.homes().items_matched(wanted.get("collections"))

    def matched(self, page: Page) -> dict[str, int]:
        """numberMatched, where it is known without counting items."""
        if "token" not in self.asked and page.next is None:
            return {"numberMatched": len(page.bodies)}
        if page.total is not None:
            return {"numberMatched": page.total}
        asked = self.asked.keys() - OF_THE_ANSWER
        return {} if self.homes is not None or asked else {"numberMatched": self.rows().count()}

    def neighbours(self, page: Page) -> list[Link]:
        """self, and next and prev where there are any."""
        named = [("prev", page.prev, "The page before"), ("next", page.next, "The next page")]
        to = self._by_post if self.method == "POST" else self._by_get
        here = to("self", self.sent.get("token"), "This page")
        return [here, *(to(rel, token, title) for rel, token, title in named if token)]

    def _by_get(self, rel: str, token: str | None, title: str) -> Link:
        query = {name: value for name, value in self.sent.items() if name != "token"}
        if "limit" in query:
            query["limit"] = self.asked["limit"]  # it may have been cut to what is given at most
        query |= {"token": token} if token else {}
        own = self.root + self.path + (f"?{urlencode(query)}" if query else "")
        return links.link(rel, own, self.kind.media_type, title)

    def _by_post(self, rel: str, token: str | None, title: str) -> Link:
        """`merge` keeps the asker's body, the token is added."""
        more = {} if rel == "self" else {"merge": True, "body": {"token": token}}
        own = self.root + self.path
        return links.link(rel, own, self.kind.media_type, title, method="POST", **more)
