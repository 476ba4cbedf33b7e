"""What every resource of the API has in common."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.utils.cache import patch_vary_headers
from django.utils.encoding import escape_uri_path
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.views import APIView

from .. import compression, errors, formats, links, pages, upgrading
from ..components import ref
from ..errors import ConditionRequired, Invalid, NotFound
from ..formats import Form
from ..models import Collection, Item
from ..parameters import Parameters
from ..parsers import GeoJSONParser, JSONParser, JSONPatchParser, MergePatchParser

_EXPOSED = (
    "Allow, ETag, Last-Modified, Link, Location, Preference-Applied, RateLimit, RateLimit-Policy, "
    "Retry-After"
)
_ACCEPTED = (
    "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Prefer, "
    "X-Api-Key"
)
_VARY = ("Accept", "Accept-Encoding", "Accept-Language", "Authorization", "X-Api-Key", "Cookie")


class Negotiation(BaseContentNegotiation):
    """Of the forms that a view has, by `f` or `Accept`."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        sent = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        form = formats.choose(request, renderers)
        return form, form.media_type


class StacView(APIView):
    """Reads the parameters, asks one verb, answers; refusals are problem+json.

    `writes` says which permission each writing method asks for; OPTIONS answers from it too.
    `usual` is the form of the documents that GET answers. Every one of them is also a page, which
    is made of the document and so shows what that shows; `tables` are what else there is.
    """

    content_negotiation_class = Negotiation
    parser_classes: Sequence[type[BaseParser]] = (JSONParser, GeoJSONParser)
    permission_classes = ()
    parameters: ClassVar[Mapping[str, type[Parameters]]] = {}
    writes: ClassVar[Mapping[str, str]] = {}
    usual: ClassVar[Form] = formats.JSON
    tables: ClassVar[Sequence[Form]] = ()
    asked: dict[str, Any]

    def get_renderers(self) -> Any:
        """The forms that there are, the usual one first."""
        return list(dict.fromkeys([self.usual, formats.HTML, *self.tables]))

    @property
    def form(self) -> Form:
        """In which the answer goes out."""
        chosen: Form = getattr(self.request, "accepted_renderer", self.usual)
        return chosen

    def alternates(self, to: Form) -> list[links.Link]:
        """Links to the forms that are not `to` (OGC API Features 1, fc-links and f-links)."""
        return [link for form, link in self._forms if form is not to]

    @cached_property
    def _forms(self) -> list[tuple[Form, links.Link]]:
        query = urlencode({n: v for n, v in self.request.query_params.items() if n != "f"})
        own = self.request.build_absolute_uri(escape_uri_path(self.request.path))
        return [(form, formats.alternate(own, form, query)) for form in self.get_renderers()]

    def get_exception_handler(self) -> Callable[..., HttpResponse | None]:
        return errors.handler

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.form is formats.HTML:
            request._request.GET = _filled(request.query_params)  # type: ignore[assignment]
        if request.method != "OPTIONS":
            self.asked = self.query(request)

    @property
    def document(self) -> Any:
        """What was sent, whatever it is; the verbs look closely."""
        sent = self.request.data
        return upgrading.upgrade(sent) if self.asked.get("upgrade") else sent

    def query(self, request: Request) -> dict[str, Any]:
        """The checked parameters of the address."""
        method = "GET" if request.method == "HEAD" else str(request.method)
        given: dict[str, Any] = {}
        for name, values in request.query_params.lists():
            if len(values) > 1:
                raise Invalid(f"The parameter {name[:80]!r} comes twice.", parameter=name)
            given[name] = values[0]
        asked = self.parameters.get(method, Parameters).read(given)
        if self.form is formats.HTML and "limit" in asked:
            asked["limit"] = min(asked["limit"], pages.MOST_LISTED)
        return asked

    def permit(self) -> None:
        """Refuses with 401 who is not known, and with 403 who is but may not."""
        if not self.may(str(self.request.method)):
            self.permission_denied(self.request)

    def may(self, method: str) -> bool:
        return method not in self.writes or self.request.user.has_perm(self.writes[method])

    def collection(self, id: str) -> Collection:
        seen = Collection.objects.visible_to(self.request.user)
        found: Collection | None = seen.filter(pk=id).first()
        if found is None:
            raise NotFound
        return found

    def item(self, collection: str, id: str) -> Item:
        items = Item.objects.visible_to(self.request.user)
        found: Item | None = items.filter(collection=collection, stac_id=id).first()
        if found is None:
            raise NotFound
        return found

    def condition(self) -> str | None:
        """What If-Match says; where the collection asks for it, it may not be left out."""
        if_match: str | None = self.request.headers.get("If-Match")
        asks = Collection.objects.filter(pk=self.kwargs["collection"], require_if_match=True)
        if if_match is None and asks.exists():
            raise ConditionRequired(
                "Say with If-Match which version you change: read it first, and send its ETag."
            )
        return if_match

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """What the asker may do here, whether or not there is anything (OGC 4, "OPTIONS")."""
        answer = HttpResponse()
        del answer["Content-Type"]
        return answer

    @property
    def allowed_methods(self) -> list[str]:
        implemented: list[str] = self._allowed_methods()  # type: ignore[attr-defined]
        return implemented

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer: Any = super().finalize_response(request, response, *args, **kwargs)
        if answer.status_code == 200 and request.method in ("GET", "HEAD"):
            for other in self.alternates(to=self.form):
                answer["Link"] = links.header(other, answer.headers.get("Link"))
        if self.form is formats.HTML:
            answer = pages.instead(self, answer)
        methods = self.allowed_methods
        answer["Allow"] = ", ".join(method for method in methods if self._known_may(method))
        answer["Access-Control-Allow-Origin"] = "*"
        answer["Access-Control-Expose-Headers"] = _EXPOSED
        if request.method == "OPTIONS":
            answer["Access-Control-Allow-Methods"] = ", ".join(methods)
            answer["Access-Control-Allow-Headers"] = _ACCEPTED
            answer["Access-Control-Max-Age"] = "600"
        patch_vary_headers(answer, _VARY)
        if not answer.has_header("Cache-Control"):
            answer["Cache-Control"] = "private, no-cache" if _is_known(request) else "no-cache"
        return compression.compressed(request, answer)

    def _known_may(self, method: str) -> bool:
        return method not in self.writes or (_is_known(self.request) and self.may(method))


