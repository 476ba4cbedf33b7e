"""A person's organizations: the list, a new one, its settings."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from tenants import invitations, lifecycle, mail_domains, slugs
from tenants.lifecycle import LifecycleRefused
from tenants.models import Membership, Organization
from tenants.signup import OrganizationRefused, create_organization
from tenants.slugs import HELD, SlugRefused, slug_problem, suggest_slug
from ui.access import permission, signed_in
from ui.addresses import platform
from ui.organization_forms import DeletionForm, OrganizationForm, OrganizationNameForm
from ui.requests import MemberRequest, PersonRequest


@signed_in
def organizations(request: PersonRequest) -> HttpResponse:
    mine = Membership.objects.filter(user=request.user).select_related("organization")
    memberships = mine.order_by("organization__name")
    if request.htmx:
        active = memberships.filter(organization__state=Organization.State.ACTIVE)
        return render(request, "ui/organizations.html#switcher", {"memberships": active})
    invited = [(each, invitations.link(each)) for each in invitations.open_for(request.user)]
    offers = mail_domains.offered(request.user)
    context = {"memberships": memberships, "invited": invited, "offers": offers}
    return render(request, "ui/organizations.html", context)


@signed_in
def new(request: PersonRequest) -> HttpResponse:
    form = OrganizationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_organization(**form.cleaned_data, owner=request.user)
        except OrganizationRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(made.path)
    if already := form.errors and _sent_twice(request, form):
        return redirect(already.path)
    context = {"form": form, **_checked(form["slug"].value() or "")}
    context["offers"] = mail_domains.offered(request.user)
    return render(request, "ui/organization_new.html", context, status=422 if form.errors else 200)


def _sent_twice(request: PersonRequest, form: OrganizationForm) -> Organization | None:
    """The one that the first of two equal requests has just made."""
    name, slug = form.cleaned_data.get("name"), form.data.get("slug", "")
    if not name or "\0" in slug:
        return None
    mine = Organization.objects.filter(memberships__user=request.user)
    found: Organization | None = mine.filter(slug=slug, name=name).first()
    return found


@signed_in
@require_GET
def slug(request: PersonRequest) -> HttpResponse:
    """What a name would become, or whether a short name is free."""
    name, typed = request.GET.get("name", ""), request.GET.get("slug", "").strip().lower()
    if request.GET.get("for") == "name" and typed == request.GET.get("suggested", ""):
        context = _checked(suggest_slug(name))
        return render(request, "ui/organization_new.html#slug", context)
    return render(request, "ui/organization_new.html#state", _checked(typed))


def _checked(slug: str, organization: Organization | None = None) -> dict[str, str]:
    return {
        "slug": slug,
        "problem": slug_problem(slug, organization) if slug else "",
        "address": f"{settings.PLATFORM_URL}/o/{slug}/stac/" if slug else "",
    }


@permission("tenants.change_organization")
def organization(request: MemberRequest) -> HttpResponse:
    form = OrganizationNameForm(request.POST or None, instance=request.organization)
    if request.method == "POST" and form.is_valid():
        lifecycle.rename(request.organization, form.cleaned_data["name"], by=request.user)
        messages.success(request, "The name is saved.")
        return redirect("ui:organization")
    if form.errors:
        request.organization.refresh_from_db(fields=["name"])
    context = {
        "form": form,
        "hosts": request.organization.domains.order_by("-is_primary", "domain"),
    }
    return render(request, "ui/organization.html", context, status=422 if form.errors else 200)


@permission("tenants.change_addresses")
def change_slug(request: MemberRequest) -> HttpResponse:
    """Leads to the new address of the same page."""
    sent = request.POST if request.method == "POST" else request.GET
    slug = sent.get("slug", request.organization.slug).strip().lower()
    if request.method == "POST":
        try:
            slugs.change_slug(request.organization, slug, by=request.user)
        except SlugRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "The short name is changed. Old addresses lead here.")
            return redirect(f"{settings.PLATFORM_URL}/o/{slug}/settings/")
    context = _checked(slug, request.organization) | {"held": HELD.days}
    if request.htmx:
        return render(request, "ui/organization_new.html#state", context)
    status = 422 if request.method == "POST" else 200
    return render(request, "ui/organization_slug.html", context, status=status)


@permission("tenants.delete_organization")
def delete(request: MemberRequest) -> HttpResponse:
    """Only for who types its short name: nobody does that by mistake."""
    form = DeletionForm(request.POST or None, organization=request.organization)
    if request.method == "POST" and form.is_valid():
        lifecycle.delete(request.organization, by=request.user)
        messages.success(request, f"{request.organization} is deleted.")
        return redirect(platform("platform:organizations"))
    context = {"form": form, "grace": lifecycle.GRACE.days, "held": HELD.days}
    status = 422 if form.errors else 200
    return render(request, "ui/organization_delete.html", context, status=status)


@require_POST
@signed_in
def keep(request: PersonRequest, slug: str) -> HttpResponse:
    """On the platform, where alone its owner still meets it."""
    mine = Membership.objects.select_related("organization").filter(user=request.user)
    found = get_object_or_404(mine, organization__slug=slug).organization
    try:
        lifecycle.keep(found, by=request.user)
    except LifecycleRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{found} is back, as it was.")
    return redirect("platform:organizations")
