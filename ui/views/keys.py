"""An organization's keys for programs."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from tenants import keys as tenant_keys
from tenants.key_limits import KeyRefused
from tenants.models import ApiKey
from ui.access import permission
from ui.forms import KeyForm
from ui.key_snippets import snippets
from ui.requests import MemberRequest

SOON = timedelta(days=14)


@permission("tenants.manage_keys")
def keys(request: MemberRequest) -> HttpResponse:
    form = KeyForm(request.POST or None)
    context = {}
    if request.method == "POST" and form.is_valid():
        try:
            context = _made(request, form)
        except KeyRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            form = KeyForm()
    now = timezone.now()
    context |= {"form": form, "keys": _listed(request), "now": now, "soon": now + SOON}
    template = "ui/keys.html" + ("#all" if request.htmx else "")
    return render(request, template, context, status=422 if form.errors else 200)


def _made(request: MemberRequest, form: KeyForm) -> dict[str, Any]:
    """The new key, and its text, which is shown this once."""
    made, text = tenant_keys.issue(
        request.organization,
        creator=request.user,
        name=form.cleaned_data["name"],
        scopes=form.scopes,
        expires=form.expires,
    )
    return {"made": made, "text": text, "snippets": snippets(request.organization, text)}


def _listed(request: MemberRequest) -> list[ApiKey]:
    found = ApiKey.objects.filter(organization=request.organization).select_related("creator")
    return sorted(found.order_by("-created"), key=lambda key: not _works(key))


def _works(key: ApiKey) -> bool:
    return key.revoked is None and (key.expires is None or key.expires > timezone.now())


@permission("tenants.manage_keys")
def revoke(request: MemberRequest, key: int) -> HttpResponse:
    found = get_object_or_404(ApiKey, organization=request.organization, pk=key)
    if request.method != "POST":
        return render(request, "ui/key_revoke.html", {"key": found})
    tenant_keys.revoke(found, by=request.user)
    messages.success(request, f"The key “{found.name}” no longer works.")
    return redirect("ui:keys")
