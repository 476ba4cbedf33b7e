"""Making, editing and deleting a collection."""

import re
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from catalogs import collections
from catalogs.access import name
from catalogs.audit import Actor
from catalogs.models import Intake
from catalogs.stac import links, sight
from catalogs.stac.errors import Changed, Refused
from catalogs.stac.models import Collection
from catalogs.stac.transactions import HeldFile
from tenants.names import nameable
from tenants.requests import Request
from ui import cards, pictures
from ui.access import permission
from ui.collection_forms import (
    CollectionForm,
    ProviderForms,
    TitleForm,
    apply_providers,
    providers_of,
)
from ui.views import conflicts, trash

Document = dict[str, Any]


def found(request: Request, collection: str) -> Collection:
    seen = Collection.objects.visible_to(request.user)
    one: Collection = get_object_or_404(seen, pk=collection)
    return one


@require_http_methods(["GET", "POST"])
@permission("stac.add_collection")
def collection_new(request: Request) -> HttpResponse:
    form, rows = forms_of(request, None, None)
    if request.method == "GET" or "more" in request.POST:
        return page(request, None, form, rows)
    if not all([form.is_valid(), rows.is_valid()]):
        return page(request, None, form, rows, status=422)
    document = form.applied()
    apply_providers(document, rows)
    held = held_of(request, form, None)
    pictured(document, held)
    try:
        made = create(request, form, document, held)
    except Refused as refused:
        return page(request, None, form, rows, status=422, refused=refused.message)
    messages.success(request, f"“{made}” is made. Drop files on its page to fill it.")
    return redirect("ui:collection", made.pk)


@transaction.atomic
def create(
    request: Request, form: CollectionForm, document: Document, held: list[HeldFile]
) -> Collection:
    actor = Actor.of(request.user)
    visibility = form.cleaned_data["visibility"]
    made = collections.create(document, actor=actor, visibility=visibility, derived=True, held=held)
    if not form.cleaned_data["convert"]:
        collections.convert_files(made, False, actor=actor)
    if visibility == sight.NAMED:
        show_to(request, made, visibility)
    hold_to(made, form, actor)
    return made


@require_http_methods(["GET", "POST"])
@permission("stac.change_collection")
def collection_edit(request: Request, collection: str) -> HttpResponse:
    one = found(request, collection)
    document = one.to_stac(links.root(request))
    if (chosen := conflicts.resolved(request, document)) is not None:
        return save(request, one, chosen, document)
    form, rows = forms_of(request, one, document)
    if request.method == "GET" or "more" in request.POST:
        return page(request, one, form, rows)
    if not all([form.is_valid(), rows.is_valid()]):
        return page(request, one, form, rows, status=422)
    yours = form.applied()
    apply_providers(yours, rows)
    return save(request, one, yours, document, form)


@require_POST
@permission("stac.change_collection")
def collection_rename(request: Request, collection: str) -> HttpResponse:
    """Another title, from wherever the collection is named; its id stays."""
    one = found(request, collection)
    form = TitleForm(request.POST)
    if form.is_valid():
        one = collections.rename(one, form.cleaned_data["title"], actor=Actor.of(request.user))
    if request.headers.get("HX-Request"):
        return render(request, "ui/_rename.html", {"collection": one, "form": form, "within": True})
    for problem in form.errors.get("title", []):
        messages.error(request, str(problem))
    return redirect("ui:collection", one.pk)


def forms_of(
    request: Request, one: Collection | None, document: Document | None
) -> tuple[CollectionForm, Any]:
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    initial = {}
    if one is not None:
        convert = Intake.of(one.pk).convert
        initial = {
            "visibility": one.visibility,
            "strictness": one.strictness,
            "require_if_match": one.require_if_match,
            "convert": convert,
        }
    form = CollectionForm(
        document, data, files, initial=initial, pictured=pictures.items_with_one(one)
    )
    if data is not None and "more" in data:
        typed = data.get("providers-TOTAL_FORMS", "")
        total = int(typed) + 1 if re.fullmatch(r"[0-9]{1,9}", typed) else 1
        asked = data.copy()
        asked["providers-TOTAL_FORMS"] = str(total)
        return form, ProviderForms(asked, prefix="providers", initial=providers_of(document))
    rows = ProviderForms(data, prefix="providers", initial=providers_of(document))
    return form, rows


