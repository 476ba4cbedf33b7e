"""An organization's keys for programs: the list, a new one, the end of some."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from catalogs.stac.models import Collection
from tenants import keys as tenant_keys
from tenants.key_limits import KeyRefused
from tenants.models import ApiKey
from tenants.roles import Role
from ui import key_list
from ui.access import permission
from ui.key_forms import KeyForm, RevokeForm
from ui.key_snippets import environment, snippets
from ui.proof import may_hand_out, to_prove
from ui.requests import MemberRequest

MANAGE = "tenants.manage_keys"


@permission(MANAGE)
def keys(request: MemberRequest) -> HttpResponse:
    """What was asked for before one had to show who one is comes back in the address."""
    form = _form(request, request.POST or (request.GET if "preset" in request.GET else None))
    if request.method != "POST" or not form.is_valid():
        return page(request, form)
    if not may_hand_out(request, form.limits["scopes"]):
        return page(request, form, prove=to_prove(request, "keys/"))
    try:
        made = _made(request, form)
    except KeyRefused as refusal:
        form.add_error(None, str(refusal))
        return page(request, form)
    return page(request, **made)


def page(request: MemberRequest, form: KeyForm | None = None, **more: Any) -> HttpResponse:
    """The list, beside a form; a key that was just made stands above, this once."""
    form = form or _form(request)
    shown = request.GET.get("show", "")
    listed = key_list.lines(request.organization)
    lines = [line for line in listed if line.fits(shown, request.user)]
    context = {"form": form, "lines": lines, "shown": shown, "filters": key_list.SHOWN, **more}
    template = "ui/keys.html" + ("#all" if request.htmx else "")
    status = 422 if form.errors or "prove" in more else 200
    return render(request, template, context, status=status)


def just_made(request: MemberRequest, made: ApiKey, text: str) -> dict[str, Any]:
    """The new key, and its text, which is shown this once."""
    ready = snippets(request.organization, text)
    dotenv = environment(request.organization, text)
    return {"made": made, "text": text, "snippets": ready, "environment": dotenv}


def _made(request: MemberRequest, form: KeyForm) -> dict[str, Any]:
    made, text = tenant_keys.issue(
        request.organization,
        creator=request.user,
        name=form.cleaned_data["name"],
        expires=form.expires,
        **form.limits,
    )
    return just_made(request, made, text)


def _form(request: MemberRequest, data: Any = None) -> KeyForm:
    never = request.membership.role == Role.OWNER
    return KeyForm(data, collections=collections(request), never=never)


def collections(request: MemberRequest) -> list[tuple[str, str]]:
    seen = Collection.objects.visible_to(request.user).order_by("title", "pk")
    return [(pk, title or pk) for pk, title in seen.values_list("pk", "title")]


def find(request: MemberRequest, key: int) -> ApiKey:
    own = ApiKey.objects.filter(organization=request.organization)
    return get_object_or_404(own.select_related("organization", "creator"), pk=key)


@permission(MANAGE)
def revoke(request: MemberRequest, key: int) -> HttpResponse:
    return _revoked(request, [find(request, key)])


@permission(MANAGE)
def revoke_all(request: MemberRequest) -> HttpResponse:
    """Those that were ticked in the list."""
    given = request.POST if request.method == "POST" else request.GET
    chosen = [int(each) for each in given.getlist("key")[:1000] if each.isdecimal()]
    own = ApiKey.objects.filter(organization=request.organization, revoked=None)
    found = list(own.filter(pk__in=[each for each in chosen if each < 2**63]).order_by("name"))
    if not found:
        messages.error(request, "Tick the keys that are to be revoked first.")
        return redirect("ui:keys")
    return _revoked(request, found)


def _revoked(request: MemberRequest, chosen: list[ApiKey]) -> HttpResponse:
    form = RevokeForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        context = {"chosen": chosen, "form": form, "along": _along(chosen)}
        status = 422 if form.errors else 200
        return render(request, "ui/key_revoke.html", context, status=status)
    reason, ended = form.cleaned_data["reason"], list[ApiKey]()
    for each in chosen:
        ended += tenant_keys.revoke(each, by=request.user, reason=reason)
    said = f"The key “{chosen[0]}” no longer works."
    messages.success(request, said if len(ended) <= 1 else f"{len(ended)} keys no longer work.")
    return redirect("ui:keys")


def _along(chosen: list[ApiKey]) -> list[ApiKey]:
    """Those that were made by the chosen ones, which end with them."""
    along, these = list[ApiKey](), chosen
    while these := list(tenant_keys.made_by(these)):
        along += these
    return [key for key in along if not key.is_over and key not in chosen]
