"""What the middleware puts on a request, for views to name in their signatures."""

from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from tenants.models import Impersonation, Membership, Organization
from tenants.usage import Window


class Request(HttpRequest):
    organization: Organization | None
    membership: Membership | None
    impersonation: Impersonation | None  # that an operator's session has under way
    lacks_second_factor: bool  # a member who counts for none until they have one
    query_token: str | None  # what stood in the address as `api_key`, and stands there no more
    host_door: bool  # by the organization's own host, not by /o/<slug>/
    session: SessionBase
    urlconf: str
    windows: dict[str, Window]  # of the limits by the minute that it was counted for
    dear: Any  # its place among the long questions of its organization, where it is one
