"""Files of a static catalog, in a folder or a zip; nothing outside of it is ever read."""

import posixpath
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from .errors import Invalid, NotFound, TooLarge
from .parsers import LARGEST_BODY

_ROOTS = ("catalog.json", "collection.json")
_ENDINGS = (".json", ".geojson", ".ndjson", ".jsonl")


class Tree(Protocol):
    def names(self) -> Iterable[str]:
        """Of all files, as paths with slashes, relative to the root."""

    def text(self, name: str) -> bytes:
        """What a file holds; raises `Refused` with the reason where it cannot be read."""


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def names(self) -> Iterable[str]:
        files = (path for path in self.root.rglob("*") if path.is_file())
        return [path.relative_to(self.root).as_posix() for path in files]

    def text(self, name: str) -> bytes:
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root):
            raise Invalid("This leads out of the folder that is imported.")
        try:
            with path.open("rb") as file:
                return _bounded(file.read(LARGEST_BODY + 1))
        except OSError as fault:
            raise NotFound("There is no such file in what is imported.") from fault


class Zip:
    def __init__(self, path: Path) -> None:
        try:
            self.archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as fault:
            raise Invalid(f"{path.name} is no zip file that can be read.") from fault

    def names(self) -> Iterable[str]:
        return [name for name in self.archive.namelist() if not name.endswith("/")]

    def text(self, name: str) -> bytes:
        try:
            with self.archive.open(name) as file:
                return _bounded(file.read(LARGEST_BODY + 1))
        except KeyError as fault:
            raise NotFound("There is no such file in what is imported.") from fault
        # RuntimeError: it wants a password. NotImplementedError: packed in a way of its own.
        except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as fault:
            raise Invalid("This file of the zip cannot be read.") from fault


def _bounded(text: bytes) -> bytes:
    if len(text) > LARGEST_BODY:
        raise TooLarge(f"A file may have {LARGEST_BODY // 2**20} MiB.")
    return text


def plant(source: Path) -> tuple[Tree, list[str]]:
    """The tree of a folder, a zip or one file, and the names to begin with.

    A catalog begins at the catalog.json or collection.json that lies highest; where there is
    none, every file of documents is a beginning.
    """
    tree: Tree
    if source.is_dir():
        tree = Folder(source)
    elif source.suffix.lower() == ".zip":
        tree = Zip(source)
    elif source.is_file():
        return Folder(source.parent), [source.name]
    else:
        raise NotFound(f"There is no file or folder {source}.")
    names = sorted(tree.names(), key=lambda name: (name.count("/"), name))
    roots = [name for name in names if posixpath.basename(name) in _ROOTS]
    if roots:
        highest = roots[0].count("/")
        beside = [name for name in roots if name.count("/") == highest]
        return tree, [name for name in beside if not _is_in_catalog(name, beside)]
    return tree, [name for name in names if name.lower().endswith(_ENDINGS)]


def _is_in_catalog(name: str, beside: list[str]) -> bool:
    """A collection.json beside a catalog.json, which leads to it if it is to be read."""
    folder, _, base = name.rpartition("/")
    catalog = f"{folder}/{_ROOTS[0]}" if folder else _ROOTS[0]
    return base == _ROOTS[1] and catalog in beside


def follow(name: str, href: str) -> str | None:
    """The file that a link in the file `name` leads to; None where it leads out of the tree."""
    href = href.replace("\\", "/")  # written on Windows
    try:
        parts = urlsplit(href)
    except ValueError:
        return None
    if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
    return None if path == ".." or path.startswith("../") or "\x00" in path else path
