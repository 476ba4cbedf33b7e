"""Which organization a door leads to: remembered for a moment by each process.

Every request asks for it. What is changed about an organization (its name, its state) is so served
everywhere `settings.DOORS_KNOWN_FOR` seconds later at most; who may do what is never remembered.
"""

import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from tenants.models import Organization

MOST = 10_000  # doors
_FIELDS = [field.attname for field in Organization._meta.concrete_fields]
_known: dict[tuple[str, str], tuple[float, Sequence[Any]]] = {}


def by_slug(slug: str) -> Organization | None:
    return _at("slug", slug)


def by_host(host: str) -> Organization | None:
    return _at("domains__domain", host)


def _at(door: str, name: str) -> Organization | None:
    """A new object each time, so that no request meets what another one did to it."""
    until, values = _known.get((door, name), (0.0, ()))
    now = time.monotonic()
    if until <= now:
        active = Organization.objects.filter(state=Organization.State.ACTIVE)
        found = active.filter(**{door: name}).values_list(*_FIELDS).first()
        if found is None:
            _known.pop((door, name), None)
            return None
        values = found
        if settings.DOORS_KNOWN_FOR:
            _remember((door, name), now + settings.DOORS_KNOWN_FOR, values)
    made: Organization = Organization.from_db("default", _FIELDS, values)
    return made


def _remember(door: tuple[str, str], until: float, values: Sequence[Any]) -> None:
    if len(_known) >= MOST:
        _known.clear()
    _known[door] = until, values
