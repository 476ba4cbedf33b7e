"""Editing an item: a form and the whole document, saved only over the version that was read."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from catalogs import drafts, items
from catalogs.audit import Actor
from catalogs.stac import learning, links, upgrading
from catalogs.stac.errors import Changed, Refused
from catalogs.stac.models import Item
from tenants.requests import Request
from ui import compare, fields
from ui.access import permission
from ui.item_forms import ItemForms
from ui.views import conflicts, trash

Document = dict[str, Any]


def found(request: Request, collection: str, item: str) -> Item:
    seen = Item.objects.visible_to(request.user).select_related("collection")
    one: Item = get_object_or_404(seen.defer(None), collection=collection, stac_id=item)
    return one


@require_http_methods(["GET", "POST"])
@permission("stac.change_item")
def item_edit(request: Request, collection: str, item: str) -> HttpResponse:
    one = found(request, collection, item)
    document = one.to_stac(links.root(request))
    if request.method == "GET":
        return form_page(request, one, ItemForms(document))
    if "document" in request.POST:
        return save_text(request, one, document)
    if (chosen := conflicts.resolved(request, document)) is not None:
        return save(request, one, chosen, document)
    forms = ItemForms(document, request.POST)
    if "add" in request.POST or not forms.is_valid():
        status = 200 if "add" in request.POST else 422
        return form_page(request, one, forms, status=status)
    return save(request, one, forms.applied(), document, forms)


def form_page(
    request: Request, item: Item, forms: ItemForms, status: int = 200, refused: str = ""
) -> HttpResponse:
    context = {
        "item": item,
        "collection": item.collection,
        "forms": forms,
        "etag": request.POST.get("etag", item.etag),
        "refused": refused,
        "checked": forms.item.is_bound and "add" not in request.POST,
        "known": known_fields(forms.document),
    }
    return render(request, "ui/item_edit.html", context, status=status)


def known_fields(document: Document) -> list[tuple[str, str]]:
    """What may be added, by the names that specifications give."""
    there = document["properties"]
    names = fields.known()["metadata"]
    return [(key, fields.label_of(key)) for key in names if key not in there and key != "*"]


def save(
    request: Request,
    item: Item,
    yours: Document,
    before: Document,
    forms: ItemForms | None = None,
) -> HttpResponse:
    """Writes, where nobody wrote in between; else shows both versions."""
    etag = request.POST.get("etag", "")
    try:
        actor = Actor.of(request.user)
        written = items.replace(item, yours, actor=actor, if_match=f'"{etag}"')
    except Changed:
        return conflict(request, item, yours, before)
    except Refused as refused:
        if forms is None:
            return text_page(request, item, pretty(yours), refused)
        return form_page(request, item, forms, 422, f"{refused.pointer or ''} {refused.message}")
    messages.success(request, "Saved.")
    if written.report:
        told = f"Its extensions have something to say: {written.report.in_short()}."
        messages.warning(request, told)
    return redirect("ui:item", item.collection_id, item.stac_id)


def conflict(request: Request, item: Item, yours: Document, before: Document) -> HttpResponse:
    newest = found(request, item.collection_id, item.stac_id)
    theirs = newest.to_stac(links.root(request))
    return conflicts.show(
        request, yours, theirs, before, newest.etag, item=newest, collection=newest.collection
    )


# ---- the document as text
@require_http_methods(["GET"])
@permission("stac.change_item")
def item_json(request: Request, collection: str, item: str) -> HttpResponse:
    one = found(request, collection, item)
    stored = one.to_stac(links.root(request))
    if "upgrade" not in request.GET:
        return text_page(request, one, pretty(stored), status=200)
    upgraded = upgrading.upgrade(stored)
    changes = compare.differences(upgraded, stored, stored)
    return text_page(
        request, one, pretty(upgraded), status=200, before=pretty(stored), changes=changes
    )


def text_page(
    request: Request,
    item: Item,
    text: str,
    refused: Refused | None = None,
    status: int = 422,
    **more: Any,
) -> HttpResponse:
    context = {
        "item": item,
        "collection": item.collection,
        "text": text,
        "before": request.POST.get("before", text),
        "etag": request.POST.get("etag", item.etag),
        "refused": refused,
        "is_older": f'"stac_version": "{upgrading.VERSION}"' not in text,
        **more,
    }
    return render(request, "ui/item_json.html", context, status=status)


def save_text(request: Request, item: Item, document: Document) -> HttpResponse:
    text = request.POST["document"]
    try:
        yours = conflicts.read(text)
        before = conflicts.read(request.POST.get("before") or pretty(document))
    except Refused as refused:
        return text_page(request, item, text, refused)
    return save(request, item, yours, before)


@require_POST
@permission("stac.change_item")
def item_check(request: Request, collection: str, item: str) -> HttpResponse:
    """Would this text be taken? The fault is placed at its line by the editor."""
    one = found(request, collection, item)
    refused: Refused | None = None
    report = None
    try:
        yours = conflicts.read(request.POST.get("document", ""))
        learning.learn([yours])
        held = [row.key for row in one.held_assets.all()]
        report = Item.from_stac(yours, one.collection, held).report
        if yours["id"] != one.stac_id:
            raise Refused(f"The id must stay {one.stac_id!r}.", pointer="/id")
    except Refused as fault:
        refused = fault
    context = {"refused": refused, "asked": True, "report": report}
    return render(request, "ui/item_json.html#checked", context)


def pretty(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


# ---- out of the catalog
@require_http_methods(["GET", "POST"])
@permission("stac.delete_item")
def item_delete(request: Request, collection: str, item: str) -> HttpResponse:
    one = found(request, collection, item)
    if request.method == "GET":
        return render(request, "ui/item_delete.html", {"item": one, "collection": one.collection})
    items.delete(one, actor=Actor.of(request.user))
    trash.offer_undo(request, collection, item)
    return redirect("ui:collection", collection)


@require_POST
@permission("stac.change_item")
def item_unpublish(request: Request, collection: str, item: str) -> HttpResponse:
    one = found(request, collection, item)
    draft = drafts.unpublish(one, actor=Actor.of(request.user))
    messages.success(request, f"“{one.stac_id}” is a draft again; nobody finds it until published.")
    return redirect("ui:draft", draft.pk)
