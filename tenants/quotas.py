"""How much an organization may still bring."""

import shutil

from django.conf import settings

from tenants.models import Organization

RESERVE = 1 << 30  # what a store needs to keep working


def room_left(organization: Organization) -> int | None:
    """Bytes; None where nothing limits it. All organizations share the disk of a local store."""
    if not settings.STORE_FOLDER:
        return None
    return max(0, shutil.disk_usage(settings.STORE_FOLDER).free - RESERVE)
