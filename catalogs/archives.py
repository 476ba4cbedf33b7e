"""A whole catalog as one zip: a static STAC catalog, a GeoParquet file for each collection, and
what is known of every file. It is written from the first byte to the last, wherever it goes.

Links are relative, so the catalog can be put anywhere. The files themselves are among it, or the
list of them has an address of each.
"""

import hashlib
import re
import tempfile
import zipfile
from collections.abc import Buffer, Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import IO, Any

import orjson
from django.utils import timezone

from catalogs.stac import geoparquet, links
from catalogs.stac.documents import Document
from catalogs.stac.models import Asset, Collection, Item
from catalogs.stac.streams import Rows
from catalogs.storage import assets

SIGNED_FOR = 7 * 86400  # seconds; no bucket signs for longer
_OURS = "\x01"  # what the mark is once the JSON is read
_README = """The catalog of {title}, as it was on {day}.

catalog.json    the root of a static STAC catalog; pystac and STAC Browser open it
<collection>/   collection.json, a folder for each item, and items.parquet (stac-geoparquet)
files.jsonl     every file of the catalog: size, checksum (SHA-256 as a multihash), and
                {where}
"""


class Archive:
    """`told` hears now and then how many items and files are written.

    All documents come first. What they say of files is put by meanwhile, and the bytes are copied
    at the end: no transaction may stay open for as long as that takes.
    """

    def __init__(
        self,
        out: IO[bytes],
        *,
        title: str,
        root: str,
        with_files: bool,
        told: Callable[[int], None],
    ) -> None:
        self.out, self.title, self.root = out, title, root  # of the API, for what is behind it
        self.with_files, self.told = with_files, told
        self.items = self.files = self.copied = 0

    def write(self) -> None:
        homes = list(Collection.objects.order_by("pk"))
        with (
            zipfile.ZipFile(self.out, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as self.zip,
            tempfile.TemporaryFile(prefix="gistac-") as self.listed,
        ):
            self._document("catalog.json", _catalog(self.title, homes))
            for home in homes:
                self._collection(home)
            gone = set(self._copy()) if self.with_files else set()
            self._add("files.jsonl", self._lines(gone))
            where = "its path here" if self.with_files else "an address that is good for 7 days"
            if gone:
                where += ", or null where it was removed meanwhile"
            words = {"title": self.title, "day": timezone.now().date(), "where": where}
            self._add("README.txt", [_README.format(**words).encode()])

    def _collection(self, home: Collection) -> None:
        folder = safe(home.pk)
        rows = Rows(Item.objects.filter(collection=home).order_by("key").values_list("body"))
        try:
            for bodies in rows:
                self._items(home, [_read(body) for body in bodies])
            held = {asset.key: asset for asset in home.held_assets.filter(item=None)}
            document = self._moved(_read(home.body.encode()), folder, held)
            self._add(f"{folder}/collection.json", _with_items(document, rows))
            texts = _Texts(rows, self.root, self._tell)
            self._add(f"{folder}/items.parquet", geoparquet.file(texts))
        finally:
            rows.close()

    def _items(self, home: Collection, documents: list[Document]) -> None:
        named = {"collection": home, "item__stac_id__in": [each["id"] for each in documents]}
        held: dict[str, dict[str, Asset]] = {}
        for asset in Asset.objects.filter(**named).select_related("item"):
            held.setdefault(_item_of(asset) or "", {})[asset.key] = asset
        for document in documents:
            name = safe(document["id"])
            folder = f"{safe(home.pk)}/{name}"
            document = self._moved(document, folder, held.get(document["id"], {}))
            document["links"] += [
                _link("root", "../../catalog.json"),
                _link("parent", "../collection.json"),
                _link("collection", "../collection.json"),
            ]
            self._document(f"{folder}/{name}.json", document)
        self.items += len(documents)
        self._tell()

    def _moved(self, document: Document, folder: str, held: dict[str, Asset]) -> Document:
        """Without our links; with our files where they are in the zip, or behind the gate."""
        document["links"] = [link for link in document["links"] if not _is_ours(link)]
        for key, asset in (document.get("assets") or {}).items():
            if _is_ours(asset):
                asset["href"] = self.root + asset["href"].removeprefix(_OURS)
                if self.with_files and key in held:
                    asset["href"] = f"./{_file_name(held[key])}"
        for asset in held.values():
            self._file(asset, f"{folder}/{_file_name(asset)}")
        return document

    def _file(self, asset: Asset, path: str) -> None:
        line = {
            "name": asset.name,
            "collection": asset.collection_id,
            "item": _item_of(asset),
            "key": asset.key,
            "size": asset.size,
            "checksum": asset.checksum,
            "type": asset.media_type,
            "path": path,
        }
        self.listed.write(orjson.dumps(line) + b"\n")
        self.files += 1

    def _copy(self) -> Iterator[str]:
        """Puts the files into the zip; gives the names of those that are not there any more."""
        for line in self._listed():
            if assets().held_size(line["name"]) is None:
                yield line["name"]
            else:
                self._add(line["path"], assets().chunks(line["name"]), zipfile.ZIP_STORED)
            self.copied += 1

    def _lines(self, gone: set[str]) -> Iterator[bytes]:
        """What is told of each file; an address is good from now on."""
        for line in self._listed():
            name = line.pop("name")
            if not self.with_files:
                del line["path"]
                line["href"] = assets().url(name, expires=SIGNED_FOR)
            elif name in gone:
                line["path"] = None
            yield orjson.dumps(line) + b"\n"

    def _listed(self) -> Iterator[Document]:
        self.listed.seek(0)
        return map(orjson.loads, self.listed)

    def _document(self, name: str, document: Document) -> None:
        self._add(name, [orjson.dumps(document, option=orjson.OPT_INDENT_2)])

    def _add(self, name: str, chunks: Iterable[bytes], how: int = zipfile.ZIP_DEFLATED) -> None:
        entry = zipfile.ZipInfo(name, timezone.now().timetuple()[:6])
        entry.compress_type, entry.external_attr = how, 0o644 << 16
        with self.zip.open(entry, "w", force_zip64=True) as member:
            for chunk in chunks:
                member.write(chunk)
                self._tell()

    def _tell(self) -> None:
        self.told(self.items + self.copied)


class _Texts:
    """Items as the API sends them, as often as they are gone through."""

    def __init__(self, rows: Rows, root: str, alive: Callable[[], None]) -> None:
        self.rows, self.root, self.alive = rows, root, alive

    def __iter__(self) -> Iterator[list[bytes]]:
        for bodies in self.rows:
            self.alive()
            yield [links.rooted(body, self.root) for body in bodies]


def safe(id: str) -> str:
    """A name that every file system takes, another one for every id."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", id)[:80].rstrip(".")
    if plain == id and plain.lower() == id:
        return plain
    return f"{plain}-{hashlib.sha256(id.encode()).hexdigest()[:10]}"


def _read(body: Buffer) -> Document:
    document: Document = orjson.loads(links.rooted(body, "\\u0001"))
    return document


def _is_ours(thing: Any) -> bool:
    return str(thing.get("href", "")).startswith(_OURS)


def _item_of(asset: Asset) -> str | None:
    return asset.item.stac_id if asset.item else None


def _file_name(asset: Asset) -> str:
    return safe(asset.key) + PurePosixPath(asset.name).suffix


def _link(rel: str, href: str, media_type: str = links.JSON) -> Document:
    return {"rel": rel, "href": href, "type": media_type}


def _catalog(title: str, homes: list[Collection]) -> Document:
    children = [_link("child", f"./{safe(home.pk)}/collection.json") for home in homes]
    return {
        "type": "Catalog",
        "stac_version": "1.1.0",
        "id": "catalog",
        "title": title,
        "description": f"The catalog of {title}.",
        "links": [_link("root", "./catalog.json"), *children],
    }


def _with_items(document: Document, rows: Rows) -> Iterator[bytes]:
    """The collection with a link for each item, however many there are."""
    document["links"] += [_link("root", "../catalog.json"), _link("parent", "../catalog.json")]
    table = {"href": "./items.parquet", "type": "application/vnd.apache.parquet"}
    document.setdefault("assets", {})["items-parquet"] = table | {"roles": ["collection-mirror"]}
    given = document.pop("links")
    yield orjson.dumps(document)[:-1] + b',"links":' + orjson.dumps(given)[:-1]
    for bodies in rows:
        names = (safe(_read(body)["id"]) for body in bodies)
        found = (_link("item", f"./{name}/{name}.json", links.GEOJSON) for name in names)
        yield b"".join(b"," + orjson.dumps(each) for each in found)
    yield b"]}"
