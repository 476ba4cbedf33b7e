"""The page of dropped files: what is on its way, what waits for review, what became of the rest."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from catalogs import uploads as verbs
from catalogs.audit import Actor
from catalogs.models import Upload
from catalogs.stac import links
from catalogs.stac.models import Collection, Item
from catalogs.views import mine
from tenants.requests import Request
from ui import review, snippets
from ui.access import permission

SHOWN = 200
CARDS = 25  # drafts on a page: each is a form with a map
KEPT = timedelta(days=1)  # how long a published file stays in the list

State = Upload.State


@require_GET
@permission("catalogs.add_upload")
def uploads(request: Request) -> HttpResponse:
    return render_list(request)


def render_list(request: Request, published: Sequence[Item] = ()) -> HttpResponse:
    """The page; for htmx only its list, with a message about what was just published."""
    fragment = bool(request.headers.get("HX-Request"))
    template = "ui/uploads.html" + ("#rows" if fragment else "")
    told = {"published": published, "snippets": use_it(request, published)}
    return render(request, template, context(request) | told)


def use_it(request: Request, published: Sequence[Item]) -> list[snippets.Snippet]:
    """How a program finds what was just published."""
    if not published:
        return []
    first, root = published[0], links.root(request)
    private = first.collection.visibility != Collection.Visibility.PUBLIC
    if len(published) == 1:
        place = (first.collection_id, first.stac_id)
        ready = snippets.of_item(root, place, str(first), private, "")
    else:
        ready = snippets.of_collection(root, first.collection_id, str(first.collection), private)
    return [snippet for snippet in ready if snippet.label in ("pystac-client", "curl")]


def context(request: Request) -> dict[str, Any]:
    recent = mine(request).exclude(state=State.ABORTED)
    old = recent.filter(state=State.PUBLISHED, updated__lt=timezone.now() - KEPT)
    shown = list(recent.exclude(pk__in=old.values("pk")).order_by("-created")[:SHOWN])
    waiting = review.visible(request)
    drafts = Paginator(waiting, CARDS).get_page(request.GET.get("page"))
    undated = review.undated(waiting)
    return {
        "uploads": [upload for upload in shown if upload.state != State.REVIEW],
        "drafts": drafts,
        "previous": f"?page={drafts.previous_page_number()}" if drafts.has_previous() else "",
        "next": f"?page={drafts.next_page_number()}" if drafts.has_next() else "",
        "cards": review.cards(request, drafts),
        "ready": drafts.paginator.count - undated,
        "undated": undated,
        "unfinished": any(upload.working for upload in shown),
        **destinations(request, shown),
    }


def destinations(request: Request, shown: list[Upload]) -> dict[str, Any]:
    """Where the next files go: the collection asked for, else the one that was used last."""
    collections = review.homes(request)
    known = {collection.pk for collection in collections}
    used = [upload.item_collection or upload.collection for upload in shown]
    wanted = [request.GET.get("collection", ""), *used]
    return {
        "collections": collections,
        "into": next((pk for pk in wanted if pk in known), ""),
        "new_title": "New collection" if collections else "My first collection",
    }


def found(request: Request, id: UUID) -> Upload:
    upload: Upload = get_object_or_404(mine(request), pk=id)
    return upload


def answer(request: Request) -> HttpResponse:
    """The list again: as a fragment, or by going back to its page."""
    return render_list(request) if request.headers.get("HX-Request") else redirect("ui:uploads")


@require_POST
@permission("catalogs.add_upload")
def upload_again(request: Request, id: UUID) -> HttpResponse:
    verbs.retry(found(request, id), Actor.of(request.user))
    return answer(request)


@require_POST
@permission("catalogs.add_upload")
def upload_remove(request: Request, id: UUID) -> HttpResponse:
    verbs.abort(found(request, id), Actor.of(request.user))
    return answer(request)
