"""Static catalogs and answers of STAC APIs, taken in from files.

A catalog is walked from its root by its `child` and `item` links. Its collections become
collections of this one, all beside each other; a Catalog that has items of its own becomes one
too, since an item here belongs to a collection. Answers (a FeatureCollection, a list of
collections) and items one a line are taken as they are. What is here already and is the same
stays as it is, so that it can be run again.

An asset's relative address is read against the document's own address (its `self` link, or where
the catalog is said to be published). Where neither is known it stays as it is, and that is said.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from django.db.models import TextChoices

from . import bulk, documents, links, transactions, trees, upgrading
from .bodies import Body, listed
from .bulk import Plan, Report
from .documents import Document
from .errors import Invalid, Refused
from .models import Collection, Item
from .parsers import parse

AT_ONCE = 500  # items of one transaction
MOST = 1_000_000  # documents of one import
_LEAD_ON = ("Catalog", "Collection")
_RELATIVE_KEPT = "Some of its addresses are relative and stay so: where it comes from is unknown."


class Status(TextChoices):
    CREATED = "created"
    REPLACED = "replaced"
    SAME = "same"  # it was here already
    KEPT = "kept"  # another version of it is here, which stays
    REFUSED = "refused"
    WALKED = "walked"  # a Catalog, which only leads on


@dataclass(frozen=True)
class Outcome:
    """What became of one document; `place` is its file, and where in that."""

    place: str
    type: str
    id: str
    status: Status
    reason: str = ""


@dataclass(frozen=True)
class Verbs:
    """Those that write, so that a project may use its own."""

    create_collection: Callable[..., Collection] = transactions.create_collection
    replace_collection: Callable[..., Collection] = transactions.replace_collection
    write_items: Callable[[Collection, Body, Plan], Report] = bulk.write
    replace_item: Callable[..., Item] = transactions.replace_item


@dataclass(frozen=True)
class Wishes:
    """How to import: `collection` is for items that belong to none, `address` where the catalog
    is published, `upgrade` whether older documents are brought to STAC 1.1.0, `replace` whether
    other versions of what is here replace it.
    """

    collection: str = ""
    address: str = ""
    upgrade: bool = False
    replace: bool = False


@dataclass
class Found:
    """A document of the tree, and the Collection or Catalog whose link led to it."""

    place: str
    document: Document
    parent: Document | None = None

    def outcome(self, status: Status, reason: str = "") -> Outcome:
        kind, id = self.document.get("type"), self.document.get("id")
        return Outcome(self.place, str(kind or "document"), str(id)[:256], status, reason)


def import_from(source: Path, wishes: Wishes, verbs: Verbs | None = None) -> Iterator[Outcome]:
    """Takes in everything under `source` (a folder, a zip, a file); says what became of each.

    Raises `Refused` where there is nothing to read at all.
    """
    tree, names = trees.plant(source)
    yield from Import(tree, wishes, verbs or Verbs()).run(names)


@dataclass
class Import:
    tree: trees.Tree
    wishes: Wishes
    verbs: Verbs
    waiting: dict[str, dict[str, Found]] = field(default_factory=dict)  # items, by collection

    def run(self, names: list[str]) -> Iterator[Outcome]:
        for number, found in enumerate(self.walk(names)):
            if number >= MOST:
                raise Invalid(f"At most {MOST:,} documents are imported at once.")
            yield from [found] if isinstance(found, Outcome) else self.take(found)
        for collection in list(self.waiting):
            yield from self.flush(collection)

    # ---- reading
    def walk(self, names: list[str]) -> Iterator[Found | Outcome]:
        """Every document once, what holds it before it."""
        seen = set(names)
        to_read: list[tuple[str, Document | None]] = [(name, None) for name in reversed(names)]
        while to_read:
            name, parent = to_read.pop()
            try:
                read = self.read(name)
            except Refused as refused:
                yield Outcome(name, "file", "", Status.REFUSED, refused.message)
                continue
            for found in _parts(name, read, parent):
                if isinstance(found, Found) and _kind(found.document) in _LEAD_ON:
                    inside = [n for n in _leads_to(found) if n not in seen]
                    seen.update(inside)
                    to_read += [(each, found.document) for each in reversed(inside)]
                yield found

    def read(self, name: str) -> Any:
        text = self.tree.text(name)
        if name.lower().endswith((".ndjson", ".jsonl")):
            lines = [line for line in text.splitlines() if line.strip()]
            return {"type": "FeatureCollection", "features": [parse(line) for line in lines]}
        return parse(text)

    # ---- writing
    def take(self, found: Found) -> Iterator[Outcome]:
        try:
            kind = _kind(found.document)
            found = self.completed(found)
            match kind:
                case "Catalog":
                    yield found.outcome(Status.WALKED)
                case "Collection":
                    yield self.take_collection(found)
                case "Feature":
                    yield from self.take_item(found)
                case _:
                    yield found.outcome(Status.REFUSED, "This is no STAC document.")
        except Refused as refused:
            yield found.outcome(Status.REFUSED, _told(refused))

    def completed(self, found: Found) -> Found:
        """With addresses that hold elsewhere too, and of a version that is taken, if wished."""
        document = found.document
        if self.wishes.upgrade and _kind(document) in ("Feature", "Collection"):
            document = upgrading.upgrade(_with_common(document, found.parent))
        return Found(found.place, _absolute(document, self.address_of(found)), found.parent)

    def address_of(self, found: Found) -> str:
        own = [each["href"] for each in _links(found.document) if each["rel"] == "self"]
        if own and urlsplit(own[0]).scheme in ("http", "https"):
            return str(own[0])
        name = quote(found.place.partition("#")[0])
        return urljoin(self.wishes.address, name) if self.wishes.address else ""

    def take_collection(self, found: Found) -> Outcome:
        document = documents.check_type(found.document, "Collection")
        id = documents.check_id(document.get("id"))
        here: Collection | None = Collection.objects.filter(pk=id).first()
        if here is None:
            self.verbs.create_collection(document)
            return found.outcome(Status.CREATED, _left_relative(document))
        if _same(here, document):
            return found.outcome(Status.SAME)
        if not self.wishes.replace:
            return found.outcome(Status.KEPT, "Another version of it is here.")
        self.verbs.replace_collection(here, document)
        return found.outcome(Status.REPLACED, _left_relative(document))

    def take_item(self, found: Found) -> Iterator[Outcome]:
        """Waits until there are enough for one transaction."""
        documents.check_type(found.document, "Feature")
        id = documents.check_id(found.document.get("id"))
        collection = self.home_of(found)
        if id in self.waiting.get(collection, {}):
            yield from self.flush(collection)
        self.waiting.setdefault(collection, {})[id] = found
        if len(self.waiting[collection]) >= AT_ONCE:
            yield from self.flush(collection)

    def home_of(self, found: Found) -> str:
        """The collection an item belongs to, made where it is only named."""
        named = found.document.get("collection")
        parent = found.parent or {}
        if isinstance(named, str) and named:
            id, about = named, {}
        elif isinstance(parent.get("id"), str):
            id, about = parent["id"], parent
        elif self.wishes.collection:
            id, about = self.wishes.collection, {}
        else:
            raise Invalid("It names no collection: say which one it should go into.")
        documents.check_id(id, "/collection")
        if not Collection.objects.filter(pk=id).exists():
            self.verbs.create_collection(_made_of(id, about), derived=True)
        return id

    def flush(self, collection: str) -> Iterator[Outcome]:
        """Writes the items that wait for this collection."""
        waiting = self.waiting.pop(collection)
        home = Collection.objects.filter(pk=collection).first()
        if home is None:
            for found in waiting.values():
                yield found.outcome(Status.REFUSED, f"Its collection {collection!r} is gone.")
            return
        here = {item.stac_id: item for item in home.items.filter(stac_id__in=list(waiting))}
        new = [found for id, found in waiting.items() if id not in here]
        yield from self.create(home, new)
        for id, item in here.items():
            item.collection = home
            yield self.again(waiting[id], item)

    def create(self, home: Collection, new: list[Found]) -> Iterator[Outcome]:
        """In one transaction, without those that are refused."""
        if not new:
            return
        body = listed([_into(home, found.document) for found in new])
        for each in self.verbs.write_items(home, body, Plan(lenient=True)).outcomes:
            found = new[each.index]
            if each.status < 400:
                said = [each.description, _left_relative(found.document)]
                yield found.outcome(Status.CREATED, " ".join(filter(None, said)))
            else:
                reason = ": ".join(filter(None, [each.pointer, each.description]))
                yield found.outcome(Status.REFUSED, reason)

    def again(self, found: Found, item: Item) -> Outcome:
        document = _into(item.collection, found.document)
        if _same(item, document):
            return found.outcome(Status.SAME)
        if not self.wishes.replace:
            return found.outcome(Status.KEPT, "Another version of it is here.")
        try:
            self.verbs.replace_item(item, document)
        except Refused as refused:
            return found.outcome(Status.REFUSED, _told(refused))
        return found.outcome(Status.REPLACED, _left_relative(document))


def _parts(name: str, read: Any, parent: Document | None) -> Iterator[Found | Outcome]:
    """The documents of one file: itself, or those of the list that it is."""
    if not isinstance(read, dict):
        yield Outcome(name, "file", "", Status.REFUSED, "This is no STAC document.")
        return
    for member in ("features", "collections"):
        inside = read.get(member)
        if isinstance(inside, list) and read.get("type") in (None, "FeatureCollection"):
            for number, each in enumerate(inside):
                place = f"{name}#/{member}/{number}"
                if isinstance(each, dict):
                    yield Found(place, each, parent)
                else:
                    yield Outcome(place, "document", "", Status.REFUSED, "This is no object.")
            return
    yield Found(name, read, parent)


def _kind(document: Document) -> str:
    """Its type; before 1.0 collections and catalogs had none."""
    kind = document.get("type")
    if kind is None and isinstance(document.get("links"), list):
        return "Collection" if "extent" in document else "Catalog"
    return str(kind)


def _links(document: Document) -> list[Document]:
    links = document.get("links")
    return [
        each
        for each in (links if isinstance(links, list) else ())
        if isinstance(each, dict)
        and isinstance(each.get("rel"), str)
        and isinstance(each.get("href"), str)
    ]


def _leads_to(found: Found) -> list[str]:
    """Files of the tree that its links of structure name."""
    name = found.place.partition("#")[0]
    inside = (each["href"] for each in _links(found.document) if each["rel"] in ("child", "item"))
    return [path for href in dict.fromkeys(inside) if (path := trees.follow(name, href))]


def _absolute(document: Document, base: str) -> Document:
    if not base:
        return document
    whole = dict(document)
    if isinstance(assets := document.get("assets"), dict):
        whole["assets"] = {key: _with_href(asset, base) for key, asset in assets.items()}
    if isinstance(links := document.get("links"), list):
        whole["links"] = [_with_href(link, base) for link in links]
    return whole


def _with_href(part: Any, base: str) -> Any:
    if not isinstance(part, dict) or not isinstance(part.get("href"), str):
        return part
    try:
        return {**part, "href": urljoin(base, part["href"])}
    except ValueError:  # no address at all; the schema will say so
        return part


def _left_relative(document: Document) -> str:
    assets = document.get("assets")
    hrefs = [each.get("href") for each in assets.values()] if isinstance(assets, dict) else []
    relative = [href for href in hrefs if isinstance(href, str) and not urlsplit(href).scheme]
    return _RELATIVE_KEPT if relative else ""


def _same(row: Collection | Item, sent: Document) -> bool:
    """Whether nothing but our own links, and a collection's extent, which grows, is different."""
    return _bare(row, row.to_stac("/")) == _bare(row, sent)


