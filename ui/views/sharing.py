"""Links that show one collection, item or search to whoever has them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from catalogs import shares
from catalogs.models import Share
from catalogs.stac.errors import Refused
from catalogs.stac.models import Collection, Item
from ui.access import permission
from ui.requests import MemberRequest
from ui.share_forms import ShareForm

SHOWN = 200


@require_GET
@permission("catalogs.add_share")
def sharing(request: MemberRequest) -> HttpResponse:
    root = request.build_absolute_uri(reverse("ui:home"))
    newest = shares.managed_by(request.user).order_by("-created")[:SHOWN]
    rows = [(share, shares.told_address(share, root, to=request.user)) for share in newest]
    rows.sort(key=lambda row: not row[0].works)
    return render(request, "ui/sharing.html", {"rows": rows, "made": request.GET.get("made", "")})


@require_http_methods(["GET", "POST"])
@permission("catalogs.add_share")
def sharing_new(request: MemberRequest) -> HttpResponse:
    """The address says what: a collection, an item of it, else a search's parameters."""
    what = asked(request)
    named, back = about(request, what)
    sent = request.POST if request.method == "POST" else None
    form = ShareForm(sent, initial={"label": named[:80]})
    if request.method == "POST" and form.is_valid():
        label = form.cleaned_data["label"]
        try:
            made = shares.make(request.user, label=label, expires=form.expires, **what)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, "The link is made. Whoever has it sees what you share.")
            return redirect(f"{reverse('ui:sharing')}?made={made.pk}")
    context = {"form": form, "named": named, "back": back, "what": what}
    status = 422 if form.errors else 200
    return render(request, "ui/sharing_new.html", context, status=status)


def asked(request: MemberRequest) -> dict[str, Any]:
    given = {name: value for name, value in request.GET.dict().items() if value}
    if "collection" in given:
        return {name: given[name] for name in ("collection", "item") if name in given}
    return {"search": search(given)}


def search(given: dict[str, str]) -> dict[str, Any]:
    """The parameters of a search by GET, as they are posted: lists are lists."""
    lists = {name: given[name].split(",") for name in ("ids", "collections") if name in given}
    found: dict[str, Any] = given | lists
    if "bbox" in given:
        found["bbox"] = [_number(side) for side in given["bbox"].split(",")]
    return found


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text  # the verb says what is wrong with it


def about(request: MemberRequest, what: dict[str, Any]) -> tuple[str, str]:
    """What it is called, and its page; 404 where the asker sees no such thing."""
    if "search" in what:
        return "A search", reverse("ui:map")
    collection, item = what["collection"].replace("\0", ""), what.get("item", "").replace("\0", "")
    if item:
        seen = Item.objects.visible_to(request.user)
        one = get_object_or_404(seen, collection=collection, stac_id=item)
        return one.properties.get("title") or item, reverse("ui:item", args=[collection, item])
    home = get_object_or_404(Collection.objects.visible_to(request.user), pk=collection)
    return str(home), reverse("ui:collection", args=[collection])


@require_http_methods(["GET", "POST"])
@permission("catalogs.add_share")
def share_revoke(request: MemberRequest, id: UUID) -> HttpResponse:
    found: Share = get_object_or_404(shares.managed_by(request.user), pk=id)
    if request.method != "POST":
        return render(request, "ui/share_revoke.html", {"share": found})
    shares.revoke(found, by=request.user)
    messages.success(request, f"The link “{found}” opens nothing any more.")
    return redirect("ui:sharing")
