"""What a key may do is changed, or another takes its place."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from tenants import keys as tenant_keys
from tenants.key_limits import KeyRefused, Limits
from tenants.models import ApiKey
from ui import key_forms
from ui.access import permission
from ui.key_forms import LimitsForm, RollForm
from ui.proof import is_surely_them, may_hand_out, to_prove
from ui.requests import MemberRequest
from ui.views import keys
from ui.views.keys import MANAGE


@permission(MANAGE)
def edit(request: MemberRequest, key: int) -> HttpResponse:
    """Narrowed freely; who widens has shown a moment ago that it is them."""
    found = keys.find(request, key)
    if found.is_over:
        messages.error(request, "This key works no more. Make a new one.")
        return redirect("ui:keys")
    form = _form(request, found)
    context: dict[str, Any] = {"key": found, "form": form}
    if request.method == "POST" and form.is_valid():
        if tenant_keys.widens(found, Limits.read(**form.limits)) and not is_surely_them(request):
            context["prove"] = to_prove(request, f"keys/{found.pk}/edit/")
        elif _changed(request, found, form):
            return redirect("ui:keys")
    status = 422 if form.errors or "prove" in context else 200
    return render(request, "ui/key_edit.html", context, status=status)


def _form(request: MemberRequest, key: ApiKey) -> LimitsForm:
    """What was asked for before one had to show who one is comes back in the address."""
    asked = request.POST or (request.GET if "preset" in request.GET else None)
    return LimitsForm(asked, initial=key_forms.of(key), collections=keys.collections(request))


def _changed(request: MemberRequest, key: ApiKey, form: LimitsForm) -> bool:
    try:
        tenant_keys.change(key, by=request.user, name=form.cleaned_data["name"], **form.limits)
    except KeyRefused as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, "Saved. It counts from the next request on.")
    return True


@permission(MANAGE)
def roll(request: MemberRequest, key: int) -> HttpResponse:
    found = keys.find(request, key)
    form = RollForm(request.POST or (request.GET if "overlap" in request.GET else None))
    context: dict[str, Any] = {"key": found, "form": form}
    if request.method == "POST" and form.is_valid():
        if not may_hand_out(request, found.scopes):
            context["prove"] = to_prove(request, f"keys/{found.pk}/roll/")
        elif rolled := _rolled(request, found, form):
            return rolled
    status = 422 if form.errors or "prove" in context else 200
    return render(request, "ui/key_roll.html", context, status=status)


def _rolled(request: MemberRequest, key: ApiKey, form: RollForm) -> HttpResponse | None:
    try:
        made, text = tenant_keys.roll(key, by=request.user, overlap=form.hours)
    except KeyRefused as refusal:
        form.add_error(None, str(refusal))
        return None
    return keys.page(request, **keys.just_made(request, made, text))
