"""What the map page is asked: in the words of STAC's /search, whole in the address."""

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from urllib.parse import urlencode

from django.http import QueryDict

from catalogs.stac import boxes
from catalogs.stac.search import ItemQuerySet
from ui import text

Box = tuple[float, float, float, float]
Place = tuple[float, ...]  # longitude, latitude, and the zoom where it is known
NEAR = 4  # pixels: what lies so near to a click is meant
DEEPEST = 24  # zoom
LONGEST_LIST = 100
TABS = ("list", "filters")


@dataclass(frozen=True)
class Search:
    """Whatever makes no sense is left out, and said; an old or broken address still opens."""

    bbox: Box | None = None  # west > east crosses 180°
    start: date | None = None
    end: date | None = None  # this day included
    collections: tuple[str, ...] = ()
    move: bool = True  # the list follows the map
    at: Place | None = None  # where was clicked
    tab: str = ""  # on phones: list or filters instead of the map
    unread: tuple[str, ...] = ()  # what made no sense, in words

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        box, days = query.getlist("bbox"), query.getlist("datetime")
        bbox = _box(box)
        start, end = _days(days)
        if not (dated := _is_read(days, start, end)):
            start = end = None
        unread = {
            "box": [] if bbox else box,
            "dates": [] if dated else days,
            "point": [] if _point(query.get("at", "")) else query.getlist("at"),
        }
        return cls(
            bbox=bbox,
            start=start,
            end=end,
            collections=_names(query.getlist("collections")),
            move=_switch(query.getlist("move")),
            at=_point(query.get("at", "")),
            tab=query.get("tab", "") if query.get("tab") in TABS else "",
            unread=tuple(_quoted(kind, words) for kind, words in unread.items() if any(words)),
        )

    def only(self, known: set[str]) -> Self:
        """Without the collections that the asker does not see."""
        kept = tuple(id for id in self.collections if id in known)
        gone = tuple(_quoted("collection", [id]) for id in self.collections if id not in known)
        return replace(self, collections=kept, unread=self.unread + gone)

    @property
    def interval(self) -> tuple[datetime | None, datetime | None] | None:
        if self.start is None and self.end is None:
            return None
        first = datetime.combine(self.start, time.min, UTC) if self.start else None
        last = datetime.combine(self.end, time.max, UTC) if self.end else None
        return first, last

    def apply(self, items: ItemQuerySet) -> ItemQuerySet:
        return items.search(
            collections=self.collections or None, bbox=self.bbox, datetime=self.interval
        )

    @property
    def drawn(self) -> Self:
        """What the map draws; where the list follows the map, its box is only the view."""
        return replace(self, bbox=None) if self.move else self

    def picked(self, items: ItemQuerySet) -> ItemQuerySet:
        """What lies where was clicked, of what is drawn."""
        assert self.at is not None
        return self.drawn.apply(items).search(bbox=_around(*self.at))

    def _pairs(self) -> list[tuple[str, str]]:
        pairs = []
        if self.bbox:
            pairs.append(("bbox", ",".join(f"{number:g}" for number in _rounded(self.bbox))))
        if self.start or self.end:
            pairs.append(("datetime", f"{self.start or '..'}/{self.end or '..'}"))
        pairs += [("collections", id) for id in self.collections]
        return pairs

    @property
    def query(self) -> str:
        """The whole state, as short as it can be said."""
        pairs = self._pairs()
        if not self.move:
            pairs.append(("move", "off"))
        if self.at:
            pairs.append(("at", ",".join(f"{number:g}" for number in _rounded(self.at))))
        if self.tab:
            pairs.append(("tab", self.tab))
        return urlencode(pairs, safe=",/:")

    def chips(self, titles: dict[str, str]) -> list[tuple[str, str]]:
        """What was asked, in words, each with the query that asks all the others."""
        found = []
        for id in self.collections:
            others = tuple(other for other in self.collections if other != id)
            found.append((titles.get(id, id), replace(self, collections=others).query))
        if self.start or self.end:
            words = text.span(_noon(self.start), _noon(self.end), open_end="later")
            found.append((words, replace(self, start=None, end=None).query))
        if self.bbox and not self.move:
            found.append(("In the box", replace(self, bbox=None, move=True).query))
        return found

    @property
    def api_query(self) -> str:
        """The same search, asked of the API."""
        asked: list[tuple[str, Any]] = [pair for pair in self._pairs() if pair[0] == "bbox"]
        if self.collections:
            asked.append(("collections", ",".join(self.collections)))
        if self.interval:
            sides = (f"{side:%Y-%m-%dT%H:%M:%SZ}" if side else ".." for side in self.interval)
            asked.append(("datetime", "/".join(sides)))
        return urlencode(asked, safe=",/:")


