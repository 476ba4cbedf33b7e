"""An operator sees an organization as one of its members does: to help, for an hour at most, and
for a reason that the organization's owners read.

Nothing can be changed meanwhile: what a member did, the member did. What an operator must change
has a verb of its own, in the operator's own name. The session stays the operator's: it says which
impersonation goes on, and only within that organization, at its path door, is `request.user` the
member. So the member's account, passkeys and sessions are never reached.

Each start and end is in the organization's audit, and each address that was opened, once.
"""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from tenants import audit
from tenants.audit import Operator
from tenants.backends import in_force
from tenants.models import AuditRecord, Impersonation, Organization, User
from tenants.operators import may_operate
from tenants.requests import Request

LONGEST = timedelta(hours=1)
LONGEST_PATH = 500  # of it, in the audit
_KEY = "impersonation"  # in the session


class ImpersonationRefused(Exception):
    """Whom an operator cannot see an organization as; the text says why."""


def start(
    request: Request, organization: Organization, email: str, *, reason: str
) -> Impersonation:
    """In the session of the request, whose user is an operator. One at a time: another one ends."""
    operator = request.user
    assert isinstance(operator, User)
    member = _member(organization, email, operator)
    if before := under_way(request):
        end(before)
    with transaction.atomic():
        made = Impersonation.objects.create(
            operator=operator,
            member=member,
            organization=organization,
            reason=reason,
            session_key=request.session.session_key or "",
            until=timezone.now() + LONGEST,
        )
        said = {"member": member.email, "reason": reason, "until": made.until.isoformat()}
        audit.record(organization, actor(made), "impersonation.start", **said)
    request.session[_KEY] = made.pk
    return made


def _member(organization: Organization, email: str, operator: User) -> User:
    if organization.state != Organization.State.ACTIVE:
        raise ImpersonationRefused("Only an active organization can be seen.")
    found = in_force().filter(organization=organization, user__email=email.strip().lower())
    membership = found.select_related("user").first()
    if membership is None or not membership.user.is_active:
        raise ImpersonationRefused("No active member of this organization has this address.")
    if membership.user_id == operator.pk:
        raise ImpersonationRefused("You are a member yourself: just open it.")
    if membership.user.is_operator:
        raise ImpersonationRefused("Nobody sees as another operator does.")
    return membership.user


def end(impersonation: Impersonation) -> None:
    """Once, whoever is first."""
    with transaction.atomic():
        now = timezone.now()
        open_one = Impersonation.objects.filter(pk=impersonation.pk, ended=None)
        if open_one.update(ended=now):
            said = {"member": impersonation.member.email}
            by = actor(impersonation)
            audit.record(impersonation.organization, by, "impersonation.end", **said)


def end_overdue() -> int:
    """Those whose hour, or whose operator's session, is over."""
    session = Session.objects.filter(pk=OuterRef("session_key"), expire_date__gt=timezone.now())
    over = _open().filter(Q(until__lte=timezone.now()) | ~Exists(session))
    for impersonation in over:
        end(impersonation)
    return len(over)


def under_way(request: Request) -> Impersonation | None:
    """That of this session, if it still is; nothing is asked for a session without one."""
    if (pk := request.session.get(_KEY)) is None:
        return None
    found = _open().filter(pk=pk, operator_id=request.user.pk).first()
    if found and found.until > timezone.now() and may_operate(found.operator) and _is_seen(found):
        return found
    if found:
        end(found)
    del request.session[_KEY]
    return None


def _is_seen(impersonation: Impersonation) -> bool:
    """Who has left meanwhile, or operates now, is seen no more."""
    member = impersonation.member
    own = {"user": member, "organization": impersonation.organization}
    return member.is_active and not member.is_operator and in_force().filter(**own).exists()


def seen_as(impersonation: Impersonation, organization: Organization | None) -> User | None:
    """The member, where the organization is the one."""
    if organization is None or impersonation.organization_id != organization.pk:
        return None
    member = impersonation.member
    member.seen_by = impersonation.operator
    return member


def note_look(impersonation: Impersonation, path: str) -> None:
    """What was opened, once each; with both names, in the organization's audit."""
    page = path.replace("\0", "")[:LONGEST_PATH]
    told = AuditRecord.objects.filter(
        organization_id=impersonation.organization_id,
        at__gte=impersonation.started,
        action="impersonation.look",
        actor_id=str(impersonation.operator_id),
        objects_named__page=page,
    )
    if not told.exists():
        by = actor(impersonation)
        audit.record(impersonation.organization, by, "impersonation.look", page=page)


def actor(impersonation: Impersonation) -> Operator:
    return Operator(impersonation.operator, impersonation.member)


def _open() -> QuerySet[Impersonation]:
    named = Impersonation.objects.select_related("operator", "member", "organization")
    return named.filter(ended=None)
