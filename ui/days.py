"""What an organization used in thirty days, drawn as lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tenants.models import Organization, Usage

DAYS = 30
WIDTH, HEIGHT = 10, 100  # of a day, and of the highest value
MARGIN = 2  # so that a line at the edge is drawn whole


@dataclass(frozen=True)
class Day:
    day: date
    requests: int = 0
    signed_bytes: int = 0
    tiles: int = 0
    storage: int | None = None  # None: not measured yet
    items: int | None = None


@dataclass(frozen=True)
class Line:
    """One value of each day; `sum` where days add up."""

    title: str
    values: Sequence[int]
    is_bytes: bool = False
    adds_up: bool = True

    @property
    def highest(self) -> int:
        return max(self.values)

    @property
    def told(self) -> int:
        """The one number that stands for all of it."""
        return sum(self.values) if self.adds_up else self.values[-1]

    @property
    def width(self) -> int:
        return (len(self.values) - 1) * WIDTH

    @property
    def points(self) -> str:
        return " ".join(f"{day * WIDTH},{self._height(v)}" for day, v in enumerate(self.values))

    @property
    def area(self) -> str:
        return f"0,{HEIGHT} {self.points} {self.width},{HEIGHT}"

    def _height(self, value: int) -> float:
        drawn = HEIGHT - 2 * MARGIN
        return round(HEIGHT - MARGIN - value / (self.highest or 1) * drawn, 1)


def of(organization: Organization, today: date) -> list[Day]:
    """The last thirty days, the oldest first, today among them; what was there stays until it is
    measured again."""
    first = today - timedelta(days=DAYS - 1)
    rows = Usage.objects.filter(organization=organization, day__lte=today)
    known = {row.day: row for row in rows.filter(day__gte=first)}
    last = rows.filter(day__lt=first, storage__isnull=False).order_by("-day").first()
    storage, items = (last.storage, last.items) if last else (None, None)
    days = []
    for day in (first + timedelta(days=number) for number in range(DAYS)):
        row = known.get(day) or Usage()
        if row.storage is not None:
            storage, items = row.storage, row.items
        days.append(Day(day, row.requests, row.signed_bytes, row.tiles, storage, items))
    return days


def lines(days: Sequence[Day]) -> list[Line]:
    return [
        Line("Requests", [day.requests for day in days]),
        Line("Files given out", [day.signed_bytes for day in days], is_bytes=True),
        Line("Map tiles", [day.tiles for day in days]),
        Line("Storage", [day.storage or 0 for day in days], is_bytes=True, adds_up=False),
        Line("Items", [day.items or 0 for day in days], adds_up=False),
    ]
