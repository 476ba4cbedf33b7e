"""How searches ask, and the indexes that make them fast."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from catalogs import indexing
from catalogs.audit import Actor
from catalogs.stac import index_advice, indexes
from catalogs.stac.errors import NotFound, Refused
from catalogs.stac.ranks import Rank
from ui.access import permission
from ui.requests import MemberRequest

CHANGE = "tenants.change_organization"  # who has it sees every collection, and so all properties


@require_GET
@permission(CHANGE)
def page(request: MemberRequest) -> HttpResponse:
    made = index_advice.made()
    context = {
        "made": made,
        "unfinished": any(each.row.open for each in made),
        "wanted": index_advice.wanted(),
        "most": indexes.MOST,
        "days": indexes.KEPT.days,
    }
    return render(request, "ui/indexes.html" + ("#rows" if request.htmx else ""), context)


@require_POST
@permission(CHANGE)
def make(request: MemberRequest) -> HttpResponse:
    asked = request.POST
    rank = Rank(asked.get("name", ""), asked.get("kind", ""), asked.get("order") == "falling")
    try:
        made = indexing.make(str(request.organization.pk), rank, actor=Actor.of(request.user))
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"The index on {made.name} is being made.")
    return redirect("ui:indexes")


@require_POST
@permission(CHANGE)
def drop(request: MemberRequest, index: int) -> HttpResponse:
    try:
        dropped = indexing.drop(str(request.organization.pk), index, actor=Actor.of(request.user))
    except NotFound:
        messages.error(request, "This index is gone already.")
    else:
        messages.success(request, f"The index on {dropped.name} is being dropped.")
    return redirect("ui:indexes")
