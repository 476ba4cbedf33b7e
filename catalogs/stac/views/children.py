"""The children of the catalog, and the way down to every item.

STAC API Children 1.0.0-rc.2 and Browseable 1.0.0-rc.3.
"""

from dataclasses import replace

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from .. import answers, browsing, links
from ..browsing import Node
from ..browsing_parameters import BrowseItemsParameters, BrowseParameters, ChildrenParameters
from ..components import ref
from ..listing import CHILDREN, Listing
from ..models import Collection, Item
from ..search import CollectionQuerySet
from .base import StacView
from .catalog import MOST_CHILDREN

_CATALOG = {(200, links.JSON): ref("Catalog")}
_CHILDREN = {(200, links.JSON): ref("Children")}


class Children(StacView):
    """All collections, and the catalog of further ones where the landing page links it."""

    parameters = {"GET": ChildrenParameters}

    @extend_schema(operation_id="getChildren", parameters=[ChildrenParameters], responses=_CHILDREN)
    def get(self, request: Request) -> HttpResponse:
        root, asked = links.root(request), {"limit": MOST_CHILDREN, **self.asked}
        seen = Collection.objects.visible_to(request.user)
        kind = asked.pop("type", None)
        rows = seen.none() if kind == "Catalog" else seen
        sent = request.query_params.dict()
        listing = Listing(CHILDREN, root, "children", lambda: rows, asked, sent)
        page = listing.page()
        if kind != "Collection" and page.next is None:
            page = replace(page, bodies=[*page.bodies, *further(seen, root)])
        text = listing.text(page, [links.to_root(root)])
        return HttpResponse(text, content_type=links.JSON)


def further(seen: CollectionQuerySet, root: str) -> list[bytes]:
    """The text of the catalog of further collections, where there is one."""
    ids = seen.order_by("pk").values_list("pk", flat=True)[MOST_CHILDREN - 1 : MOST_CHILDREN + 1]
    if len(ids) < 2:
        return []
    return [orjson.dumps(browsing.further(seen, root, ids[0]))]


class Browse(StacView):
    """Collections beyond those of the landing page."""

    parameters = {"GET": BrowseParameters}

    @extend_schema(operation_id="browse", parameters=[BrowseParameters], responses=_CATALOG)
    def get(self, request: Request) -> HttpResponse:
        seen = Collection.objects.visible_to(request.user)
        after = self.asked.get("after", "")
        return answers.json_answer(browsing.further(seen, links.root(request), after))


class BrowseItems(StacView):
    """The items of a collection, or of a part of time, as links or in smaller parts."""

    parameters = {"GET": BrowseItemsParameters}

    @extend_schema(
        operation_id="browseItems", parameters=[BrowseItemsParameters], responses=_CATALOG
    )
    def get(self, request: Request, collection: str, part: str = "") -> HttpResponse:
        home = self.collection(collection)
        items = Item.objects.visible_to(request.user).filter(collection=home)
        asked = {name: id for name, id in self.asked.items() if name != "f"}
        node = Node(links.root(request), home, items, part, **asked)
        return answers.json_answer(node.document())


class BrowsePart(BrowseItems):
    """The items of a part of time."""

    @extend_schema(
        operation_id="browsePart", parameters=[BrowseItemsParameters], responses=_CATALOG
    )
    def get(self, request: Request, collection: str, part: str = "") -> HttpResponse:
        return super().get(request, collection, part)
