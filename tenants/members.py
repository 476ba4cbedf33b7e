"""Who is in an organization, and as what.

Every verb holds the organization's row: of two who ask at the same time the second sees what the
first has done, so that an organization never loses its last owner.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now
from django.utils import timezone

from tenants import audit
from tenants.backends import has_second_factor
from tenants.models import (
    ApiKey,
    Invitation,
    JoinLink,
    Membership,
    Organization,
    RemovedMember,
    User,
)
from tenants.roles import GRANTS, PERMISSIONS, Role

ACTIVITY_NOTED_EVERY = timedelta(hours=1)
LAST_OWNER = "An organization needs an owner. Make another member an owner first."


class PeopleRefused(Exception):
    """What cannot be done with people; the text says why."""


@contextmanager
def held(organization: Organization) -> Iterator[None]:
    """A transaction in which nobody else changes the organization's people."""
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        yield


def grants(user: User, organization: Organization) -> frozenset[str]:
    """The roles that a person may give and take, by the role that they have at this moment."""
    own = Membership.objects.filter(user=user, organization=organization)
    return GRANTS.get(own.values_list("role", flat=True).first() or "", frozenset())


def role_now(person: str) -> Subquery:
    """For rows of an organization: the role there now of whom this field of theirs names; none
    where the account is closed."""
    own = Membership.objects.filter(user=OuterRef(person), organization=OuterRef("organization"))
    return Subquery(own.filter(user__is_active=True).values("role")[:1])


def check_grant(user: User, organization: Organization, *roles: str) -> None:
    if not grants(user, organization).issuperset(roles):
        raise PermissionDenied("Your role does not allow you to give or take this role.")


def change_role(member: Membership, role: str, *, by: User) -> None:
    organization = member.organization
    with held(organization):
        member = _now(member)
        check_grant(by, organization, member.role, role)
        if role == member.role:
            return
        _keep_an_owner(member)
        change = {"role": str(member.role)}, {"role": str(role)}
        audit.record(organization, by, "member.role", *change, member=member.user.email)
        member.role = role
        member.save(update_fields=["role"])


def remove(member: Membership, *, by: User) -> None:
    """At once: the next request finds no member, and the keys that they made are revoked."""
    organization = member.organization
    with held(organization):
        member = _now(member)
        check_grant(by, organization, member.role)
        known = {"addresses": sorted(addresses_of(member.user))}
        RemovedMember.objects.update_or_create(
            user=member.user, organization=organization, defaults=known
        )
        _end(member, "member.remove", by)


def addresses_of(user: User) -> set[str]:
    """Which this person has confirmed, in small letters."""
    found = EmailAddress.objects.filter(user=user, verified=True)
    return {each.lower() for each in found.values_list("email", flat=True)}


def removals(user: User) -> QuerySet[RemovedMember]:
    """Of this account, or of another one that had an address of it."""
    theirs = Q(user=user) | Q(addresses__overlap=sorted(addresses_of(user)))
    return RemovedMember.objects.filter(theirs)


def check_return(user: User, organization: Organization) -> None:
    """Who was removed does not let themselves in again; an invitation does."""
    if removals(user).filter(organization=organization).exists():
        raise PeopleRefused(f"You were removed from {organization}. Ask there to be invited.")


def leave(member: Membership) -> None:
    with held(member.organization):
        member = _now(member)
        _end(member, "member.leave", member.user)


def transfer(to: Membership, *, by: User) -> None:
    """Another member becomes an owner, and who gives it away an admin."""
    organization = to.organization
    with held(organization):
        to, own = _now(to), Membership.objects.filter(user=by, organization=organization).first()
        if own is None or own.role != Role.OWNER:
            raise PermissionDenied("Only an owner can hand the organization over.")
        if to.pk == own.pk:
            raise PeopleRefused("You own this organization already.")
        audit.record(organization, by, "organization.transfer", to=to.user.email)
        Membership.objects.filter(pk=to.pk).update(role=Role.OWNER)
        Membership.objects.filter(pk=own.pk).update(role=Role.ADMIN)


def require_second_factor(organization: Organization, *, required: bool, by: User) -> None:
    with held(organization):
        own = Membership.objects.filter(user=by, organization=organization).first()
        if own is None or "tenants.require_second_factor" not in PERMISSIONS[own.role]:
            raise PermissionDenied("Only an owner can decide this.")
        if required and not has_second_factor(by):
            raise PeopleRefused("Set up a second factor for yourself first.")
        change = {"required": organization.second_factor_required}, {"required": required}
        audit.record(organization, by, "organization.second_factor", *change)
        Organization.objects.filter(pk=organization.pk).update(second_factor_required=required)


def note_active(member: Membership) -> None:
    """At most one UPDATE an hour and membership."""
    now = timezone.now()
    if member.last_active is not None and now - member.last_active < ACTIVITY_NOTED_EVERY:
        return
    stale = Q(last_active=None) | Q(last_active__lte=now - ACTIVITY_NOTED_EVERY)
    Membership.objects.filter(stale, pk=member.pk).update(last_active=now)


def _now(member: Membership) -> Membership:
    """As it is while the organization is held."""
    found = Membership.objects.select_related("user").filter(pk=member.pk).first()
    if found is None:
        raise PeopleRefused("This person is no member any more.")
    return found


def _keep_an_owner(member: Membership) -> None:
    """Called before an owner becomes less."""
    if member.role != Role.OWNER:
        return
    others = Membership.objects.filter(organization=member.organization_id, role=Role.OWNER)
    if not others.exclude(pk=member.pk).exists():
        raise PeopleRefused(LAST_OWNER)


def _end(member: Membership, action: str, by: User) -> None:
    _keep_an_owner(member)
    organization = member.organization
    audit.record(organization, by, action, member=member.user.email, role=member.role)
    gone = {"organization": organization, "revoked": None}
    ApiKey.objects.filter(**gone, creator=member.user).update(revoked=Now(), revoked_by=by)
    Invitation.objects.filter(**gone, inviter=member.user, accepted=None).update(revoked=Now())
    JoinLink.objects.filter(**gone, maker=member.user).update(revoked=Now())
    member.delete()