def _noon(day: date | None) -> datetime | None:
    return datetime.combine(day, time(12), UTC) if day else None


def _rounded(numbers: tuple[float, ...]) -> list[float]:
    return [round(number, 5) for number in numbers]


def _names(words: list[str]) -> tuple[str, ...]:
    """Each once; PostgreSQL cannot be asked for a text with a null character."""
    known = dict.fromkeys(word for word in words if word and "\x00" not in word)
    return tuple(known)[:LONGEST_LIST]


def _numbers(words: list[str], count: int) -> list[float] | None:
    """Numbers given as one list with commas, or as one parameter each."""
    parts = [part for word in words for part in word.split(",")]
    if len(parts) != count or any(len(part) > 30 for part in parts):
        return None
    numbers = [boxes.number(part) for part in parts]
    return None if any(math.isnan(number) for number in numbers) else numbers


def _box(words: list[str]) -> Box | None:
    numbers = _numbers(words, 4)
    if numbers is None:
        return None
    west, south, east, north = numbers
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        return None
    return (west, south, east, north)


def _point(word: str) -> Place | None:
    numbers = _numbers([word], 3) or _numbers([word], 2)
    if numbers is None or abs(numbers[0]) > 180 or abs(numbers[1]) > 90:
        return None
    return None if not 0 <= (*numbers, 0)[2] <= DEEPEST else tuple(numbers)


def _around(longitude: float, latitude: float, zoom: float = DEEPEST) -> Box:
    """The box of so many pixels; at 180° it goes on at the other side."""
    far = NEAR * 360 / 256 / 2**zoom
    up = far * max(math.cos(math.radians(latitude)), 0.01)
    west, east = longitude - far, longitude + far
    return (
        west + 360 if west < -180 else west,
        max(latitude - up, -90),
        east - 360 if east > 180 else east,
        min(latitude + up, 90),
    )


def _days(words: list[str]) -> tuple[date | None, date | None]:
    """`2020-01-01/2020-12-31`, with `..` for an open side; or both sides as a form sends them."""
    sides = [side for word in words for side in word.split("/")] if len(words) == 1 else words
    if len(sides) == 1:
        sides = [sides[0], sides[0]]
    if len(sides) != 2:
        return None, None
    start, end = (_day(side) for side in sides)
    return (None, None) if start and end and start > end else (start, end)


def _day(word: str) -> date | None:
    try:
        day = date.fromisoformat(word[:10])
    except ValueError:
        return None
    # One day of room on either side, for the zones of the world.
    return day if date.min + timedelta(2) < day < date.max - timedelta(2) else None


def _is_read(words: list[str], start: date | None, end: date | None) -> bool:
    """Is every side that says something one of these days?"""
    sides = [side for word in words for side in word.split("/") if side not in ("", "..")]
    return not sides or (start is not None) + (end is not None) >= len(sides)


def _quoted(kind: str, words: list[str]) -> str:
    """As a sentence names it, without the characters that cannot be seen."""
    given = "".join(sign for sign in ",".join(words) if sign.isprintable())
    return f"the {kind} “{given[:40]}{'…' if len(given) > 40 else ''}”"


def _switch(words: list[str]) -> bool:
    """A box that is not ticked is not sent, so the form always sends `off` before it."""
    return not words or words[-1] != "off"
