"""No organization keeps the others of a process waiting by what it asks.

Whatever is asked waits for its turn (`turns.py`). A dear question may take seconds. While others
ask as well, each organization may have `settings.DEAR_AT_ONCE` of these answered at a time, and all
together leave one turn free; more wait, and what comes beyond that is told to come again. Who goes
on asking them rests in between, so that the others find the machine free for most of the time. All
of it is in memory: no question costs a statement more.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from socket import socket
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpResponse

from gistac import places
from gistac.turns import MOST_WAITING, Turns
from gistac.usage import refused
from tenants import usage
from tenants.requests import Request

ACTIVE = 10  # seconds after its last request that an organization counts as asking
AGAIN = 0.02  # seconds after which who waits looks whether another process has ended
PATIENCE = 5.0  # seconds that one question waits for others of its organization
CREDIT = 2.0  # seconds of dear questions after which an organization rests between them
# What may take long whatever is asked, and what may by these parameters.
DEAR = frozenset(
    {
        "stac:aggregate",
        "stac:collection-aggregate",
        "stac:browse-items",
        "stac:browse-part",
        "stac:tile",
    }
)
SEARCHES = frozenset(
    {"stac:search", "stac:items", "stac:collections", "stac:collection-search", "ui:home"}
)
DEAR_PARAMETERS = frozenset({"filter", "intersects", "q", "query", "sortby"})
LARGE = 250  # documents of a page, which are megabytes
# Pages that search, and count or draw what they find.
PAGES = frozenset({"ui:map", "ui:pick"})
PAGES_PARAMETERS = frozenset({"bbox", "datetime", "collections", "at"})

DEAR_IN_LINE = (
    "This organization has as many long questions answered just now as it may while others ask as "
    "well. Ask again in a second."
)
CROWDED = (
    "More is asked of this organization at once than can be answered soon. Ask again in a second."
)


class Spent:
    """Seconds of dear questions that organizations owe; they are paid back as time goes by, as
    much of each second as `settings.DEAR_SHARE` (percent) says.
    """

    def __init__(self) -> None:
        self.paid: dict[UUID, float] = {}  # when nothing will be owed any more

    def add(self, organization: UUID, seconds: float) -> float:
        """How many seconds to rest now."""
        now, share = time.monotonic(), settings.DEAR_SHARE / 100
        self.paid = {id: moment for id, moment in self.paid.items() if moment > now}
        self.paid[organization] = self.paid.get(organization, now) + seconds / share
        return max(self.paid[organization] - now - CREDIT / share, 0.0)


@dataclass(frozen=True)
class Running:
    """A dear question that is being answered; who is alone needs no place for it."""

    place: socket | None = None
    since: float = field(default_factory=time.monotonic)


class Shares:
    """Who is asking in this process, and whose dear questions are being answered."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.spent = Spent()
        self.running: defaultdict[UUID, list[Running]] = defaultdict(list)
        self.lines: defaultdict[UUID, list[object]] = defaultdict(list)  # who waits
        self.seen: dict[UUID, float] = {}

    def note(self, organization: UUID) -> None:
        with self.changed:
            self.seen[organization] = time.monotonic()

    def enter(self, organization: UUID) -> bool:
        """Whether its question may be answered now; then `leave` must follow."""
        with self.changed:
            return organization not in self.lines and self._enter(organization)

    def wait(self, organization: UUID) -> bool:
        """Whether it may after a while; then `leave` must follow."""
        mine, deadline = object(), time.monotonic() + PATIENCE
        with self.changed:
            line = self.lines[organization]
            if len(line) >= MOST_WAITING:
                return False
            line.append(mine)
            try:
                while line[0] is not mine or not self._enter(organization):
                    if (left := deadline - time.monotonic()) <= 0:
                        return False
                    self.changed.wait(min(left, AGAIN) if line[0] is mine else left)
                return True
            finally:
                line.remove(mine)
                if not line:
                    del self.lines[organization]
                self.changed.notify_all()

    def leave(self, organization: UUID) -> None:
        with self.changed:
            self._free(organization, self.running[organization].pop())
            if not self.running[organization]:
                del self.running[organization]
            self.changed.notify_all()

    def _free(self, organization: UUID, ended: Running) -> None:
        """Its place is kept while the organization rests, from this process and all others."""
        if ended.place is None:
            return
        if rest := self.spent.add(organization, time.monotonic() - ended.since):
            waking = threading.Timer(rest, ended.place.close)
            waking.daemon = True
            waking.start()
        else:
            ended.place.close()

    def _enter(self, organization: UUID) -> bool:
        if sum(map(len, self.running.values())) >= max(1, settings.ANSWERED_AT_ONCE - 1):
            return False
        if self._is_alone(organization):
            self.running[organization].append(Running())
            return True
        for number in range(settings.DEAR_AT_ONCE):
            if place := places.take(f"{organization} {number}"):
                self.running[organization].append(Running(place))
                return True
        return False

    def _is_alone(self, organization: UUID) -> bool:
        since = time.monotonic() - ACTIVE
        self.seen = {id: moment for id, moment in self.seen.items() if moment > since}
        return not (self.seen.keys() | usage.asked_lately()) - {organization}


shares = Shares()
turns = Turns()


class FairMiddleware:
    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        organization = request.organization.pk if request.organization else None
        if not turns.enter(organization, _lend_connection):
            return _later(request, CROWDED)
        try:
            return self._answer(request)
        finally:
            turns.leave(organization)

    def _answer(self, request: Request) -> HttpResponse:
        if request.organization is None:
            return self.get_response(request)
        shares.note(request.organization.pk)
        request.is_dear = False
        try:
            return self.get_response(request)
        finally:
            if request.is_dear:
                shares.leave(request.organization.pk)

    def process_view(self, request: Request, *view: Any) -> HttpResponse | None:
        """The view is known here, and nothing was asked of the database for it yet."""
        if request.organization is None or not _may_take_long(request):
            return None
        id = request.organization.pk
        request.is_dear = shares.enter(id) or _wait(id)
        return None if request.is_dear else _later(request, DEAR_IN_LINE)


def _wait(organization: UUID) -> bool:
    _lend_connection()
    with turns.aside(organization):
        return shares.wait(organization)


def _lend_connection() -> None:
    """To the pool: whoever has its turn may need it."""
    if not connection.in_atomic_block:
        connection.close()


def _may_take_long(request: Request) -> bool:
    name = request.resolver_match.view_name if request.resolver_match else ""
    if name in PAGES:
        return not PAGES_PARAMETERS.isdisjoint(request.GET)
    if name in SEARCHES:
        posted = request.method == "POST" and name == "stac:search"
        return posted or not DEAR_PARAMETERS.isdisjoint(request.GET) or _is_large(request)
    return name in DEAR


def _is_large(request: Request) -> bool:
    limit = request.GET.get("limit", "")
    return len(limit) > 3 or (limit.isdecimal() and int(limit) > LARGE)


def _later(request: Request, sentence: str) -> HttpResponse:
    response = refused(request, 429, "TooManyRequests", sentence)
    response.headers["Retry-After"] = "1"
    return response
