"""What organizations use, counted: in memory of each process, written every few seconds.

No request waits for the database because it is counted. What was counted since the last writing
is lost with a killed process, `WRITE_EVERY` seconds of it at most. With each writing a process
learns what the others have counted, so together they hold a limit as exactly as that.
"""

import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Sum

from tenants.models import Organization, Plan, Usage

log = logging.getLogger("gistac.usage")
WRITE_EVERY = 5  # seconds
KNOWN_FOR = 600  # seconds after its last request that an organization is kept in memory
MONTHLY = ("signed_bytes", "tiles")  # limited by the month
COUNTED = ("requests", *MONTHLY)

_lock = threading.Lock()
_known: dict[UUID, "Standing"] = {}
_lately: frozenset[UUID] = frozenset()


@dataclass
class Minute:
    """The requests of one minute, in which all processes hold a limit together."""

    number: int = 0  # since 1970
    here: int = 0  # in this process
    elsewhere: int = 0  # in the others, as far as known
    unwritten: int = 0


@dataclass
class Standing:
    """What this process knows of an organization, and has counted of it and not yet written."""

    limits: Plan | None = None  # None: not learned yet
    month: Mapping[str, int] = field(default_factory=dict)  # of MONTHLY, as was last written
    storage: int | None = None
    items: int | None = None
    unwritten: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    minute: Minute = field(default_factory=Minute)
    asked: float = 0.0  # when last

    def used(self, name: str) -> int:
        """Of what is limited by the month."""
        return self.month.get(name, 0) + self.unwritten[name]

    def used_up(self, name: str) -> int | None:
        limit: int | None = getattr(self.limits, f"{name}_per_month", None)
        return None if limit is None or self.used(name) < limit else limit


@dataclass(frozen=True)
class Window:
    """How a request stands to the limit of its minute."""

    limit: int
    left: int  # below 0: refused, and not counted
    seconds: int  # until the next begins


def request(organization: UUID) -> Window | None:
    """Counts one; None where nothing limits them."""
    now = time.time()
    number, second = divmod(int(now), 60)
    with _lock:
        known = _known.setdefault(organization, Standing())
        known.asked = now
        if known.minute.number != number:
            known.minute = Minute(number)
        limit = known.limits.requests_per_minute if known.limits else None
        left = -1 if limit is None else limit - known.minute.here - known.minute.elsewhere - 1
        if limit is None or left >= 0:
            known.minute.here += 1
            known.minute.unwritten += 1
            known.unwritten["requests"] += 1
    return None if limit is None else Window(limit, left, 60 - second)


def uncount(organization: UUID) -> None:
    """One that was refused to somebody who asks too often takes nothing from the others. What was
    written in between stays counted: no row takes less than nothing."""
    with _lock:
        known = _known.setdefault(organization, Standing())
        if known.unwritten["requests"] > 0:
            known.unwritten["requests"] -= 1
        if known.minute.number == int(time.time()) // 60 and known.minute.unwritten > 0:
            known.minute.here -= 1
            known.minute.unwritten -= 1


def take(organization: UUID, name: str, amount: int) -> int | None:
    """Counts an amount of what is limited by the month; gives the limit instead where it is
    used up already. The last one may go past it."""
    with _lock:
        known = _known.setdefault(organization, Standing())
        if (limit := known.used_up(name)) is None:
            known.unwritten[name] += amount
    return limit


def used_up(organization: UUID, name: str) -> int | None:
    """The limit of what is limited by the month, where it is used up already."""
    with _lock:
        return _known.setdefault(organization, Standing()).used_up(name)


def write() -> None:
    """Adds what was counted to the rows of today, and learns what others have counted; also of
    those who were only refused, since their plan may be another one by now."""
    lately = time.time() - 2 * WRITE_EVERY
    with _lock:
        _forget(time.time() - KNOWN_FOR)
        taken = {
            id: _taken(known)
            for id, known in _known.items()
            if known.asked > lately or any(known.unwritten.values())
        }
    if not taken:
        return
    today = datetime.now(UTC).date()
    try:
        minutes = _add(today, taken)
    except (DatabaseError, InterfaceError):
        _give_back(taken)
        raise
    _look_around(today)
    learned = _learn(today, list(taken))
    with _lock:
        for id, standing in learned.items():
            known = _known.setdefault(id, Standing())
            known.limits, known.month = standing.limits, standing.month
            known.storage, known.items = standing.storage, standing.items
            known.minute.elsewhere = _elsewhere(known.minute, taken[id], *minutes.get(id, (0, 0)))


@dataclass(frozen=True)
class _Taken:
    counts: Mapping[str, int]
    minute: int
    in_minute: int  # since the last writing
    here: int  # in all of the minute


def _taken(known: Standing) -> _Taken:
    minute = known.minute
    taken = _Taken(known.unwritten, minute.number, minute.unwritten, minute.here)
    known.unwritten = dict.fromkeys(COUNTED, 0)
    minute.unwritten = 0
    return taken


