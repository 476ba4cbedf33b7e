"""Who is in an organization: members, invitations, and what an owner decides about them."""

from functools import wraps
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models import Case, Exists, OuterRef, QuerySet, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from tenants import invitations, join_links, mail_domains, members
from tenants.backends import SECOND_FACTORS
from tenants.members import PeopleRefused
from tenants.middleware import is_seen
from tenants.models import Invitation, Membership
from tenants.roles import ABILITIES, Role
from ui import paging
from ui.access import View, member, permission
from ui.addresses import platform
from ui.people_forms import (
    InviteForm,
    JoinLinkForm,
    MailDomainForm,
    TransferForm,
    addresses_in,
    role_choices,
)
from ui.requests import MemberRequest

MANAGE = "tenants.manage_members"
SHOWN = 50  # in one list of a page


def told(view: View) -> View:
    """What is refused is said on the page of the people, as they are now."""

    @wraps(view)
    def answered(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except PeopleRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("ui:people")

    return answered


@member
def people(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        return invite(request)
    return _page(request)


@permission(MANAGE)
def invite(request: MemberRequest) -> HttpResponse:
    form = InviteForm(request.POST, roles=_granted(request))
    if form.is_valid():
        words = {"role": form.cleaned_data["role"], "note": form.cleaned_data["note"]}
        emails = form.cleaned_data["addresses"]
        try:
            made = invitations.invite(request.organization, emails, **words, by=request.user)
        except PeopleRefused as refusal:
            form.add_error("addresses", str(refusal))
        else:
            messages.success(request, f"{len(made)} invited. The mails are on their way.")
            return redirect("ui:people")
    return _page(request, form)


@require_POST
@permission(MANAGE)
def check(request: MemberRequest) -> HttpResponse:
    """What stands in the field of addresses, one by one."""
    return render(request, "ui/people.html#addresses", {"checked": _checked(request)})


def _checked(request: MemberRequest) -> list[tuple[str, str]]:
    found = addresses_in(request.POST.get("addresses", "").replace("\0", "")[:20_000])
    problems = invitations.problems(request.organization, found)
    return [(email, problems.get(email, "")) for email in found[: invitations.MOST_AT_ONCE]]


def _granted(request: MemberRequest) -> frozenset[str]:
    return members.grants(request.user, request.organization)


def _page(request: MemberRequest, form: InviteForm | None = None) -> HttpResponse:
    shown = _members(request)
    page = paging.numbered(shown, request.GET, SHOWN, parameter="members")
    context: dict[str, Any] = {
        "members": page,
        "membership": request.membership,
        "abilities": [(Role(role).label, text) for role, text in ABILITIES.items()],
    }
    if request.user.has_perm(MANAGE):
        granted = _granted(request)
        context |= {
            "granted": granted,
            "roles": role_choices(granted),
            "form": form or InviteForm(roles=granted),
            "checked": _checked(request) if form else [],
            **_waiting(request),
            **_by_themselves(request),
            "lacking": shown.filter(second_factor=False).count(),
        }
    status = 422 if form and form.errors else 200
    return render(request, "ui/people.html", context, status=status)


def _by_themselves(request: MemberRequest) -> dict[str, Any]:
    """The ways in for those whom nobody has invited."""
    links = join_links.open_in(request.organization)
    opened = mail_domains.opened_by(request.organization)
    suggested = mail_domains.suggested(request.user)
    return {
        "link_form": JoinLinkForm(),
        "join_links": [
            (link, join_links.problem(link), "" if is_seen(request) else join_links.address(link))
            for link in links
        ],
        "domain_form": MailDomainForm(initial={"domain": suggested}),
        "mail_domains": [(each, mail_domains.problem(each)) for each in opened],
    }


def _members(request: MemberRequest) -> QuerySet[Any]:
    """Owners first; each with whether they have a second factor."""
    proof = Authenticator.objects.filter(user=OuterRef("user"), type__in=SECOND_FACTORS)
    found = Membership.objects.filter(organization=request.organization).select_related("user")
    rank = Case(*(When(role=role, then=number) for number, role in enumerate(Role)))
    ordered = found.annotate(second_factor=Exists(proof))
    return ordered.order_by(rank, "user__name", "user__email")


def _waiting(request: MemberRequest) -> dict[str, Any]:
    found = invitations.open_in(request.organization).select_related("inviter", "organization")
    newest = found.order_by("-created", "pk")
    page = paging.numbered(newest, request.GET, SHOWN, parameter="invited")
    waiting = [
        {
            "invitation": each,
            "problem": invitations.problem(each),
            "link": "" if is_seen(request) else invitations.link(each),
            "dialog": f"revoke-{each.pk}",
        }
        for each in page.rows
    ]
    return {"waiting": waiting, "invited": page}


@require_POST
@permission(MANAGE)
@told
def member_role(request: MemberRequest, member: int) -> HttpResponse:
    found = _member(request, member)
    role = request.POST.get("role", "")
    if role not in Role.values:
        raise PeopleRefused("Choose one of the roles.")
    members.change_role(found, role, by=request.user)
    messages.success(request, f"{found.user} is now {Role(role).label.lower()}.")
    return redirect("ui:people")


@permission(MANAGE)
@told
def member_remove(request: MemberRequest, member: int) -> HttpResponse:
    found = _member(request, member)
    if request.method != "POST":
        return render(request, "ui/member_remove.html", {"member": found})
    members.remove(found, by=request.user)
    messages.success(request, f"{found.user} is no member any more.")
    return redirect("ui:people")


def _member(request: MemberRequest, pk: int) -> Membership:
    found = Membership.objects.select_related("user", "organization")
    return get_object_or_404(found, organization=request.organization, pk=pk)


@member
@told
def leave(request: MemberRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "ui/people_leave.html")
    members.leave(request.membership)
    messages.success(request, f"You have left {request.organization}.")
    return redirect(platform("platform:organizations"))


@permission("tenants.transfer_organization")
@told
def transfer(request: MemberRequest) -> HttpResponse:
    form = TransferForm(request.POST or None, own=request.membership)
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["to"]
        members.transfer(to, by=request.user)
        messages.success(request, f"{to.user} owns this organization now; you are an admin.")
        return redirect("ui:people")
    status = 422 if form.errors else 200
    return render(request, "ui/people_transfer.html", {"form": form}, status=status)


@require_POST
@permission("tenants.require_second_factor")
@told
def second_factor(request: MemberRequest) -> HttpResponse:
    required = request.POST.get("required") == "yes"
    members.require_second_factor(request.organization, required=required, by=request.user)
    text = "A second factor is required now." if required else "A second factor is optional now."
    messages.success(request, text)
    return redirect("ui:people")


@require_POST
@permission(MANAGE)
@told
def resend(request: MemberRequest, invitation: UUID) -> HttpResponse:
    found = _invitation(request, invitation)
    invitations.resend(found, by=request.user)
    messages.success(request, f"The invitation goes to {found.email} once more.")
    return redirect("ui:people")


@permission(MANAGE)
@told
def revoke(request: MemberRequest, invitation: UUID) -> HttpResponse:
    found = _invitation(request, invitation)
    if request.method != "POST":
        return render(request, "ui/invitation_revoke.html", {"invitation": found})
    invitations.revoke(found, by=request.user)
    messages.success(request, f"The invitation of {found.email} is taken back.")
    return redirect("ui:people")


def _invitation(request: MemberRequest, pk: UUID) -> Invitation:
    return get_object_or_404(Invitation, organization=request.organization, pk=pk)
