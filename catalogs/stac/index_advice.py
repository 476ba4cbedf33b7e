"""Which indexes are worth their room: how searches asked in thirty days, and what they cost."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Sum

from .asked import FALLING, FILTER, RISING
from .indexes import KEPT
from .models import Asked, Collection, PropertyIndex
from .ranks import CLEAREST, NUMBER, TITLES, Rank

MOST_TOLD = 20
SLOW = 100  # milliseconds; what is quicker needs no help
OFTEN = 10  # searches
ENTRY = 14  # bytes of an index beside the values, its pages being nine tenths full
VALUE = {NUMBER: 10}  # bytes of a value; of texts as one guesses
TEXT_VALUE = 30
IDS = 50  # bytes of an item's two ids, where PostgreSQL has not measured them


@dataclass(frozen=True)
class Wanted:
    """A key, and the searches in thirty days that an index on it answers."""

    rank: Rank
    filters: int
    sorts: int
    median: float  # seconds
    size: int  # bytes, about
    index: PropertyIndex | None

    @property
    def searches(self) -> int:
        return self.filters + self.sorts

    @property
    def has_index(self) -> bool:
        return self.rank == CLEAREST or self.index is not None

    @property
    def worth(self) -> bool:
        return not self.has_index and self.searches >= OFTEN and self.median * 1000 >= SLOW

    @property
    def values(self) -> str:
        return TITLES[self.rank.kind]


def wanted() -> list[Wanted]:
    """Those that searches spent most time with come first."""
    made = {row.rank: row for row in PropertyIndex.objects.all()}
    items = Collection.objects.aggregate(n=Sum("count", default=0))["n"]
    entry = ENTRY + _ids()
    found = []
    for rank, uses in _uses(made).items():
        slowness: Counter[int] = Counter()
        for (_, slow), count in uses.items():
            slowness[slow] += count
        filters = sum(count for (use, _), count in uses.items() if use == FILTER)
        sorts = slowness.total() - filters
        size = items * (entry + VALUE.get(rank.kind, TEXT_VALUE)) * 10 // 9
        found.append(Wanted(rank, filters, sorts, _median(slowness), size, made.get(rank)))
    return sorted(found, key=lambda one: -one.searches * one.median)[:MOST_TOLD]


def _uses(made: dict[Rank, PropertyIndex]) -> dict[Rank, Counter[tuple[str, int]]]:
    """By the key that serves them: filters are served by either, so by one that is there, or that
    a sort needs anyway."""
    rows = Asked.objects.filter(day__gt=datetime.now(UTC).date() - KEPT)
    sums = rows.values_list("name", "kind", "use", "slowness").annotate(Sum("count"))
    there: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, kind, use, _, _ in sums:
        there[name, kind].add(use)
    found: dict[Rank, Counter[tuple[str, int]]] = defaultdict(Counter)
    for name, kind, use, slowness, count in sums:
        both = Rank(name, kind), Rank(name, kind, descending=True)
        falls = use == FALLING or (use == FILTER and _fall(both, there[name, kind], made))
        found[both[falls]][use, slowness] += count
    return found


def _fall(both: tuple[Rank, Rank], uses: set[str], made: Container[Rank]) -> bool:
    """Whether filters are better served by the second of both."""
    if both[0] == CLEAREST or both[0] in made:
        return False
    return both[1] in made or (FALLING in uses and RISING not in uses)


def _median(slowness: Counter[int]) -> float:
    """In seconds; of the numbers between two powers of two, their middle."""
    passed = 0
    for slow in sorted(slowness):
        passed += slowness[slow]
        if passed * 2 >= slowness.total():
            return float(0.75 * 2**slow / 1000)
    return 0.0


def _ids() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(avg_width) FROM pg_stats WHERE schemaname = current_schema()"
            " AND tablename = 'stac_item' AND attname IN ('id', 'collection_id')"
        )
        return cursor.fetchone()[0] or IDS


@dataclass(frozen=True)
class Told:
    """An index that there is or shall be."""

    row: PropertyIndex
    size: int  # bytes on disk
    progress: int | None  # percent, while PostgreSQL is at it


def made() -> list[Told]:
    rows = list(PropertyIndex.objects.order_by("name", "kind", "descending"))
    with connection.cursor() as cursor:
        sizes = {row.pk: _size(cursor, row) for row in rows}
        progress = dict(_progress(cursor))
    return [Told(row, sizes[row.pk], progress.get(row.relation)) for row in rows]


def _size(cursor: Any, row: PropertyIndex) -> int:
    cursor.execute("SELECT pg_relation_size(to_regclass(%s))", [row.relation])
    return cursor.fetchone()[0] or 0


# Of the whole: the table is read, what was found is sorted and written, the table is read again.
_PHASES = {
    "building index: scanning table": (0, 50),
    "building index: sorting live tuples": (50, 55),
    "building index: loading tuples in tree": (55, 65),
    "index validation: scanning index": (65, 70),
    "index validation: scanning table": (70, 99),
}


def _progress(cursor: Any) -> Iterator[tuple[str, int]]:
    cursor.execute(
        "SELECT index.relname, phase, greatest(blocks_done, tuples_done)::float8"
        "  / nullif(greatest(blocks_total, tuples_total), 0)"
        " FROM pg_stat_progress_create_index AS now"
        " JOIN pg_class AS index ON index.oid = now.index_relid"
        " WHERE now.relid = to_regclass('stac_item')"
    )
    for relation, phase, part in cursor.fetchall():
        first, last = _PHASES.get(phase, (0, 0))
        yield relation, int(first + (last - first) * min(1.0, part or 0.0))
