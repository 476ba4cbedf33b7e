"""How near an organization is to each limit of its plan: for pages, programs and mails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from tenants import mail, usage
from tenants.models import Notice, Organization, Plan, Usage
from tenants.roles import Role
from tenants.usage import Standing

NEAR, FULL = 80, 100  # percent
LABELS = {
    "storage": "Storage",
    "items": "Items",
    "requests_per_minute": "Requests this minute",
    "signed_bytes_per_month": "Files given out this month",
    "tiles_per_month": "Map tiles this month",
}
BYTES = ("storage", "signed_bytes_per_month")  # the others are plain numbers
# What happens where nothing is left.
STOPS = {
    "storage": "no file can be added",
    "items": "no item can be added",
    "signed_bytes_per_month": "no file is given out until the month ends",
    "tiles_per_month": "no map tile is drawn until the month ends",
}


@dataclass(frozen=True)
class Gauge:
    name: str  # in Plan.LIMITS
    used: int
    limit: int | None  # None: nothing limits it

    @property
    def label(self) -> str:
        return LABELS[self.name]

    @property
    def is_bytes(self) -> bool:
        return self.name in BYTES

    @property
    def percent(self) -> int:
        """Of the limit, cut to a whole number; where nothing is allowed, all of it is used."""
        if self.limit is None:
            return 0
        return self.used * 100 // self.limit if self.limit else FULL

    @property
    def level(self) -> int:
        """0, NEAR or FULL."""
        return max((level for level in (NEAR, FULL) if self.percent >= level), default=0)

    @property
    def stop(self) -> str:
        return STOPS.get(self.name, "")


def of(plan: Plan, used: Mapping[str, int]) -> list[Gauge]:
    return [Gauge(name, used.get(name, 0), getattr(plan, name)) for name in Plan.LIMITS]


def now(organization: Organization, storage: int, items: int) -> list[Gauge]:
    """As the database has it; the last few seconds are not written yet."""
    moment = datetime.now(UTC)
    month = usage.of_month(moment.date(), [organization.pk]).get(organization.pk, {})
    minute = int(moment.timestamp()) // 60
    asked = Usage.objects.filter(organization=organization, minute=minute).first()
    counted = {f"{name}_per_month": count for name, count in month.items()}
    here = {"storage": storage, "items": items}
    return of(
        organization.plan,
        here | counted | {"requests_per_minute": asked.in_minute if asked else 0},
    )


def warnings(standing: Standing | None) -> list[Gauge]:
    """What members are to be told on every page; from memory, so a few minutes old."""
    if standing is None or standing.limits is None:
        return []
    used = {"storage": standing.storage or 0, "items": standing.items or 0}
    used |= {f"{name}_per_month": standing.used(name) for name in usage.MONTHLY}
    return [gauge for gauge in of(standing.limits, used) if gauge.level]


@transaction.atomic
def tell(organization: Organization, gauges: list[Gauge], words: Mapping[str, str]) -> None:
    """A mail to owners and admins: once a month, limit and level.

    `words` are the numbers of each limit, as people read them.
    """
    month = datetime.now(UTC).date().replace(day=1)
    for gauge in gauges:
        if not gauge.level or gauge.name not in STOPS:
            continue
        _, is_new = Notice.objects.get_or_create(
            organization=organization, month=month, limit=gauge.name, percent=gauge.level
        )
        if is_new:
            mail.notify(
                organization,
                (Role.OWNER, Role.ADMIN),
                "people/email/limit.html",
                label=gauge.label,
                percent=gauge.percent,
                numbers=words[gauge.name],
                stop=gauge.stop,
                full=int(gauge.level == FULL),
            )
