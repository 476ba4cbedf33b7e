"""What searches ask of properties, counted in the memory of a process; nothing is written here.

`indexes.write` adds it to the rows now and then, and tells with it which indexes are ready: so no
search asks for them, and one that does not know of the newest is only slower. Whose catalog is
searched, a database backend says as its `keeper`; one that says nothing serves one catalog.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from .ranks import CLEAREST, Compared, Rank

MOST = 500  # different ones between two writings; what comes beyond is not counted
KNOWN_FOR = 600  # seconds after its last search that a catalog is kept in memory
SLOWEST = 15  # 2 to this is half a minute, in milliseconds

FILTER, RISING, FALLING = "filter", "rising", "falling"


class Use(NamedTuple):
    """One way in which a search uses a property."""

    name: str
    kind: str
    use: str
    slowness: int  # it took less than two to this, in milliseconds


@dataclass
class _Catalog:
    counts: Counter[Use] = field(default_factory=Counter)
    ready: frozenset[Rank] = frozenset()
    asked: float = 0.0  # when last


_lock = threading.Lock()
_catalogs: dict[object, _Catalog] = {}


def _keeper() -> object:
    return getattr(connection, "keeper", None)


def ready() -> frozenset[Rank]:
    """The keys that indexes are known to hold."""
    known = _catalogs.get(_keeper())
    return known.ready if known else frozenset()


def rank(name: str, kind: str) -> Rank | None:
    """The key of this property that an index is known to hold."""
    known = ready()
    for one in (Rank(name, kind), Rank(name, kind, descending=True)):
        if one == CLEAREST or one in known:
            return one
    return None


@contextmanager
def counted(conditions: Iterable[Q | None], order: Iterable[Rank]) -> Iterator[None]:
    """Counts the search that its block makes, also one that ends by its timeout."""
    uses = {(rank.name, rank.kind, FALLING if rank.descending else RISING) for rank in order}
    for condition in conditions:
        uses |= {(each.name, each.kind, FILTER) for each in _compared(condition)}
    began = time.perf_counter()
    try:
        yield
    finally:
        if uses:
            _note(uses, int((time.perf_counter() - began) * 1000))


def _compared(condition: Q | None) -> Iterator[Compared]:
    parts: Iterable[Any] = condition.flatten() if condition else ()
    return (part for part in parts if isinstance(part, Compared))


def _note(uses: Iterable[tuple[str, str, str]], milliseconds: int) -> None:
    slowness = min(SLOWEST, milliseconds.bit_length())
    with _lock:
        known = _catalogs.setdefault(_keeper(), _Catalog())
        known.asked = time.monotonic()
        for use in uses:
            if len(known.counts) < MOST or Use(*use, slowness) in known.counts:
                known.counts[Use(*use, slowness)] += 1


def keepers() -> list[Any]:
    """Those of whom something is not written yet; who was not asked for long is forgotten."""
    before = time.monotonic() - KNOWN_FOR
    with _lock:
        for keeper in [id for id, each in _catalogs.items() if each.asked < before]:
            if not _catalogs[keeper].counts:
                del _catalogs[keeper]
        return [keeper for keeper, each in _catalogs.items() if each.counts]


def take() -> Counter[Use]:
    """What was counted of the catalog at hand, and was not taken yet."""
    with _lock:
        known = _catalogs.setdefault(_keeper(), _Catalog(asked=time.monotonic()))
        taken, known.counts = known.counts, Counter()
    return taken


def give_back(taken: Mapping[Use, int]) -> None:
    """It could not be written: it is the next time."""
    with _lock:
        _catalogs.setdefault(_keeper(), _Catalog()).counts.update(taken)


def drop(keeper: object) -> None:
    """Of a catalog that is served no more."""
    with _lock:
        _catalogs.pop(keeper, None)


def learn(ready: Iterable[Rank]) -> None:
    with _lock:
        known = _catalogs.setdefault(_keeper(), _Catalog(asked=time.monotonic()))
        known.ready = frozenset(ready)
