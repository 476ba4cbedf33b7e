"""A link that lets whoever has it join as one role: until a day, for so many people, revocable.

One of each role at a time; a new one ends the one before. As with invitations the token is made
from the row's id with the server's secret, and its hash is looked up.
"""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from tenants import audit
from tenants.members import PeopleRefused, check_grant, check_return, held, role_now
from tenants.models import JoinLink, Membership, Organization, User
from tenants.roles import GRANTS, Role
from tenants.secret_links import digest_of, token_of

ROLES = (Role.VIEWER, Role.CONTRIBUTOR, Role.EDITOR)
LONGEST = 30  # days
MOST_PEOPLE = 500
SALT = "tenants.join_links"


def in_full() -> QuerySet[JoinLink]:
    """With the organization, the maker, and the role that the maker has there now."""
    found = JoinLink.objects.select_related("organization", "maker")
    return found.annotate(maker_role=role_now("maker"))


def open_in(organization: Organization) -> QuerySet[JoinLink]:
    """Not revoked; one may have expired or be used up."""
    return in_full().filter(organization=organization, revoked=None).order_by("created")


def make(organization: Organization, *, role: str, days: int, people: int, by: User) -> JoinLink:
    if role not in ROLES:
        raise PeopleRefused("A link can make viewers, contributors and editors.")
    if not 1 <= days <= LONGEST or not 1 <= people <= MOST_PEOPLE:
        raise PeopleRefused(f"A link is for 1 to {LONGEST} days and 1 to {MOST_PEOPLE} people.")
    with held(organization):
        check_grant(by, organization, role)
        old = JoinLink.objects.filter(organization=organization, role=role, revoked=None)
        old.update(revoked=Now())
        made = JoinLink(organization=organization, role=role, maker=by, left=people)
        made.expires = timezone.now() + timedelta(days=days)
        made.digest = digest_of(token_of(SALT, made.pk))
        made.save(force_insert=True)
        audit.record(organization, by, "join_link.create", role=role, people=str(people))
    return made


def revoke(link: JoinLink, *, by: User) -> None:
    organization = link.organization
    with held(organization):
        check_grant(by, organization, link.role)
        if JoinLink.objects.filter(pk=link.pk, revoked=None).update(revoked=Now()):
            audit.record(organization, by, "join_link.revoke", role=link.role)


def find(text: str) -> JoinLink | None:
    """What an address leads to, good or not."""
    active = in_full().filter(organization__state=Organization.State.ACTIVE)
    return active.filter(digest=digest_of(text)).first()


def problem(link: JoinLink) -> str:
    """Why nobody can join by it any more; nothing while somebody can."""
    if link.revoked:
        return "This link was taken back."
    if link.expires <= timezone.now():
        return "This link has expired."
    if link.left < 1:
        return "As many people as it was for have joined by this link."
    if link.role not in GRANTS.get(vars(link).get("maker_role") or "", frozenset()):
        return "Whoever made this link can no longer give this role."
    return ""


def accept(link: JoinLink, *, user: User) -> None:
    """Who is a member already keeps their role, and uses nothing up."""
    organization = link.organization
    with held(organization):
        link = in_full().get(pk=link.pk)
        if Membership.objects.filter(user=user, organization=organization).exists():
            return
        if refusal := problem(link):
            raise PeopleRefused(refusal)
        if not EmailAddress.objects.filter(user=user, verified=True).exists():
            raise PeopleRefused("Confirm your mail address first.")
        check_return(user, organization)
        JoinLink.objects.filter(pk=link.pk).update(left=F("left") - 1)
        Membership.objects.create(user=user, organization=organization, role=link.role)
        audit.record(organization, user, "join_link.accept", member=user.email, role=link.role)


def address(link: JoinLink) -> str:
    """The token is in the query, which no log holds."""
    return f"{settings.PLATFORM_URL}/join/?token={token_of(SALT, link.pk)}"
