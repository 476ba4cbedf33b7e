"""What a link shows: where it is, its items, their files, and how programs use it."""

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalogs.models import Share
from catalogs.shares import Visitor
from catalogs.stac import links
from catalogs.stac.models import Collection, Item
from ui import addresses, cards, paging, snippets
from ui.serializers import FootprintSerializer

PAGE = 24


@require_safe
def shared(request: HttpRequest) -> HttpResponse:
    visitor = request.user
    assert isinstance(visitor, Visitor)
    items = cards.items(Item.objects.visible_to(visitor).annotate(outline=F("geometry")))
    page = paging.page(items, request.GET, PAGE, of=f"share {visitor.share.pk}")
    root = links.root(request)
    return render(
        request,
        "ui/shared.html",
        {
            "share": visitor.share,
            "collection": Collection.objects.visible_to(visitor).first(),
            "page": page,
            "footprints": FootprintSerializer(page.rows, many=True).data,
            "exports": addresses.exports(reverse("stac:search")),
            "snippets": use_it(root, visitor.share),
            "stac_browser": snippets.stac_browser(root),
            "root": root,
        },
    )


def use_it(root: str, share: Share) -> list[snippets.Snippet]:
    if share.kind == Share.Kind.COLLECTION:
        return snippets.of_collection(root, share.collection, share.label, private=False)
    return snippets.of_search(root, share.label)
