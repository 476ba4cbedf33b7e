"""A role is offered to a mail address: sent, looked at, accepted by whoever proves the address.

The link's token is made from the invitation's id with the server's secret: it can be shown again to
those who invite, and the database alone, which holds its hash, lets nobody in.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db.models import F, QuerySet
from django.db.models.functions import Lower, Now
from django.utils import timezone
from procrastinate.contrib.django import app

from tenants import audit, mail
from tenants.members import PeopleRefused, check_grant, held, removals, role_now
from tenants.models import Invitation, Membership, Organization, User
from tenants.roles import GRANTS
from tenants.secret_links import digest_of, token_of

LIFETIME = timedelta(days=7)
PAUSE = timedelta(minutes=1)  # between two mails of one invitation
MOST_MAILS = 5  # of one invitation
MOST_AT_ONCE = 50
MOST_A_DAY = 200  # for one organization
_is_address = EmailValidator()


def all_in_full() -> QuerySet[Invitation]:
    """With the organization, the inviter, and the role that the inviter has there now."""
    found = Invitation.objects.select_related("organization", "inviter")
    return found.annotate(inviter_role=role_now("inviter"))


def open_in(organization: Organization) -> QuerySet[Invitation]:
    """Neither accepted nor revoked; some may have expired."""
    return all_in_full().filter(organization=organization, accepted=None, revoked=None)


def open_for(user: User) -> QuerySet[Invitation]:
    """What this person can accept, by the addresses that they have proven."""
    proven = EmailAddress.objects.filter(user=user, verified=True)
    return all_in_full().filter(
        email__in=proven.values(address=Lower("email")),
        accepted=None,
        revoked=None,
        expires__gt=timezone.now(),
        organization__state=Organization.State.ACTIVE,
    )


def problems(organization: Organization, emails: Collection[str]) -> dict[str, str]:
    """Why these of the addresses cannot be invited."""
    members = Membership.objects.filter(organization=organization, user__email__in=emails)
    inside = set(members.values_list("user__email", flat=True))
    waiting = open_in(organization).filter(email__in=emails, expires__gt=timezone.now())
    invited = set(waiting.values_list("email", flat=True))
    found = {email: _problem(email, inside, invited) for email in emails}
    return {email: problem for email, problem in found.items() if problem}


def _problem(email: str, inside: set[str], invited: set[str]) -> str:
    if email in inside:
        return "is a member already"
    if email in invited:
        return "is invited already"
    try:
        _is_address(email)
    except ValidationError:
        return "is no mail address"
    return "" if len(email) <= 254 else "is too long"


def invite(
    organization: Organization, emails: Iterable[str], *, role: str, note: str, by: User
) -> list[Invitation]:
    """All of them or none; each gets its mail once this is committed."""
    emails = list(dict.fromkeys(email.lower() for email in emails))
    with held(organization):
        check_grant(by, organization, role)
        _check_number(organization, len(emails))
        if bad := problems(organization, emails):
            raise PeopleRefused("; ".join(f"{email} {problem}" for email, problem in bad.items()))
        _forget_expired(organization, emails)
        return [_made(organization, email, role, note, by) for email in emails]


def _forget_expired(organization: Organization, emails: list[str]) -> None:
    old = Invitation.objects.filter(organization=organization, accepted=None, revoked=None)
    old.filter(email__in=emails).update(revoked=Now())


def _check_number(organization: Organization, count: int) -> None:
    if not 1 <= count <= MOST_AT_ONCE:
        raise PeopleRefused(f"Invite at least one and at most {MOST_AT_ONCE} people at once.")
    today = Invitation.objects.filter(
        organization=organization, created__gt=timezone.now() - timedelta(days=1)
    )
    if today.count() + count > MOST_A_DAY:
        raise PeopleRefused(f"An organization can invite {MOST_A_DAY} people a day.")


def _made(organization: Organization, email: str, role: str, note: str, by: User) -> Invitation:
    invitation = Invitation(
        organization=organization,
        email=email,
        role=role,
        note=note,
        inviter=by,
        expires=timezone.now() + LIFETIME,
    )
    invitation.digest = digest_of(token(invitation))
    invitation.save(force_insert=True)
    audit.record(organization, by, "invitation.create", email=email, role=role)
    send.defer(organization=str(organization.pk), invitation=str(invitation.pk))
    return invitation


def resend(invitation: Invitation, *, by: User) -> None:
    """The same link once more, good for seven days from now, in the name of who sends it."""
    organization = invitation.organization
    with held(organization):
        invitation = _still_open(invitation)
        check_grant(by, organization, invitation.role)
        if timezone.now() - invitation.sent < PAUSE:
            raise PeopleRefused("It was sent a moment ago. Wait a minute.")
        if invitation.mails >= MOST_MAILS:
            raise PeopleRefused("It was sent often enough. Copy the link and send it yourself.")
        audit.record(organization, by, "invitation.resend", email=invitation.email)
        Invitation.objects.filter(pk=invitation.pk).update(
            expires=timezone.now() + LIFETIME,
            sent=timezone.now(),
            mails=F("mails") + 1,
            inviter=by,
            digest=digest_of(token(invitation)),  # also after the server's secret has changed
        )
        send.defer(organization=str(organization.pk), invitation=str(invitation.pk))


def revoke(invitation: Invitation, *, by: User) -> None:
    organization = invitation.organization
    with held(organization):
        invitation = _still_open(invitation)
        check_grant(by, organization, invitation.role)
        audit.record(organization, by, "invitation.revoke", email=invitation.email)
        Invitation.objects.filter(pk=invitation.pk).update(revoked=Now())


def _still_open(invitation: Invitation) -> Invitation:
    found = open_in(invitation.organization).filter(pk=invitation.pk).first()
    if found is None:
        raise PeopleRefused("This invitation was accepted or revoked meanwhile.")
    return found


def find(text: str) -> Invitation | None:
    """What a link leads to, good or not."""
    active = all_in_full().filter(organization__state=Organization.State.ACTIVE)
    return active.filter(digest=digest_of(text)).first()


def problem(invitation: Invitation) -> str:
    """Why nobody can accept it any more; nothing while somebody can."""
    if invitation.accepted:
        return "This invitation was used already."
    if invitation.revoked:
        return "This invitation was taken back."
    if invitation.expires <= timezone.now():
        return "This invitation has expired: it was good for seven days."
    inviter_role = vars(invitation).get("inviter_role") or ""  # none, unless `all_in_full` asked
    if invitation.role not in GRANTS.get(inviter_role, frozenset()):
        return "Whoever invited you can no longer give you this role."
    return ""


def is_proven(invitation: Invitation, user: User) -> bool:
    """Whether the person has shown that mail to the invited address reaches them."""
    addresses = EmailAddress.objects.filter(user=user, verified=True)
    return bool(addresses.filter(email__iexact=invitation.email).exists())


def accept(invitation: Invitation, *, user: User) -> None:
    """Once. Who is a member already keeps their role."""
    organization = invitation.organization
    with held(organization):
        invitation = all_in_full().get(pk=invitation.pk)
        if refusal := problem(invitation):
            raise PeopleRefused(refusal)
        if not is_proven(invitation, user):
            raise PeopleRefused(f"This invitation is for {invitation.email}.")
        role = {"role": invitation.role}
        Membership.objects.get_or_create(user=user, organization=organization, defaults=role)
        removals(user).filter(organization=organization).delete()
        Invitation.objects.filter(pk=invitation.pk).update(accepted=Now())
        audit.record(organization, user, "invitation.accept", email=invitation.email, **role)


def link(invitation: Invitation) -> str:
    """The token is in the query, which no log holds."""
    return f"{settings.PLATFORM_URL}/invitation/?token={token(invitation)}"


def token(invitation: Invitation) -> str:
    return token_of("tenants.invitations", invitation.pk)


@app.task(name="tenants.mail_invitation", queue="mail", retry=mail.PERSISTENTLY)
def send(organization: str, invitation: str) -> None:
    """By the row, so that the link's token lies in no job; one that was revoked is not sent."""
    for each in all_in_full().filter(pk=invitation, accepted=None, revoked=None):
        words = {"invitation": each, "link": link(each)}
        mail.compose(each.email, "people/email/invitation.html", words).send()
