"""No organization keeps the others of a process waiting by dear questions.

A process has few threads, and a dear question keeps one for seconds. Who is alone may take them
all. While others ask as well, each may have `settings.DEAR_AT_ONCE` dear questions answered at a
time; one more waits shortly, and what comes beyond that is told to come again. All of it is in
memory: no question costs a statement more.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse

from gistac.usage import refused
from tenants.requests import Request

ACTIVE = 10  # seconds after its last request that an organization counts as asking
PATIENCE = 1.0  # seconds that one question waits for its turn
MOST_WAITING = 1  # of a process: each keeps a thread
# What may take long whatever is asked, and what may by these parameters.
DEAR = frozenset(
    {
        "stac:aggregate",
        "stac:collection-aggregate",
        "stac:browse-items",
        "stac:browse-part",
    }
)
SEARCHES = frozenset({"stac:search", "stac:items", "stac:collections", "stac:collection-search"})
DEAR_PARAMETERS = frozenset({"filter", "intersects", "q", "query", "sortby"})


class Shares:
    """Who is asking in this process, and whose dear questions are being answered."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.running: Counter[UUID] = Counter()
        self.waiting = 0
        self.seen: dict[UUID, float] = {}

    def note(self, organization: UUID) -> None:
        with self.changed:
            self.seen[organization] = time.monotonic()

    def enter(self, organization: UUID) -> bool:
        """Whether its question may be answered now, or after a moment; then `leave` must follow."""
        with self.changed:
            if not self._may(organization) and not self._turn_comes(organization):
                return False
            self.running[organization] += 1
            return True

    def leave(self, organization: UUID) -> None:
        with self.changed:
            self.running[organization] -= 1
            if not self.running[organization]:
                del self.running[organization]
            self.changed.notify_all()

    def _may(self, organization: UUID) -> bool:
        return self.running[organization] < settings.DEAR_AT_ONCE or self._is_alone(organization)

    def _is_alone(self, organization: UUID) -> bool:
        since = time.monotonic() - ACTIVE
        self.seen = {id: moment for id, moment in self.seen.items() if moment > since}
        return not self.seen.keys() - {organization}

    def _turn_comes(self, organization: UUID) -> bool:
        if self.waiting >= MOST_WAITING:
            return False
        self.waiting += 1
        try:
            return self.changed.wait_for(lambda: self._may(organization), PATIENCE)
        finally:
            self.waiting -= 1


shares = Shares()


class FairMiddleware:
    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
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
        request.is_dear = shares.enter(request.organization.pk)
        return None if request.is_dear else _later(request)


def _may_take_long(request: Request) -> bool:
    name = request.resolver_match.view_name if request.resolver_match else ""
    if name in SEARCHES:
        posted = request.method == "POST" and name == "stac:search"
        return posted or not DEAR_PARAMETERS.isdisjoint(request.GET)
    return name in DEAR


def _later(request: Request) -> HttpResponse:
    sentence = (
        "This organization has as many long questions answered just now as it may while others "
        "ask as well. Ask again in a second."
    )
    response = refused(request, 429, "TooManyRequests", sentence)
    response.headers["Retry-After"] = "1"
    return response
