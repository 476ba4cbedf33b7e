"""Many items written at once: all or none, or as many as are good, with a report of each.

The first batch is looked through before anything is locked. Then the collection's row is locked,
and items are written by COPY, a batch at a time, while a thread looks through the next one;
extents and queryables follow once a batch.
"""

import pickle
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import IO, Any

from django.db import models, transaction

from . import copying, extents, learning, queryables, sql, transactions, upgrading
from .bodies import Body, Sent, listed
from .documents import LONGEST_ID, Document
from .errors import Conflict, NotFound, Refused, TooLarge
from .geometry import Footprint, plain_footprints
from .inserting import twin
from .models import Asset, Collection, Item
from .parsers import parse

MOST_AT_ONCE = 1_000_000  # items of one body
MOST_WAITED_FOR = 50_000  # items, while their sender waits
BATCH = 1_000  # items
BATCH_BYTES = 8 * 2**20  # of their documents
IN_MEMORY = 32 * 2**20  # of documents that were looked through and wait


class Method(models.TextChoices):
    """What to do with ids that are in the collection already."""

    INSERT = "insert"  # refuse them
    UPSERT = "upsert"  # replace those items, and add the others
    SKIP = "skip"  # leave those items as they are, and add the others
    REPLACE = "replace"  # replace those items, and refuse ids that are not there


@dataclass(frozen=True)
class Plan:
    """How a body of items is to be written; where `lenient`, what is good is kept."""

    method: Method = Method.INSERT
    lenient: bool = False
    upgrade: bool = False  # older documents, to STAC 1.1.0


@dataclass(frozen=True)
class Outcome:
    """What became of one item of the body; `index` counts from 0."""

    index: int
    id: str | None
    status: int
    code: str
    description: str | None = None
    pointer: str | None = None

    def told(self) -> Document:
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass
class Report:
    """What became of all of them: how many `Created`, `Replaced`, `Skipped` and `Refused`."""

    counts: Counter[str] = field(default_factory=Counter)
    outcomes: list[Outcome] = field(default_factory=list)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            self.counts[outcome.code if outcome.status < 400 else "Refused"] += 1
            self.outcomes.append(outcome)


@dataclass(frozen=True)
class Looked:
    """An item that was looked through, or why there is none."""

    index: int
    id: str | None
    item: Item | None = None
    refused: Refused | None = None


def write(
    collection: Collection,
    body: Body,
    plan: Plan,
    written: Callable[[Report], None] = lambda report: None,
) -> Report:
    """All items of the body in one transaction; raises for the first that is refused, unless
    the plan is lenient. `written` is called in that transaction, before its end.
    """
    report = Report()
    with closing(beside(_few(look_through(collection, body, plan)))) as batches:
        first = list(islice(batches, 1))
        with transaction.atomic():
            locked = transactions.lock(collection.pk)
            for batch in chain(first, batches):
                report.add(put(locked, batch, body, plan))
            written(report)
    return report


def beside(batches: Generator[list[Looked]]) -> Generator[list[Looked]]:
    """The same batches, each made by a thread while the one before it is being written."""
    with closing(batches), ThreadPoolExecutor(1, thread_name_prefix="look") as thread:
        coming = thread.submit(next, batches, None)
        while batch := coming.result():
            coming = thread.submit(next, batches, None)
            yield batch


def _few(batches: Iterable[list[Looked]]) -> Generator[list[Looked]]:
    """As many as one waits for: a small file may unpack to any number of items."""
    count = 0
    for batch in batches:
        count += len(batch)
        if count > MOST_WAITED_FOR:
            raise TooLarge(
                f"More than {MOST_WAITED_FOR:,} items are written by a job: ask for one with "
                "Prefer: respond-async."
            )
        yield batch


def create_items(collection: Collection, features: Sequence[Document]) -> Report:
    """New items, all or none."""
    return write(collection, listed(features), Plan())


def look_through(collection: Collection, body: Body, plan: Plan) -> Generator[list[Looked]]:
    """The items of the body, checked, in batches that fit into memory."""
    seen: set[str] = set()
    for some in _batches(body.features()):
        values = [(index, _value(sent, plan)) for index, sent in some]
        learning.learn(value for _, value in values)
        places = plain_footprints(
            [value.get("geometry") if isinstance(value, dict) else None for _, value in values]
        )
        blank = Item(collection=collection)
        batch = [
            _look(index, value, twin(blank), seen, place)
            for (index, value), place in zip(values, places, strict=True)
        ]
        for looked in batch:
            if looked.refused and not plan.lenient:
                raise body.named(looked.index, looked.refused)
        yield batch


def _batches(features: Iterable[Sent]) -> Iterator[list[tuple[int, Sent]]]:
    batch: list[tuple[int, Sent]] = []
    room = BATCH_BYTES
    for index, sent in enumerate(features):
        if index == MOST_AT_ONCE:
            raise TooLarge(f"At most {MOST_AT_ONCE:,} items in one body.")
        batch.append((index, sent))
        room -= len(sent) if isinstance(sent, bytes) else 0
        if len(batch) == BATCH or room <= 0:
            yield batch
            batch, room = [], BATCH_BYTES
    if batch:
        yield batch


