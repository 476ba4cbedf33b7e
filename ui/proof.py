"""Whoever makes, widens or rolls a key has shown a moment ago that it is them: a page that was left
open does not do it."""

from collections.abc import Iterable

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.utils.http import urlencode

from tenants.roles import READ_SCOPES
from ui.addresses import platform
from ui.requests import MemberRequest


def is_surely_them(request: MemberRequest) -> bool:
    return bool(did_recently_reauthenticate(request))


def may_hand_out(request: MemberRequest, scopes: Iterable[str]) -> bool:
    """A key that only reads is given without more ado."""
    return set(scopes) <= set(READ_SCOPES) or is_surely_them(request)


def to_prove(request: MemberRequest, page: str) -> str:
    """To the platform, where one signs in, and back to this form as it was filled in."""
    given = request.POST.copy()
    given.pop("csrfmiddlewaretoken", None)
    back = f"{request.organization.path}{page}?{given.urlencode()}"
    return f"{platform('account_reauthenticate')}?{urlencode({'next': back})}"
