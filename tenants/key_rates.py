"""How often one key, or the tokens of one holder, may ask in a minute.

Counted in the memory of each process, so that no request waits for it: a server of several
processes lets through at most so many times as much.
"""

import threading
import time

from django.conf import settings

from tenants.models import ApiKey, User

_lock = threading.Lock()
_counts: dict[tuple[str, int], int] = {}  # of this minute
_minute = 0


def wait(holder: User | ApiKey) -> int:
    """Counts one request; seconds until the next minute if that is one too many, else 0."""
    global _minute
    number, second = divmod(int(time.time()), 60)
    who = (type(holder).__name__, holder.pk)
    with _lock:
        if number != _minute:
            _minute = number
            _counts.clear()
        _counts[who] = _counts.get(who, 0) + 1
        over = 0 < settings.KEY_RATE < _counts[who]
    return 60 - second if over else 0