def _value(sent: Sent, plan: Plan) -> Any:
    """The document, or the `Refused` that stands for it."""
    try:
        value = parse(sent) if isinstance(sent, bytes) else sent
        return upgrading.upgrade(value) if plan.upgrade else value
    except Refused as fault:
        return fault


def _look(index: int, value: Any, item: Item, seen: set[str], place: Footprint | None) -> Looked:
    id = value.get("id") if isinstance(value, dict) else None
    try:
        if isinstance(value, Refused):
            raise value
        item.take(value, footprint=place)
        if item.stac_id in seen:
            raise Conflict(f"The item {item.stac_id!r} comes twice.", pointer="/id")
    except Refused as fault:
        return Looked(index, id[:LONGEST_ID] if isinstance(id, str) else None, refused=fault)
    seen.add(item.stac_id)
    return Looked(index, item.stac_id, item)


def ahead(
    batches: Iterable[list[Looked]], alive: Callable[[], None] = lambda: None
) -> Iterator[list[Looked]]:
    """All batches, made before the first is given; beyond some megabytes they wait on disk.

    `alive` is called after each.
    """
    first: list[list[Looked]] = []
    room = IN_MEMORY
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the last batch is read
    for batch in batches:
        if room > 0:
            first.append(batch)
            room -= sum(len(looked.item.body) for looked in batch if looked.item)
        else:
            pickle.dump(batch, file, protocol=pickle.HIGHEST_PROTOCOL)
        alive()
    end = file.tell()
    file.seek(0)
    return chain(first, _read(file, end))


def _read(file: IO[bytes], end: int) -> Iterator[list[Looked]]:
    with file:
        while file.tell() < end:
            yield pickle.load(file)  # noqa: S301 - written here, a moment ago


def put(locked: Collection, batch: Sequence[Looked], body: Body, plan: Plan) -> list[Outcome]:
    """Writes a batch into the collection (its row is locked) and says what became of each."""
    here = _here(locked, [looked.item.stac_id for looked in batch if looked.item])
    decided = [_decide(looked, plan.method, here) for looked in batch]
    for looked in decided:
        if looked.refused and not plan.lenient:
            raise body.named(looked.index, looked.refused)
    good = [looked for looked in decided if looked.item]
    _add(locked, [looked.item for looked in good if looked.item and looked.id not in here])
    if plan.method is not Method.SKIP:
        _replace(locked, {x.item.stac_id: x.item for x in good if x.item and x.id in here})
    return [_outcome(looked, plan.method, here) for looked in decided]


def _here(locked: Collection, ids: list[str]) -> set[str]:
    """Those that the collection has."""
    found = locked.items.filter(sql.among("stac_id", ids))
    return set(found.values_list("stac_id", flat=True))


def _decide(looked: Looked, method: Method, here: set[str]) -> Looked:
    """The same, or refused for what is in the collection."""
    if looked.item is None:
        return looked
    is_here = looked.id in here
    if method is Method.INSERT and is_here:
        message = f"There is an item {looked.id!r} in this collection already."
        return Looked(looked.index, looked.id, refused=Conflict(message, pointer="/id"))
    if method is Method.REPLACE and not is_here:
        message = f"There is no item {looked.id!r} in this collection to replace."
        return Looked(looked.index, looked.id, refused=NotFound(message))
    return looked


def _outcome(looked: Looked, method: Method, here: set[str]) -> Outcome:
    if fault := looked.refused:
        return Outcome(
            looked.index, looked.id, fault.status, fault.code, fault.message, fault.pointer
        )
    told = looked.item.report.in_short() if looked.item else ""
    said = f"Its extensions have something to say: {told}." if told else None
    if looked.id not in here:
        return Outcome(looked.index, looked.id, 201, "Created", said)
    if method is Method.SKIP:
        return Outcome(looked.index, looked.id, 200, "Skipped")
    return Outcome(looked.index, looked.id, 200, "Replaced", said)


def _add(locked: Collection, items: Sequence[Item]) -> None:
    copying.insert(items)
    if items:
        extents.grow(locked, items, added=len(items))


def _replace(locked: Collection, items: dict[str, Item]) -> None:
    """Other documents for the items of these ids; one whose files we hold goes its own way."""
    if not items:
        return
    rows = locked.items.filter(stac_id__in=items).defer("body", "geometry")
    old = {row.stac_id: row for row in rows}
    holding = Asset.objects.filter(collection=locked, item__stac_id__in=items)
    for id in set(holding.values_list("item__stac_id", flat=True)):
        row = old.pop(id)
        row.collection = locked
        transactions.write_item(row, locked, items[id].to_stac(extents.ROOT), ())
    changed = [_next_revision(row, items[id]) for id, row in old.items()]
    copying.update(changed)
    for row in old.values():
        row.properties = queryables.changed(row.properties, items[row.stac_id].properties)
    extents.shrink(locked, *old.values(), removed=0)
    extents.grow(locked, changed, added=0)


def _next_revision(old: Item, new: Item) -> Item:
    new.pk, new.created, new.revision = old.pk, old.created, old.revision + 1
    new.keep(new.body)
    return new
