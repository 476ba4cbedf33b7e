"""How many items there are over time, drawn as bars."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from catalogs.stac import aggregation
from catalogs.stac.search import MOMENT, ItemQuerySet
from ui import text

NEWEST = 20_000  # a page must not read millions of rows
MOST_BARS = 400
HEIGHT = 100
WIDTH, GAP = 10, 2


@dataclass(frozen=True)
class Bar:
    label: str
    count: int
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Bars:
    """One bar for each period from the first item to the last; those without items are empty."""

    interval: str
    bars: list[Bar]
    undated: int
    is_part: bool  # there may be older ones

    @property
    def width(self) -> int:
        return len(self.bars) * WIDTH - GAP

    @property
    def highest(self) -> int:
        return max(bar.count for bar in self.bars)


def draw(items: ItemQuerySet) -> Bars | None:
    """Of the newest items; None where there is nothing to compare, or too much."""
    names = ["total_count", "datetime_frequency"]
    total, found = aggregation.aggregate(items.order_by(MOMENT.desc())[:NEWEST], names, {})
    interval = found["data_type"].removeprefix("interval_")
    counts = {datetime.fromisoformat(one["key"]): one["frequency"] for one in found["buckets"]}
    if len(counts) < 2:
        return None
    periods = list(islice(_periods(min(counts), max(counts), interval), MOST_BARS + 1))
    if len(periods) > MOST_BARS:
        return None
    highest = max(counts.values())
    bars = [
        _bar(place, start, counts.get(start, 0), highest, interval)
        for place, start in enumerate(periods)
    ]
    return Bars(interval, bars, found["overflow"], total["value"] == NEWEST)


def _bar(place: int, start: datetime, count: int, highest: int, interval: str) -> Bar:
    height = max(round(count / highest * HEIGHT, 1), 2) if count else 0
    return Bar(_label(start, interval), count, place * WIDTH, HEIGHT - height, height)


def _periods(start: datetime, last: datetime, interval: str) -> Iterator[datetime]:
    while start < last:
        yield start
        start = _after(start, interval)
    yield last


def _after(start: datetime, interval: str) -> datetime:
    if interval == "year":
        return start.replace(year=start.year + 1)
    if interval == "month":
        years, month = divmod(start.month, 12)
        return start.replace(year=start.year + years, month=month + 1)
    return start + timedelta(seconds=aggregation.INTERVALS[interval])


def _label(start: datetime, interval: str) -> str:
    start = start.astimezone(UTC)
    if interval == "year":
        return str(start.year)
    if interval == "month":
        return f"{start:%B} {start.year}"
    if interval in ("day", "week"):
        return ("Week of " if interval == "week" else "") + text.day(start)
    return text.day_and_time(start) if interval != "second" else f"{start:%H:%M:%S}"
