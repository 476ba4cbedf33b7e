"""People who run the platform, and what they do about other people. They are made by a command on
the server alone; each has an account like everybody's, with a second factor."""

from django.db import transaction

from tenants import audit, oidc, sessions
from tenants.audit import Operator
from tenants.backends import has_second_factor
from tenants.models import Organization, User


class OperatorRefused(Exception):
    """What operators cannot do; the text says why."""


def may_operate(user: User) -> bool:
    return user.is_active and user.is_operator and has_second_factor(user)


@transaction.atomic
def appoint(user: User, *, is_operator: bool = True) -> None:
    now = User.objects.select_for_update().get(pk=user.pk)
    if now.is_operator == is_operator:
        is_one = "is one already" if is_operator else "is none"
        raise OperatorRefused(f"{user.email} {is_one}.")
    change = {"operator": now.is_operator}, {"operator": is_operator}
    audit.record(None, None, "operator.change", *change, person=user.email)
    User.objects.filter(pk=user.pk).update(is_operator=is_operator)


@transaction.atomic
def close_account(user: User, *, reason: str, by: Operator) -> None:
    """Signed in nowhere any more; keys, links and apps of this person open nothing."""
    if user.pk == by.pk:
        raise OperatorRefused("Another operator can do this to you, not you yourself.")
    _set_active(user, False, by, "person.deactivate", reason=reason)
    sessions.end_all(user)
    oidc.end_all(user)


@transaction.atomic
def reopen_account(user: User, *, by: Operator) -> None:
    """Keys and links work as before; the person signs in anew."""
    _set_active(user, True, by, "person.reactivate")


@transaction.atomic
def sign_out(user: User, *, by: Operator) -> None:
    """Everywhere, and from the apps that read in this person's name."""
    sessions.end_all(user)
    oidc.end_all(user)
    audit.record(None, by, "person.sign_out", person=user.email)


def _set_active(user: User, active: bool, by: Operator, action: str, **why: str) -> None:
    """Their organizations are told as well: something of them works no more, or again."""
    now = User.objects.select_for_update().get(pk=user.pk)
    if now.is_active == active:
        state = "active" if active else "deactivated"
        raise OperatorRefused(f"{user.email} is {state} already.")
    theirs = Organization.objects.filter(memberships__user=user)
    for organization in [None, *theirs]:
        audit.record(organization, by, action, member=user.email, **why)
    User.objects.filter(pk=user.pk).update(is_active=active)
