"""Whom in an organization a collection can be named for: its members and its keys."""

from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Now

from tenants.models import ApiKey, Membership, Organization
from tenants.roles import PERMISSIONS


@dataclass(frozen=True)
class Nameable:
    who: str  # as what it stands on a collection's list
    kind: str  # "member" or "key"
    id: str  # a member's mail address, a key's public id
    label: str
    of: str  # whose key it is
    always: bool  # sees every collection, named or not


def nameable(organization: Organization) -> list[Nameable]:
    """Members by name, then the keys that work, which see no more than their makers do."""
    members = Membership.objects.filter(organization=organization).select_related("user")
    keys = ApiKey.objects.filter(Q(expires=None) | Q(expires__gt=Now()), revoked=None)
    found = [
        Nameable(
            each.user.name_on_lists,
            "member",
            each.user.email,
            str(each.user),
            "",
            "stac.view_every_collection" in PERMISSIONS[each.role],
        )
        for each in members.order_by("user__name", "user__email")
    ]
    return found + [
        Nameable(key.name_on_lists, "key", key.key_id, key.name, str(key.creator), always=False)
        for key in keys.filter(organization=organization).select_related("creator").order_by("name")
    ]