def _give_back(taken: Mapping[UUID, _Taken]) -> None:
    """The database was away: it is written the next time."""
    with _lock:
        for id, each in taken.items():
            known = _known.setdefault(id, Standing())
            for name, count in each.counts.items():
                known.unwritten[name] += count
            if known.minute.number == each.minute:
                known.minute.unwritten += each.in_minute


def _forget(before: float) -> None:
    for id in [id for id, known in _known.items() if known.asked < before]:
        if not any(_known[id].unwritten.values()):
            del _known[id]


def _elsewhere(minute: Minute, taken: _Taken, number: int, in_minute: int) -> int:
    """What the others have counted in the minute that runs now."""
    return in_minute - taken.here if minute.number == taken.minute == number else 0


def _add(today: date, taken: Mapping[UUID, _Taken]) -> dict[UUID, tuple[int, int]]:
    """One statement for all organizations, in the order of their ids: no two processes wait for
    each other in a circle. Gives minute and requests in it, of all processes."""
    rows = [
        (id, *(each.counts[name] for name in COUNTED), each.minute, each.in_minute)
        for id, each in taken.items()
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [today, *columns])
        return {id: (minute, in_minute) for id, minute, in_minute in cursor.fetchall()}


# An organization that is gone meanwhile is left out.
_ADD = """
INSERT INTO tenants_usage AS old
    (organization_id, day, requests, signed_bytes, tiles, minute, in_minute)
SELECT new.id, %s, new.requests, new.signed_bytes, new.tiles, new.minute, new.in_minute
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
    AS new (id, requests, signed_bytes, tiles, minute, in_minute)
JOIN tenants_organization AS there ON there.id = new.id
ORDER BY new.id
ON CONFLICT (organization_id, day) DO UPDATE SET
    requests = old.requests + EXCLUDED.requests,
    signed_bytes = old.signed_bytes + EXCLUDED.signed_bytes,
    tiles = old.tiles + EXCLUDED.tiles,
    in_minute = CASE
        WHEN old.minute > EXCLUDED.minute THEN old.in_minute
        WHEN old.minute = EXCLUDED.minute THEN old.in_minute + EXCLUDED.in_minute
        ELSE EXCLUDED.in_minute END,
    minute = greatest(old.minute, EXCLUDED.minute)
RETURNING organization_id, minute, in_minute
"""


def _look_around(today: date) -> None:
    global _lately
    since = int(time.time()) // 60 - 1
    rows = Usage.objects.filter(day=today, minute__gte=since)
    _lately = frozenset(rows.values_list("organization_id", flat=True)[:2])


def asked_lately() -> frozenset[UUID]:
    """Up to two of those whom any process was asked for in this minute or the one before, as of
    the last writing: whether somebody is alone."""
    return _lately


def _learn(today: date, ids: Iterable[UUID]) -> dict[UUID, Standing]:
    organizations = Organization.objects.filter(pk__in=ids).select_related("plan")
    used = of_month(today, ids)
    levels = last_measured(ids)
    return {
        each.pk: Standing(each.plan, used.get(each.pk, {}), *levels.get(each.pk, (None, None)))
        for each in organizations
    }


def of_month(day: date, ids: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """What each used in the month of this day, of what is limited by the month."""
    rows = Usage.objects.filter(organization__in=ids, day__gte=day.replace(day=1), day__lte=day)
    sums: Any = rows.values("organization_id").annotate(
        **{f"sum_{name}": Sum(name) for name in MONTHLY}
    )
    return {
        row["organization_id"]: {name: int(row[f"sum_{name}"]) for name in MONTHLY} for row in sums
    }


def last_measured(ids: Iterable[UUID]) -> dict[UUID, tuple[int, int]]:
    """Bytes and items of each, when they were last looked at."""
    rows = Usage.objects.filter(organization__in=ids, storage__isnull=False)
    newest = rows.order_by("organization_id", "-day").distinct("organization_id")
    return {
        id: (storage or 0, items or 0)
        for id, storage, items in newest.values_list("organization_id", "storage", "items")
    }


def measure(organization: Organization, *, storage: int, items: int) -> None:
    """Bytes and items as they are now, for the line of today."""
    levels = {"storage": storage, "items": items}
    today = {"organization": organization, "day": datetime.now(UTC).date()}
    Usage.objects.update_or_create(**today, defaults=levels, create_defaults=levels)


def standing(organization: UUID) -> Standing | None:
    """What this process knows, without asking the database."""
    return _known.get(organization)


def keep_writing() -> None:
    """Called once in each process that serves requests."""
    threading.Thread(target=_write_for_ever, name="usage", daemon=True).start()


def _write_for_ever() -> None:
    while True:
        time.sleep(WRITE_EVERY)
        try:
            write()
        except (DatabaseError, InterfaceError) as fault:
            log.warning("usage is written later: %s", fault)
        finally:
            connection.close()  # back to the pool