def _filled(query: QueryDict) -> QueryDict:
    """Without what a person left empty in a form."""
    filled = query.copy()
    for name in [name for name, values in query.lists() if values == [""]]:
        del filled[name]
    return filled


def _is_known(request: Request) -> bool:
    """Whether someone has been recognized; never asks again after a refused key."""
    user = getattr(request, "_user", None)
    return bool(user is not None and user.is_authenticated)


PATCHES = {
    MergePatchParser.media_type: ref("MergePatch"),
    JSONPatchParser.media_type: ref("JSONPatch"),
    JSONParser.media_type: {"oneOf": [ref("MergePatch"), ref("JSONPatch")]},
}


class PatchView(StacView):
    """A document that can be changed in part."""

    parser_classes = (JSONParser, GeoJSONParser, MergePatchParser, JSONPatchParser)

    def patch_document(self) -> dict[str, Any] | list[Any]:
        """The patch: an object is a merge patch, a list a JSON Patch."""
        kind = (self.request.content_type or "").partition(";")[0].strip().lower()
        patch: dict[str, Any] | list[Any] = self.document
        wanted = {"application/json-patch+json": list, "application/merge-patch+json": dict}
        if not isinstance(patch, wanted.get(kind, dict | list)):
            raise Invalid(
                "A JSON Patch is a list of operations, a merge patch an object; send the "
                "Content-Type that fits."
            )
        return patch
