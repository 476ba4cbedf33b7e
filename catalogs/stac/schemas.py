"""The JSON Schemas of extensions, by the address that a document names in `stac_extensions`.

They lie as files in the folder `settings.STAC_SCHEMAS`, one for each address, named by its hash.
A schema is nobody's secret and the same for everyone, so that it belongs into no catalog's tables;
files are shared by all processes of a machine, are read once by each, and each is put in place by
one rename, so that none is ever seen half-written. Without the folder nothing is checked.

What was read stays in memory: a file that is changed is seen by processes that start afterwards.
"""

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import jsonschema_rs
import orjson
from django.conf import settings
from pystac.validation.local_validator import get_local_schema_cache

from .errors import Invalid
from .parsers import walk
from .weighing import TooMuch, weigh

LARGEST = 2**20  # bytes of one schema
MOST_KEPT = 2_000  # schemas of one folder
MOST_AT_ONCE = 100  # schemas that one refers to, itself among them
FORGET = 10  # seconds after which a schema that was not there is looked for again
_DATA = frozenset({"const", "enum", "default", "examples"})  # what is no schema inside of one
_LOOKS_AHEAD = re.compile(r"\^\(\?!([a-z0-9_]+:?)\)")
_PATTERNS = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000)


type _Remembered = dict[str, tuple[float, str]]


class Missing(Exception):
    """There is no schema of this address that can be used; `reason` is a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def usable(address: str) -> str:
    """The address, without a fragment, of a schema that is here and sound; raises `Missing`."""
    plain = urldefrag(address)[0] if "#" in address else address
    shelf().check(plain)
    return plain


def together(addresses: tuple[str, ...]) -> jsonschema_rs.Validator:
    """One validator for all of these; faults begin with ["allOf", number of the address]."""
    return _together(shelf(), addresses)


def keep(address: str, text: bytes) -> None:
    """Puts a schema into the folder; raises `Missing` where it is none or cannot be kept."""
    shelf().keep(address, text)


def shelf() -> "Shelf":
    return _shelf(getattr(settings, "STAC_SCHEMAS", None))


@cache
def _shelf(folder: str | os.PathLike[str] | None) -> "Shelf":
    return Shelf(Path(folder) if folder else None)


class Shelf:
    """The schemas of one folder."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.read = lru_cache(maxsize=MOST_KEPT)(self._read)
        self._sound: set[str] = set()
        # Addresses without a sound schema, those that could not be had: until when, and why.
        self._not: _Remembered = {}
        self._away: _Remembered = {}

    def check(self, address: str) -> None:
        """Raises `Missing` unless the schema, and all that it needs, are here and sound."""
        if address in self._sound:
            return
        for remembered in (self._away, self._not):
            until, reason = remembered.get(address, (0.0, ""))
            if time.monotonic() < until:
                raise Missing(reason)
        try:
            self.read(address)
            whole = self.with_all_it_names(address)
            weigh(whole, address)
            _compiled(whole, (address,))
        except TooMuch as fault:
            reason = "Its schema leads to itself in too many ways to be checked."
            _remember(self._not, address, FORGET, reason)
            raise Missing(reason) from fault
        except Missing as missing:
            _remember(self._not, address, FORGET, missing.reason)
            raise
        self._sound.add(address)

    def is_known(self, address: str) -> bool:
        """Whether there is nothing to be fetched: it is here, or could not be had lately."""
        until, _ = self._away.get(address, (0.0, ""))
        return address in self._sound or time.monotonic() < until or self.has(address)

    def forget(self, address: str, reason: str, seconds: float) -> None:
        """Remembers for a while why it could not be had."""
        _remember(self._away, address, seconds, reason)

    def file(self, address: str) -> Path | None:
        digest = hashlib.sha256(address.encode()).hexdigest()[:40]
        return self.folder and self.folder / f"{digest}.json"

    def has(self, address: str) -> bool:
        try:
            self.read(address)
        except Missing:
            return False
        return True

    def _read(self, address: str) -> Any:
        if address in bundled():
            return bundled()[address]
        if urlsplit(address).scheme not in ("http", "https"):
            raise Missing("This is no address of a schema.")
        path = self.file(address)
        try:
            kept = orjson.loads(path.read_bytes()) if path else {}
        except (OSError, orjson.JSONDecodeError):
            kept = {}
        if not isinstance(kept, dict) or kept.get("address") != address:
            raise Missing("No schema of it is here.")
        return kept["schema"]

    def keep(self, address: str, text: bytes) -> None:
        if self.folder is None:
            raise Missing("There is no folder for schemas: settings.STAC_SCHEMAS names none.")
        schema = schema_of(text)
        path = self.file(address)
        assert path is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        if not path.exists() and len(os.listdir(self.folder)) >= MOST_KEPT:
            raise Missing(f"The folder has {MOST_KEPT:,} schemas already.")
        whole = orjson.dumps({"address": address, "schema": schema})
        with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".new", delete=False) as file:
            file.write(whole)
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
        self._away.pop(address, None)
        self._not.clear()  # others may have waited for this one

    def with_all_it_names(self, address: str) -> dict[str, Any]:
        """The schema and those it refers to, as far as they are here, by address."""
        found: dict[str, Any] = {}
        wanted = [address]
        while wanted:
            next_one = wanted.pop()
            if next_one in found or not self.has(next_one):
                continue
            found[next_one] = _quickly(_without_ids(self.read(next_one)))
            if len(found) > MOST_AT_ONCE:
                raise Missing(f"Its schema refers to more than {MOST_AT_ONCE} others.")
            wanted += named_by(next_one, self.read(next_one))
        return found


