"""Few requests of a process are answered at once, and no organization takes all of the turns.

A process has one interpreter and a few connections: more at once would only make each take longer.
Who comes beyond that waits in a thread of its own, which costs next to nothing, and holds no
connection meanwhile.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings

MOST_WAITING = 32  # of one organization


@dataclass(eq=False)
class _Waiting:
    organization: UUID | None
    turn: threading.Event = field(default_factory=threading.Event)


class Turns:
    """The next turn goes to the organization that has the fewest; of these, to who came first."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: Counter[UUID | None] = Counter()
        self.waiting: list[_Waiting] = []

    def enter(self, organization: UUID | None, before_waiting: Callable[[], None]) -> bool:
        """True when its turn has come, and `leave` must follow; False where too many wait."""
        with self.lock:
            if not self.waiting and self._has_room():
                self.running[organization] += 1
                return True
            if sum(each.organization == organization for each in self.waiting) >= MOST_WAITING:
                return False
            mine = self._queue(organization)
        before_waiting()
        mine.turn.wait()
        return True

    def _queue(self, organization: UUID | None) -> _Waiting:
        waiting = _Waiting(organization)
        self.waiting.append(waiting)
        return waiting

    def leave(self, organization: UUID | None) -> None:
        with self.lock:
            self.running[organization] -= 1
            if not self.running[organization]:
                del self.running[organization]
            self._go_on()

    def _go_on(self) -> None:
        while self.waiting and self._has_room():
            following = min(self.waiting, key=lambda each: self.running[each.organization])
            self.waiting.remove(following)
            self.running[following.organization] += 1
            following.turn.set()

    @contextmanager
    def aside(self, organization: UUID | None) -> Iterator[None]:
        """Others have its turn meanwhile; it gets another one."""
        self.leave(organization)
        try:
            yield
        finally:
            with self.lock:
                mine = self._queue(organization)
                self._go_on()
            mine.turn.wait()

    def _has_room(self) -> bool:
        return self.running.total() < settings.ANSWERED_AT_ONCE
