"""How often one key, the tokens of one holder, or one address may ask in a minute.

Counted in the memory of each process, so that no request waits for it: a server of several
processes lets through at most so many times as much.
"""

import threading
import time
from ipaddress import ip_address, ip_network

from tenants.usage import Window

NETWORK = 64  # bits of an IPv6 address that say whose it is; the rest one may choose

_lock = threading.Lock()
_counts: dict[tuple[str, object], int] = {}  # of this minute
_minute = 0


def count(kind: str, who: object, limit: int) -> Window | None:
    """Counts one request; None where the limit is 0, which is none."""
    global _minute
    if not limit:
        return None
    number, second = divmod(int(time.time()), 60)
    with _lock:
        if number != _minute:
            _minute = number
            _counts.clear()
        now = _counts[kind, who] = _counts.get((kind, who), 0) + 1
    return Window(limit, limit - now, 60 - second)


def neighbours(address: str) -> str:
    """Of an IPv6 address its network: who has one of these addresses has them all."""
    try:
        if ip_address(address).version == 6:
            return str(ip_network(f"{address.partition('%')[0]}/{NETWORK}", strict=False))
    except ValueError:
        pass  # a proxy's word for somebody
    return address
