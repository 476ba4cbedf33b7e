"""Review: what was found in a file, looked over and published."""

import re
from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from catalogs import drafts as verbs
from catalogs.audit import Actor
from catalogs.models import Draft
from catalogs.stac.errors import Refused
from catalogs.stac.models import Item
from catalogs.storage import assets
from tenants.requests import Request
from ui.access import permission
from ui.review import Card, card, visible
from ui.views import uploads


def found(request: Request, id: UUID) -> Draft:
    return get_object_or_404(visible(request), pk=id)


def is_fragment(request: Request) -> bool:
    return bool(request.headers.get("HX-Request"))


def answer_card(request: Request, one: Card, status: int = 200) -> HttpResponse:
    inlist = is_fragment(request)
    template = "ui/draft.html" + ("#card" if inlist else "")
    return render(request, template, {"card": one, "inlist": inlist}, status=status)


def answer_list(request: Request, published: Sequence[Item] = ()) -> HttpResponse:
    """The list as it is now, in its place; without htmx, its page."""
    if not is_fragment(request):
        return redirect("ui:uploads")
    response = uploads.render_list(request, published=published)
    response.headers["HX-Retarget"] = "#list"
    response.headers["HX-Reswap"] = "innerMorph"
    return response


@require_http_methods(["GET", "POST"])
@permission("catalogs.add_upload")
def draft(request: Request, id: UUID) -> HttpResponse:
    one = found(request, id)
    if request.method == "GET":
        return render(request, "ui/draft.html", {"card": card(request, one)})
    bad = save(request, one)
    if bad is not None:
        return answer_card(request, bad, status=422)
    if is_fragment(request):
        return answer_card(request, card(request, found(request, id)))
    messages.success(request, "Saved.")
    return redirect("ui:draft", id)


def save(request: Request, one: Draft) -> Card | None:
    """Keeps what was typed; gives the card back when it cannot be."""
    filled = card(request, one, request.POST)
    if not filled.form.is_valid():
        return filled
    changes = filled.form.changes()
    version = request.POST.get("version", "")
    try:
        if changes:
            verbs.save(
                one,
                changes,
                actor=Actor.of(request.user),
                version=int(version) if re.fullmatch(r"[0-9]{1,9}", version) else None,
            )
    except Refused as refused:
        filled.refused = refused.message
        return filled
    return None


@require_POST
@permission("stac.add_item")
def draft_publish(request: Request, id: UUID) -> HttpResponse:
    one = found(request, id)
    bad = save(request, one)
    if bad is not None:
        return answer_card(request, bad, status=422)
    try:
        item = verbs.publish(found(request, id), actor=Actor.of(request.user))
    except Refused as refused:
        fresh = card(request, found(request, id), refused=refused.message)
        return answer_card(request, fresh, status=422)
    if not is_fragment(request):
        messages.success(request, f"Published “{item.stac_id}”: it can be searched now.")
        return redirect("ui:item", item.collection_id, item.stac_id)
    return answer_list(request, published=[item])


@require_POST
@permission("stac.add_item")
def publish_all(request: Request) -> HttpResponse:
    waiting = [one for one in visible(request) if not one.missing]
    published, left = verbs.publish_all(waiting, actor=Actor.of(request.user))
    for one, why in left:
        messages.error(request, f"{one}: {why}")
    if published and not is_fragment(request):
        messages.success(request, f"Published {len(published)} items.")
    return answer_list(request, published=published)


@require_POST
@permission("catalogs.add_upload")
def draft_dates(request: Request) -> HttpResponse:
    """The same date for every draft that has none."""
    for one in visible(request):
        if not one.dated:
            moment = request.POST.get("datetime", "").strip()
            verbs.save(one, {"datetime": moment}, actor=Actor.of(request.user))
    return answer_list(request)


@require_POST
@permission("catalogs.add_upload")
def draft_discard(request: Request, id: UUID) -> HttpResponse:
    verbs.discard(found(request, id), actor=Actor.of(request.user))
    return answer_list(request)


@require_GET
@permission("catalogs.add_upload")
def draft_picture(request: Request, id: UUID) -> HttpResponse:
    """The thumbnail; its signed address lives for minutes, so pages hold this one."""
    held = found(request, id).file("thumbnail")
    if held is None:
        raise Http404
    url = assets().url(held["name"], media_type=held["media_type"], inline=True)
    return HttpResponseRedirect(url, headers={"Cache-Control": "no-store"})
