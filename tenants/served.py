"""Which organization a door leads to, and how many items its plan allows: remembered for a moment
by each process.

Every request asks for the one, every write of new items for the other. What is changed about an
organization (its name, its state) or a plan is so served everywhere `settings.DOORS_KNOWN_FOR`
seconds later at most; who may do what is never remembered.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings

from tenants.models import Organization, Plan

MOST = 10_000  # doors
_FIELDS = [field.attname for field in Organization._meta.concrete_fields]
_known: dict[tuple[str, str], tuple[float, Any]] = {}


def by_slug(slug: str) -> Organization | None:
    return _at("slug", slug)


def by_host(host: str) -> Organization | None:
    return _at("domains__domain", host)


def most_items(plan: str) -> int | None:
    """How many items a plan allows in an organization; None: any number."""

    def ask() -> list[int | None]:
        return list(Plan.objects.filter(pk=plan).values_list("items", flat=True))

    return next(iter(_remembered(("plan", plan), ask)), None)


def _at(door: str, name: str) -> Organization | None:
    """A new object each time, so that no request meets what another one did to it."""

    def ask() -> Sequence[Any] | None:
        active = Organization.objects.filter(state=Organization.State.ACTIVE)
        found: Sequence[Any] | None = active.filter(**{door: name}).values_list(*_FIELDS).first()
        return found

    values = _remembered((door, name), ask)
    if values is None:
        return None
    made: Organization = Organization.from_db("default", _FIELDS, values)
    return made


def _remembered[Found](name: tuple[str, str], ask: Callable[[], Found]) -> Found:
    """What is not there is asked for each time: it may come at any moment."""
    until, known = _known.get(name, (0.0, None))
    now = time.monotonic()
    if until > now:
        found: Found = known
        return found
    found = ask()
    if found is None:
        _known.pop(name, None)
    elif settings.DOORS_KNOWN_FOR:
        if len(_known) >= MOST:
            _known.clear()
        _known[name] = now + settings.DOORS_KNOWN_FOR, found
    return found