def _bare(row: Collection | Item, document: Document) -> Document:
    is_item = isinstance(row, Item)
    rels = documents.OWN_OF_ITEM if is_item else documents.OWN_OF_COLLECTION
    left_out = {"links"} if is_item else {"links", "extent"}
    kept = {name: value for name, value in document.items() if name not in left_out}
    found = document.get("links")
    given = found if isinstance(found, list) else []
    return {**kept, "links": documents.others_links(given, rels, links.path_of(row))}


def _into(home: Collection, document: Document) -> Document:
    return {**document, "collection": home.pk}


def _with_common(document: Document, parent: Document | None) -> Document:
    """Before 1.0, `properties` of a collection held for its items (the Commons extension)."""
    common, named = (parent or {}).get("properties"), document.get("stac_extensions")
    own = document.get("properties")
    if not isinstance(named, list) or "commons" not in named:
        return document
    if not isinstance(common, dict) or not isinstance(own, dict):
        return document
    return {**document, "properties": {**common, **own}}


def _made_of(id: str, about: Document) -> Document:
    """A collection for items whose own is only named, or that hang on a Catalog."""
    title, description = about.get("title"), about.get("description")
    return {
        "type": "Collection",
        "stac_version": upgrading.VERSION,
        "id": id,
        **({"title": title} if isinstance(title, str) and title else {}),
        "description": description if isinstance(description, str) and description else id,
        "license": "other",
        "links": [],
    }


def _told(refused: Refused) -> str:
    return ": ".join(filter(None, [refused.pointer, refused.message]))
