"""Rows of one kind, answered page by page: search, the items of a collection, collections.

Bodies are joined as the text that is stored and the mark is replaced; nothing is rendered.
"""

from collections.abc import Mapping, Sequence
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

from . import asked, documents, exports, fields, formats, links, members, sorting, times
from .cql2 import collections, operands
from .cql2.operands import Names
from .formats import Form
from .links import Link
from .models import Queryable
from .paging import BY_ID, LATEST, Key, Page, Pager, Place
from .parameters import USUAL_LIMIT
from .search import CollectionQuerySet
from .sorting import ValueKey

# What is asked of the answer; all else is asked of the rows.
OF_THE_ANSWER = frozenset({"f", "fields", "limit", "sortby", "token"})


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

    `rows` are all that the asker may see there. `asked` are the checked parameters, `sent` the
    same as they came: the tokens of the pages are good for these at this address only.
    """

    kind: Kind
    root: str
    path: str  # below the root
    rows: QuerySet[Any]
    asked: Mapping[str, Any]
    sent: Mapping[str, Any]
    homes: CollectionQuerySet | None = None  # the collections whose items are listed
    method: str = "GET"
    form: Form = formats.JSON

    @property
    def found(self) -> Any:
        """All rows that were asked for, in no order."""
        wanted = {name: v for name, v in self.asked.items() if name not in OF_THE_ANSWER}
        return self.rows.search(**wanted)  # type: ignore[attr-defined]

    def page(self) -> Page:
        token = self.asked.get("token")
        pager = Pager(self.root + self.path, self.sent, self.kind.keys)
        place = pager.open(token) if token else None
        if "sortby" in self.asked:
            pager = self.sorted(pager, place)
        limit = self.asked.get("limit", USUAL_LIMIT)
        with self.counted(pager.keys):
            return pager.page(self.found, limit, place, self.total)

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
            return members.known(self.rows, names)
        return sorting.of_items(Queryable.objects.filter(collection__in=self.homes), names)

    def answer(self, *around: Link) -> HttpResponseBase:
        """A FeatureCollection, or Collections, with the links `around` it; or a table."""
        if self.form in formats.TABLES:
            return exports.answer(self)
        page = self.page()
        return HttpResponse(self.text(page, around), content_type=self.kind.media_type)

    def text(self, page: Page, around: Sequence[Link]) -> bytes:
        """`{before "name": [bodies], "links": [...], "numberReturned": n, "timeStamp": ...}`"""
        bodies = ",".join(self.texts(page.bodies))
        after = {
            "links": [*self.neighbours(page), *around],
            **self.matched(page),
            "numberReturned": len(page.bodies),
            "timeStamp": times.text(datetime.now(UTC)),
        }
        head = f'{{{self.kind.before}"{self.kind.name}":[{bodies}],'.encode()
        return head + orjson.dumps(after)[1:]

    def texts(self, bodies: Sequence[str]) -> list[str]:
        """As they are sent; read only where `fields` asks for parts of them."""
        if "fields" not in self.asked:
            return [body.replace(links.MARK, self.root) for body in bodies]
        wanted = self.asked["fields"]
        parts = (
            fields.pick(documents.read(body, self.root), wanted, self.kind.always, self.kind.usual)
            for body in bodies
        )
        return [orjson.dumps(part).decode() for part in parts]

    @property
    def total(self) -> Combinable | None:
        """All items of whole collections, whose numbers are kept."""
        if self.homes is None or not self.asked.keys() - OF_THE_ANSWER <= {"collections"}:
            return None
        if self.homes.query.is_empty():
            return None  # the asker sees some items of collections that it does not see
        return self.homes.items_matched(self.asked.get("collections"))

    def matched(self, page: Page) -> dict[str, int]:
        """numberMatched, where it is known without counting items."""
        if "token" not in self.asked and page.next is None:
            return {"numberMatched": len(page.bodies)}
        if page.total is not None:
            return {"numberMatched": page.total}
        asked = self.asked.keys() - OF_THE_ANSWER
        return {} if self.homes is not None or asked else {"numberMatched": self.rows.count()}

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
