"""What a view may count on behind each decorator of `ui.access`."""

from django_htmx.middleware import HtmxDetails

from tenants.models import Membership, Organization, User
from tenants.requests import Request


class PersonRequest(Request):
    """Behind `signed_in`."""

    user: User
    htmx: HtmxDetails


class MemberRequest(PersonRequest):
    """Behind `permission` and `member`."""

    organization: Organization
    membership: Membership
