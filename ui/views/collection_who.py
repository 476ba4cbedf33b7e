"""Who sees a collection: everyone, the members, or those of them who are named."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from catalogs.access import name
from catalogs.stac import sight
from catalogs.stac.models import Collection
from tenants.names import Nameable, nameable
from ui.access import permission
from ui.requests import MemberRequest
from ui.views.collection_edit import found

CHOICES = [
    ("members", "All members", "Everyone in this organization, and their keys."),
    ("named", "Named ones", "Only the members and keys that you choose here."),
    ("public", "Everyone", "Anybody on the internet, without signing in."),
]


@dataclass(frozen=True)
class Row:
    nameable: Nameable
    chosen: bool
    own: bool


class WhoForm(forms.Form):
    visibility = forms.ChoiceField(choices=[(value, label) for value, label, _ in CHOICES])
    named = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, known: list[Nameable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(each.who, each.label) for each in known]
        self.fields["named"].choices = choices  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@permission("stac.change_collection")
def collection_who(request: MemberRequest, collection: str) -> HttpResponse:
    one, known = found(request, collection), nameable(request.organization)
    form = WhoForm(request.POST if request.method == "POST" else None, known=known)
    if request.method == "POST" and form.is_valid():
        chosen = [each for each in known if each.who in form.cleaned_data["named"]]
        name(one, form.cleaned_data["visibility"], chosen, by=request.user)
        messages.success(request, f"Who sees “{one}” is settled.")
        return redirect("ui:collection", one.pk)
    status = 422 if form.errors else 200
    return render(request, "ui/collection_who.html", context(request, one, known), status=status)


def context(request: MemberRequest, one: Collection, known: list[Nameable]) -> dict[str, Any]:
    listed, own = set(one.named.values_list("who", flat=True)), set(sight.names(request.user))
    rows = [Row(each, each.who in listed, each.who in own) for each in known]
    return {
        "collection": one,
        "choices": CHOICES,
        "members": [row for row in rows if row.nameable.kind == "member"],
        "keys": [row for row in rows if row.nameable.kind == "key"],
    }