def page(
    request: Request,
    one: Collection | None,
    form: CollectionForm,
    rows: Any,
    status: int = 200,
    refused: str = "",
) -> HttpResponse:
    context = {
        "collection": one,
        "picture": picture_of(one),
        "form": form,
        "rows": rows,
        "refused": refused,
        "etag": request.POST.get("etag", one.etag if one else ""),
        "errors": errors_of(form, rows) if form.is_bound and "more" not in request.POST else [],
    }
    return render(request, "ui/collection_edit.html", context, status=status)


def picture_of(one: Collection | None) -> str:
    if one is None:
        return ""
    return cards.picture_of_collection(
        cards.collections(Collection.objects.filter(pk=one.pk)).get()
    )


def errors_of(form: CollectionForm, rows: Any) -> list[tuple[str, str, str]]:
    return [
        (each[name].auto_id, str(each[name].label), message)
        for each in (form, *rows)
        for name, found in each.errors.items()
        if name in each.fields
        for message in found
    ]


def save(
    request: Request,
    one: Collection,
    yours: Document,
    before: Document,
    form: CollectionForm | None = None,
) -> HttpResponse:
    held = held_of(request, form, one) if form else []
    pictured(yours, held)
    try:
        write(request, one, yours, form, held)
    except Changed:
        settle(request, one, form)  # who sees it is in no version of the document
        newest = found(request, one.pk)
        theirs = newest.to_stac(links.root(request))
        return conflicts.show(
            request, yours, theirs, before, newest.etag, collection=newest, item=None
        )
    messages.success(request, "Saved.")
    return redirect("ui:collection", one.pk)


@transaction.atomic
def write(
    request: Request,
    one: Collection,
    yours: Document,
    form: CollectionForm | None,
    held: list[HeldFile],
) -> None:
    actor = Actor.of(request.user)
    etag = request.POST.get("etag", "")
    collections.replace(one, yours, actor=actor, if_match=f'"{etag}"', held=held)
    settle(request, one, form)


@transaction.atomic
def settle(request: Request, one: Collection, form: CollectionForm | None) -> None:
    """What is kept beside the document."""
    if form is None:
        return
    actor = Actor.of(request.user)
    if "visibility" in form.changed_data:
        show_to(request, one, form.cleaned_data["visibility"])
    if "convert" in form.changed_data:
        collections.convert_files(one, form.cleaned_data["convert"], actor=actor)
    if "require_if_match" in form.changed_data:
        collections.ask_for_versions(one, form.cleaned_data["require_if_match"], actor=actor)
    hold_to(one, form, actor)


def show_to(request: Request, one: Collection, visibility: str) -> None:
    """Those who are named stay so."""
    assert request.organization is not None
    listed = set(one.named.values_list("who", flat=True))
    stay = [each for each in nameable(request.organization) if each.who in listed]
    name(one, visibility, stay, by=request.user)


def hold_to(one: Collection, form: CollectionForm, actor: Actor) -> None:
    """How much extensions count, where that was said and is new."""
    chosen = form.cleaned_data["strictness"]
    if chosen and chosen != one.strictness:
        collections.check_with(one, chosen, actor=actor)


def held_of(request: Request, form: CollectionForm, one: Collection | None) -> list[HeldFile]:
    """The new picture's bytes, stored before anything is locked; none where the picture stays.

    What is refused then is swept from the bucket.
    """
    assert request.organization is not None
    owner = str(request.organization.pk)
    if picture := form.cleaned_data.get("thumbnail"):
        return [pictures.keep(owner, picture)]
    if one is not None and (chosen := form.cleaned_data.get("thumbnail_from")):
        return [pictures.copy_of_item(owner, one, chosen)]
    return []


def pictured(document: Document, held: list[HeldFile]) -> None:
    for file in held:
        asset = {"title": "Thumbnail", "type": file.media_type, "roles": ["thumbnail"]}
        document.setdefault("assets", {})[file.key] = asset


@require_http_methods(["GET", "POST"])
@permission("stac.delete_collection")
def collection_delete(request: Request, collection: str) -> HttpResponse:
    one = found(request, collection)
    typed = request.POST.get("name", "").strip()
    wrong = request.method == "POST" and one.count > 0 and typed not in (one.pk, one.title)
    if request.method == "GET" or wrong:
        context = {"collection": one, "wrong": wrong, "typed": typed}
        return render(request, "ui/collection_delete.html", context, status=422 if wrong else 200)
    collections.delete(one, actor=Actor.of(request.user), cascade=True)
    trash.offer_undo(request, collection)
    return redirect("ui:home")
