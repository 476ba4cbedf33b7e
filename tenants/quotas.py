"""How much an organization may still bring.

All organizations share the disk of a local store, so what each has promised to its uploads under
way is written down in `public`, as the one number that it says itself.
"""

import shutil

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from tenants.models import Organization, Reservation

RESERVE = 1 << 30  # what a store needs to keep working


def room_left(organization: Organization) -> int | None:
    """Bytes beside what the other organizations were promised; None where nothing limits it."""
    if not settings.STORE_FOLDER:
        return None
    active = Reservation.objects.filter(organization__state=Organization.State.ACTIVE)
    others = active.exclude(organization=organization).aggregate(bytes=Sum("bytes"))["bytes"] or 0
    return max(0, shutil.disk_usage(settings.STORE_FOLDER).free - RESERVE - others)


@transaction.atomic
def reserve(organization: Organization, promised: int) -> int | None:
    """Notes what the organization has promised in all, and tells what it may.

    To be called in the transaction that makes the promise; roll it back if it is too much.
    """
    if not settings.STORE_FOLDER:
        return None
    with connection.cursor() as cursor:  # one at a time: two may not take the same room
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('room of the store', 0))")
    Reservation.objects.update_or_create(organization=organization, defaults={"bytes": promised})
    return room_left(organization)
