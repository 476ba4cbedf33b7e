"""Before a document is written: the schemas it names that are not here yet are fetched, once.

Asked outside of any lock. Whoever writes waits for a moment at most; what takes longer goes on
beside, and counts from the next document on. What cannot be had is left alone for a while.
"""

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from typing import Any
from urllib.parse import urldefrag

from django.conf import settings
from django.utils.module_loading import import_string

from . import schemas
from .fetching import Fetcher
from .validation import MOST_EXTENSIONS

WAIT = 3.0  # seconds that a writer waits, for all schemas together
AWAY = 600  # seconds that what could not be fetched is left alone
MOST_WAITING = 20  # schemas that are being fetched at the same time
MOST_DEEP = 20  # schemas that are fetched because one refers to them

_running: dict[str, Future[None]] = {}
_beginning = threading.Lock()


def learn(documents: Iterable[Any]) -> None:
    """Fetches the schemas of the extensions that these documents name, as far as it may.

    Documents may be anything yet: what is no list of texts is passed over.
    """
    hosts = tuple(getattr(settings, "STAC_SCHEMA_HOSTS", ()))
    if not hosts or schemas.shelf().folder is None:
        return
    named = {address for document in documents for address in _named(document)}
    wanted = {urldefrag(address)[0] for address in named}
    begun = [future for address in wanted if (future := _begin(address, hosts))]
    if begun:
        wait(begun, timeout=WAIT)


def _named(document: Any) -> Iterator[str]:
    """What a document, a merge patch or the values of a JSON Patch name."""
    if isinstance(document, list):
        for operation in document[:MOST_EXTENSIONS]:
            if isinstance(operation, dict):
                yield from _named({"stac_extensions": operation.get("value")})
    elif isinstance(document, dict):
        named = document.get("stac_extensions")
        for each in named[:MOST_EXTENSIONS] if isinstance(named, list) else [named]:
            if isinstance(each, str) and each.startswith("https://"):
                yield each


def _begin(address: str, hosts: tuple[str, ...]) -> Future[None] | None:
    """The fetching of this schema, begun now or before; None where there is none to wait for."""
    shelf = schemas.shelf()
    if shelf.is_known(address):
        return None
    with _beginning:
        for done in [each for each, future in _running.items() if future.done()]:
            del _running[done]
        if address not in _running and len(_running) < MOST_WAITING:
            _running[address] = _pool().submit(_fetch, shelf, _fetcher(), address, hosts)
        return _running.get(address)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="schemas")


def _fetcher() -> Fetcher:
    """Another `Fetcher` may be named where this one's ways out do not fit."""
    name: str | None = getattr(settings, "STAC_SCHEMA_FETCHER", None)
    found: Fetcher = import_string(name) if name else Fetcher()
    return found


def _fetch(shelf: schemas.Shelf, fetcher: Fetcher, address: str, hosts: tuple[str, ...]) -> None:
    """One schema, and those that it refers to."""
    wanted, fetched = [address], 0
    while wanted and fetched <= MOST_DEEP:
        this = wanted.pop()
        if not shelf.has(this):
            fetched += 1
            try:
                shelf.keep(this, fetcher(this, hosts))
            except schemas.Missing as missing:
                shelf.forget(this, missing.reason, AWAY)
                continue
            except OSError:
                shelf.forget(this, "Its schema could not be kept: the folder takes none.", AWAY)
                continue
        wanted += [each for each in schemas.named_by(this, shelf.read(this)) if not shelf.has(each)]
