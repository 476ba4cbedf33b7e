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
from collections.abc import Callable, Iterable
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
CREDIT = 2.0  # seconds of dear questions after which an organization rests after each
LONGEST_REST = 4.0  # seconds, so that the next one need not be refused
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


@dataclass(eq=False)
class Running:
    """A dear question that is being answered; who asks alone needs no place for it."""

    organization: UUID
    place: socket | None
    since: float = field(default_factory=time.monotonic)


class Spent:
    """Seconds that each organization has asked dear questions for, while others asked."""

    def __init__(self) -> None:
        self.spent: dict[UUID, tuple[float, float]] = {}  # and when that was

    def rest(self, organization: UUID, seconds: float) -> float:
        """How long to rest after a question that took so long. Who has rested for as long as its
        credit is worth has all of it again.
        """
        now, share = time.monotonic(), settings.DEAR_SHARE / 100
        since = now - CREDIT / share
        self.spent = {id: one for id, one in self.spent.items() if one[1] > since}
        whole = self.spent.get(organization, (0.0, now))[0] + seconds
        self.spent[organization] = whole, now
        return min(seconds * (1 / share - 1), LONGEST_REST) if whole > CREDIT else 0.0


class Shares:
    """Who is asking in this process, and whose dear questions are being answered.

    What processes share are the places: one that is kept for a rest is free in none of them.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.spent = Spent()
        self.running: defaultdict[UUID, list[Running]] = defaultdict(list)
        self.lines: defaultdict[UUID, list[object]] = defaultdict(list)  # who waits
        self.seen: dict[UUID, float] = {}

    def note(self, organization: UUID) -> None:
        with self.changed:
            self.seen[organization] = time.monotonic()

    def enter(self, organization: UUID) -> Running | None:
        """Its question, if it may be answered now; then `leave` must follow."""
        with self.changed:
            return None if organization in self.lines else self._enter(organization)

    def wait(self, organization: UUID) -> Running | None:
        """The same after a while."""
        mine, deadline = object(), time.monotonic() + PATIENCE
        with self.changed:
            line = self.lines[organization]
            if len(line) >= MOST_WAITING:
                return None
            line.append(mine)
            try:
                while line[0] is not mine or not (entered := self._enter(organization)):
                    if (left := deadline - time.monotonic()) <= 0:
                        return None
                    self.changed.wait(min(left, AGAIN) if line[0] is mine else left)
                return entered
            finally:
                line.remove(mine)
                if not line:
                    del self.lines[organization]
                self.changed.notify_all()

    def leave(self, question: Running) -> None:
        rest = 0.0
        with self.changed:
            self.running[question.organization].remove(question)
            if not self.running[question.organization]:
                del self.running[question.organization]
            if question.place:
                took = time.monotonic() - question.since
                rest = self.spent.rest(question.organization, took)
            self.changed.notify_all()
        if question.place:
            _free(question.place, rest)

    def _enter(self, organization: UUID) -> Running | None:
        if sum(map(len, self.running.values())) >= max(1, settings.ANSWERED_AT_ONCE - 1):
            return None
        places_of = range(settings.DEAR_AT_ONCE)
        alone = self._is_alone(organization)
        place = None if alone else _first_free(f"{organization} {number}" for number in places_of)
        if place is None and not alone:
            return None
        question = Running(organization, place)
        self.running[organization].append(question)
        return question

    def _is_alone(self, organization: UUID) -> bool:
        since = time.monotonic() - ACTIVE
        self.seen = {id: moment for id, moment in self.seen.items() if moment > since}
        return not (self.seen.keys() | usage.asked_lately()) - {organization}


def _first_free(names: Iterable[str]) -> socket | None:
    return next(filter(None, map(places.take, names)), None)


def _free(place: socket, rest: float) -> None:
    """After a rest, in which nobody has it."""
    if not rest:
        place.close()
        return
    timer = threading.Timer(rest, place.close)
    timer.daemon = True
    try:
        timer.start()
    except RuntimeError:  # no thread is to be had
        place.close()


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
        request.dear = None
        try:
            return self.get_response(request)
        finally:
            if request.dear:
                shares.leave(request.dear)

    def process_view(self, request: Request, *view: Any) -> HttpResponse | None:
        """The view is known here, and nothing was asked of the database for it yet."""
        if request.organization is None or not _may_take_long(request):
            return None
        id = request.organization.pk
        dear = shares.enter(id) or _wait(id)
        if dear is None:
            return _later(request, DEAR_IN_LINE)
        dear.since = time.monotonic()  # what it has waited for a turn is none of its doing
        request.dear = dear
        return None


def _wait(organization: UUID) -> Running | None:
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