def _remember(where: _Remembered, address: str, seconds: float, reason: str) -> None:
    if len(where) >= 10_000:
        where.clear()
    where[address] = (time.monotonic() + seconds, reason)


def schema_of(text: bytes) -> Any:
    """The schema that this JSON text is; raises `Missing` where it is too large or none."""
    if len(text) > LARGEST:
        raise Missing(f"Its schema is larger than {LARGEST // 2**20} MiB.")
    try:
        schema = orjson.loads(text)
        walk(schema)
    except orjson.JSONDecodeError as fault:
        raise Missing("What lies at its address is not JSON.") from fault
    except Invalid as fault:
        raise Missing(f"Its schema cannot be read: {fault.message}") from fault
    if not isinstance(schema, dict):
        raise Missing("What lies at its address is no JSON Schema.")
    return schema


@cache
def bundled() -> dict[str, Any]:
    """Those that come with a package: STAC 1.1.0, and GeoJSON that it refers to."""
    return dict(get_local_schema_cache())


def named_by(address: str, schema: Any) -> set[str]:
    """Addresses of the other schemas that this one refers to."""
    whole = {urldefrag(urljoin(address, reference))[0] for reference in _references(schema)}
    return {each for each in whole - {address} if not each.startswith("http://json-schema.org/")}


def _references(schema: Any) -> Iterable[str]:
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name == "$ref" and isinstance(value, str):
                yield value
            elif name not in _DATA:
                yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _without_ids(schema: Any) -> Any:
    """References are read against the address it lies at, whatever name it gives itself."""
    if isinstance(schema, dict):
        return {
            name: value if name in _DATA else _without_ids(value)
            for name, value in schema.items()
            if not (name in ("$id", "id") and isinstance(value, str) and value[:1] != "#")
        }
    return [_without_ids(value) for value in schema] if isinstance(schema, list) else schema


def _quickly(schema: Any) -> Any:
    """The same schema, where its patterns for names without a prefix need no look ahead: nearly
    every extension asks `^(?!eo:)` of each member of each asset, and that is slow."""
    if isinstance(schema, dict):
        return {
            name: {_without(pattern): _quickly(inner) for pattern, inner in value.items()}
            if name == "patternProperties" and isinstance(value, dict)
            else value
            if name in _DATA
            else _quickly(value)
            for name, value in schema.items()
        }
    return [_quickly(value) for value in schema] if isinstance(schema, list) else schema


def _without(pattern: str) -> str:
    """`^(?!ab)` as `^(?:$|[^a]|a(?:$|[^b]))`; any other pattern as it is."""
    asked = _LOOKS_AHEAD.fullmatch(pattern)
    if asked is None:
        return pattern
    plain = ""
    for letter in reversed(asked[1]):
        plain = f"(?:$|[^{letter}]{plain and '|' + letter + plain})"
    return f"^{plain}"


@lru_cache(maxsize=256)
def _together(shelf: Shelf, addresses: tuple[str, ...]) -> jsonschema_rs.Validator:
    schemas: dict[str, Any] = {}
    for address in addresses:
        schemas |= shelf.with_all_it_names(address)
    return _compiled(schemas, addresses)


def _compiled(schemas: dict[str, Any], addresses: tuple[str, ...]) -> jsonschema_rs.Validator:
    try:
        registry = jsonschema_rs.Registry(list(schemas.items()), draft=jsonschema_rs.Draft7)
        return jsonschema_rs.Draft7Validator(
            {"allOf": [{"$ref": address} for address in addresses]},
            registry=registry,
            validate_formats=False,
            offline=True,
            pattern_options=_PATTERNS,
        )
    except (ValueError, jsonschema_rs.ReferencingError) as fault:
        message = str(fault).partition("\n")[0][:300].rstrip(".")
        raise Missing(f"Its schema cannot be used: {message}.") from fault
