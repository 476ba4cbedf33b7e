"""An organization's keys as their page lists them."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from tenants.models import ApiKey, Organization, User

SOON = timedelta(days=14)
UNUSED = timedelta(days=90)

SHOWN = {
    "": "All",
    "expiring": "Expiring soon",
    "unused": "Unused for 90 days",
    "mine": "Mine",
    "over": "Revoked or expired",
}


@dataclass(frozen=True)
class Line:
    key: ApiKey
    successor: ApiKey | None

    @property
    def is_over(self) -> bool:
        return self.key.is_over

    @property
    def expires_soon(self) -> bool:
        ends = self.key.expires
        return not self.is_over and ends is not None and ends < timezone.now() + SOON

    @property
    def is_unused(self) -> bool:
        noted = self.key.last_used or self.key.created
        return not self.is_over and noted < timezone.now() - UNUSED

    @property
    def used_after_roll(self) -> bool:
        """Some program still has the old one."""
        rolled, used = self.key.rolled, self.key.last_used
        return rolled is not None and used is not None and used > rolled

    def fits(self, shown: str, person: User) -> bool:
        match shown:
            case "expiring":
                return self.expires_soon
            case "unused":
                return self.is_unused
            case "mine":
                return self.key.creator_id == person.pk
            case "over":
                return self.is_over
        return True


def lines(organization: Organization) -> list[Line]:
    """The newest first; those that are over last."""
    found = ApiKey.objects.filter(organization=organization).select_related("creator")
    keys = list(found.order_by("-created"))
    successors = {key.rotated_from_id: key for key in keys if key.rotated_from_id}
    listed = [Line(key, successors.get(key.pk)) for key in keys]
    return sorted(listed, key=lambda line: line.is_over)
