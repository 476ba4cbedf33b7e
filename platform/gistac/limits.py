"""What an organization's plan allows it to bring, asked where it is brought."""

from catalogs import room
from catalogs.room import readable
from catalogs.stac.errors import UsedUp
from tenants import gauges, quotas, served, usage
from tenants.current import current_organization
from tenants.gauges import Gauge
from tenants.models import Organization

MORE = "or ask whoever runs this GiSTAC for a larger plan."


def reserve(organization: Organization, promised: int) -> int | None:
    """The setting UPLOAD_ROOM: whether so many bytes may be promised in all, beside what is here.

    Called while no other promise is made in the organization.
    """
    limit = organization.plan.storage
    if limit is not None:
        held = sum(room.held().values())
        if held + promised > limit:
            raise UsedUp(
                f"There is no room for this: the plan of {organization} allows "
                f"{readable(limit)} of files, {readable(held)} are here, and this would make "
                f"{readable(promised)} that are on their way. Delete what is not needed (what "
                f"is in the trash counts until it is emptied, an export for its week), {MORE}"
            )
    return quotas.reserve(organization, promised)


def admit_items() -> None:
    """The setting STAC_ADMIT_ITEMS: whether there may be as many items as there are now.

    Called in the transaction that writes them, with the row of their collection locked, so that
    all of it is undone. Two collections that are written at the same moment do not see each
    other, and may together go past the limit by what one of them adds.
    """
    organization = current_organization()
    limit = served.most_items(organization.plan_id) if organization else None
    if limit is None or (count := room.items()) <= limit:
        return
    raise UsedUp(
        f"There is no room for this: the plan of {organization} allows {limit:,} items, and this "
        f"would make {count:,}. Delete what is not needed, {MORE}"
    )


def measure(organization: Organization) -> None:
    """Notes how much is here, and mails owners and admins where a limit is near.

    Call inside the organization's schema, every few minutes.
    """
    storage, items = sum(room.held().values()), room.items()
    usage.measure(organization, storage=storage, items=items)
    found = gauges.now(organization, storage, items)
    gauges.tell(organization, found, {gauge.name: numbers(gauge) for gauge in found})


def numbers(gauge: Gauge) -> str:
    """What is used of a limit, as people read it."""
    words = readable if gauge.is_bytes else "{:,}".format
    return words(gauge.used) + ("" if gauge.limit is None else f" of {words(gauge.limit)}")
