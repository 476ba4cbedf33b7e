"""Documents as pages: `html` at the very addresses of the API (OGC API Features 1, "html").

The page is made of the document that a program would get, after permissions and parameters were
looked at. The setting STAC_PAGE may name a function of a project's own, called as `page` is here.
"""

import re
from typing import Any, NamedTuple
from urllib.parse import unquote

import orjson
from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.html import escape
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString, mark_safe

from . import formats, links
from .documents import Document

LONGEST = 500_000  # characters of a document that a page shows
MOST_LISTED = 100  # documents of a list on one page

# A string of the escaped text that is an address.
_ADDRESS = re.compile(r"(?<=&quot;)https?://[^\s&<>]+(?:&amp;[^\s&<>]+)*(?=&quot;)")
# Not typed into forms: shapes, what other forms and links give, what has one value only.
_NO_FIELDS = {"f", "token", "intersects", "filter-crs", "filter-lang"}
_KEPT = ("Link", "Retry-After", "WWW-Authenticate", "Allow")


class Crumb(NamedTuple):
    title: str
    href: str


class Entry(NamedTuple):
    """A document that this one lists, or leads to."""

    title: str
    href: str
    detail: str


def instead(view: Any, answer: HttpResponseBase) -> HttpResponseBase:
    """The page of a document or a refusal; what is neither (what a write made) stays as it is."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    is_told = answer.status_code == 200 or answer.status_code >= 400
    if not is_told or not isinstance(answer, HttpResponse) or not kind.endswith("json"):
        return answer
    named = getattr(settings, "STAC_PAGE", None)
    made: HttpResponse = (import_string(named) if named else page)(
        view, orjson.loads(answer.content), answer.status_code
    )
    for name in _KEPT:
        if answer.has_header(name):
            made[name] = answer[name]
    return made


def page(view: Any, document: Document, status: int) -> HttpResponse:
    """`document` is what a program gets, of this `status`; `view.request` is what was asked."""
    shown = context(view, document, status)
    return render(view.request._request, "stac/page.html", shown, status=status)


def context(view: Any, document: Document, status: int) -> dict[str, Any]:
    """What a page of any document needs. A refusal says nothing of the address: what is not to be
    seen looks like what is not there.
    """
    trail = crumbs(view) if status == 200 else crumbs(view)[:1]
    shown, is_whole = pretty(document)
    return {
        "document": document,
        "title": str(document.get("title") or trail[-1].title),
        "crumbs": trail,
        "json": shown,
        "is_whole": is_whole,
        "entries": entries(document),
        "pages": {
            each["rel"]: each["href"]
            for each in document.get("links", [])
            if each.get("rel") in ("prev", "next")
            and "method" not in each
            and str(each["href"]).startswith(("http://", "https://"))  # an author may write it
        },
        "asked": view.request.query_params,
        "asks": asks(view) if status == 200 else [],
        "forms": view.alternates(to=formats.HTML) if status == 200 else [],
    }


def crumbs(view: Any) -> list[Crumb]:
    """From the catalog down to here, by the parts of the address."""
    root = links.root(view.request)
    found = [Crumb("Catalog", root)]
    here = view.request._request.build_absolute_uri("").partition("?")[0]
    below = here.removeprefix(root) if here.startswith(root) else ""
    href = root
    for part in filter(None, below.split("/")):
        href += part
        found.append(Crumb(unquote(part), href))
        href += "/"
    return found


def entries(document: Document) -> list[Entry]:
    """Items and collections of a list, the children of a catalog."""
    named = ("features", "collections", "children")
    listed = next((document[name] for name in named if document.get(name)), ())
    children = [each for each in document.get("links", []) if each.get("rel") == "child"]
    return [_entry(each) for each in listed] + [
        Entry(str(each.get("title") or each["href"]), each["href"], "") for each in children
    ]


def _entry(document: Document) -> Entry:
    """With `fields`, a document may lack any part."""
    properties = document.get("properties") or {}
    title = document.get("title") or properties.get("title") or document.get("id") or "Untitled"
    own = (each["href"] for each in document.get("links", []) if each.get("rel") == "self")
    about = [document.get("collection"), properties.get("datetime")]
    return Entry(str(title), next(own, ""), " · ".join(str(part) for part in about if part))


def asks(view: Any) -> list[str]:
    """The parameters that a form can ask here, in the order of their view."""
    known = view.parameters.get("GET")
    return [name for name in known().fields if name not in _NO_FIELDS] if known else []


def pretty(document: Any) -> tuple[SafeString, bool]:
    """The document as people read it, its addresses as links; and whether that is all of it."""
    text = orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
    shown = escape(text[:LONGEST])
    return mark_safe(_ADDRESS.sub(_link, shown)), len(text) <= LONGEST  # noqa: S308 (escaped)


def _link(found: re.Match[str]) -> str:
    return f'<a href="{found[0]}" rel="nofollow ugc">{found[0]}</a>'
