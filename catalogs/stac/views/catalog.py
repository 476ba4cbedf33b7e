"""The landing page, what it conforms to, and its description as OpenAPI."""

from typing import Any, TypedDict

from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from .. import answers, browsing, formats, links, openapi
from ..components import ref
from ..conformance import CONFORMS_TO
from ..models import Collection
from .base import StacView

AUTHENTICATION = "https://stac-extensions.github.io/authentication/v1.1.0/schema.json"
MOST_CHILDREN = 100  # collections that the landing page links itself


class About(TypedDict):
    """Who the catalog is: its id, title, and a description in CommonMark."""

    id: str
    title: str
    description: str


class Landing(StacView):
    """STAC API 1.0.0, core: the landing page."""

    @extend_schema(operation_id="getLandingPage", responses={(200, links.JSON): ref("Catalog")})
    def get(self, request: Request) -> HttpResponse:
        root = links.root(request)
        return answers.json_answer(
            {
                "type": "Catalog",
                "stac_version": "1.1.0",
                "stac_extensions": [AUTHENTICATION],
                **self.about(request),
                "auth:schemes": openapi.ways_in(self.get_authenticators()),
                "conformsTo": CONFORMS_TO,
                "links": _of_landing(root) + self.alternates(to=self.usual) + self.children(root),
            }
        )

    def about(self, request: HttpRequest) -> About:
        """A catalog that has a name overrides this."""
        return {"id": "catalog", "title": "Catalog", "description": "A STAC catalog."}

    def children(self, root: str) -> list[links.Link]:
        """Links to the collections that the asker may see, and to those beyond the first."""
        seen = Collection.objects.visible_to(self.request.user)
        return browsing.collections(seen, root, most=MOST_CHILDREN)


def _of_landing(root: str) -> list[links.Link]:
    """STAC API 1.0.0: core, "Link Relations", and those of features and item-search."""
    search = f"{root}search"
    return [
        links.link("self", root, links.JSON, "This catalog"),
        links.link("root", root, links.JSON, "This catalog"),
        links.link("service-desc", f"{root}api", links.OPENAPI, "The API, as OpenAPI 3.0"),
        links.link("service-doc", f"{root}api.html", "text/html", "The API, to read"),
        links.link("conformance", f"{root}conformance", links.JSON, "What it conforms to"),
        links.link("data", f"{root}collections", links.JSON, "Its collections"),
        links.link("children", f"{root}children", links.JSON, "Its collections, as children"),
        links.link("search", search, links.GEOJSON, "Search by GET", method="GET"),
        links.link("search", search, links.GEOJSON, "Search by POST", method="POST"),
        links.link(links.QUERYABLES, f"{root}queryables", links.SCHEMA, "What filters can ask"),
        links.link(links.SORTABLES, f"{root}sortables", links.SCHEMA, "What items are sorted by"),
        links.link("aggregations", f"{root}aggregations", links.JSON, "What can be counted"),
        *links.of_aggregate(root),
    ]


class Conformance(StacView):
    """OGC API Features 1, 7.4: the same list as on the landing page."""

    @extend_schema(operation_id="getConformance", responses={(200, links.JSON): ref("Conformance")})
    def get(self, request: Request) -> HttpResponse:
        return answers.json_answer({"conformsTo": CONFORMS_TO})


class Api(StacView):
    """The API as an OpenAPI 3.0 document (OGC API Features 1, oas30)."""

    schema = None
    usual = formats.OPENAPI
    patterns: Any = ()  # set by urls.patterns

    def get(self, request: Request) -> HttpResponse:
        server = {"url": links.root(request).rstrip("/")}
        described = {**openapi.describe(tuple(self.patterns)), "servers": [server]}
        return answers.json_answer(described, links.OPENAPI)


class ApiDocs(StacView):
    """The same as a page."""

    schema = None
    usual = formats.HTML

    def get(self, request: Request) -> HttpResponse:
        files = "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui"
        addresses = {
            "style": staticfiles_storage.url(f"{files}.css"),
            "script": staticfiles_storage.url(f"{files}-bundle.js"),
            "api": f"{links.root(request)}api",
        }
        return render(request._request, "stac/api.html", addresses)
