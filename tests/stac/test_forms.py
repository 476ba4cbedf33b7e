"""Which form of an answer is sent: `f`, else `Accept`; and what each says of the others."""

import re

import pytest
from django.urls import URLPattern

from catalogs.stac import pages, urls
from catalogs.stac.conformance import CONFORMS_TO
from tests.stac import documents
from tests.stac.client import body, link

PROVES = ("http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",)

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
ITEM = "collections/c/items/i"
JSON, GEOJSON, SCHEMA = "application/json", "application/geo+json", "application/schema+json"
USUAL = {
    "": JSON,
    "conformance": JSON,
    "collections": JSON,
    "collections/c": JSON,
    "collections/c/items": GEOJSON,
    ITEM: GEOJSON,
    "search": GEOJSON,
    "queryables": SCHEMA,
    "collections/c/queryables": SCHEMA,
    "api": "application/vnd.oai.openapi+json;version=3.0",
}


@pytest.fixture
def filled(stac):
    stac.post("collections", documents.collection(title="Coast <b>&"))
    stac.post("collections/c/items", documents.item())
    return stac


@pytest.mark.parametrize("path", USUAL)
def test_a_browser_gets_a_page_and_a_program_json(filled, path):
    """OGC API Features 1, conf/html: every 200 is there as text/html too."""
    page = filled(path, headers={"Accept": BROWSER})
    assert page.status_code == 200
    assert page["Content-Type"] == "text/html; charset=utf-8"
    assert b"<html" in page.content
    programs = ("*/*", JSON, GEOJSON, "application/geo+json;q=0.9, application/json;q=0.8", "")
    for accept in programs:
        answer = filled(path, headers={"Accept": accept})
        assert answer["Content-Type"] == USUAL[path]
        assert answer.content
    assert filled(path)["Content-Type"] == USUAL[path]
    assert PROVES[0] in CONFORMS_TO


def documented() -> list[str]:
    """The address of every resource of what `filled` holds."""
    found = [str(each.pattern) for each in urls.patterns() if isinstance(each, URLPattern)]
    paths = [path for path in found if "/assets/" not in path and "(?P" not in path]
    filled = [path.replace("<stac:collection>", "c").replace("<stac:item>", "i") for path in paths]
    return [path for path in filled if path != "api.html" and "<" not in path]


@pytest.mark.parametrize("path", documented())
def test_every_resource_is_a_page_too(filled, path):
    query = {"aggregations": "total_count"} if path.endswith("aggregate") else {}
    page = filled(path, headers={"Accept": BROWSER}, **query)
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert filled(path, **query)["Content-Type"].partition(";")[0].endswith("json")


@pytest.mark.parametrize("path", USUAL)
def test_f_wins_over_accept(filled, path):
    assert filled(path, headers={"Accept": BROWSER}, f="json")["Content-Type"] == USUAL[path]
    assert filled(path, headers={"Accept": JSON}, f="html")["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html;q=0.5, application/geo+json", GEOJSON),
        ("text/html, application/geo+json;q=0.5", "text/html"),
        ("application/json;q=0.2, text/csv;q=0.3", "text/csv"),
        ("text/html;q=0, */*", GEOJSON),
        ("text/*", "text/html"),
        ("application/*", GEOJSON),
        ("application/x-ndjson", "application/x-ndjson"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
    ],
)
def test_qualities_are_weighed(filled, accept, kind):
    answer = filled("search", headers={"Accept": accept})
    assert body(answer)
    assert answer["Content-Type"].partition(";")[0] == kind


@pytest.mark.parametrize("path", ["", "collections/c", "queryables", "search"])
def test_an_f_that_is_not_there_is_refused_by_name(stranger, path):
    answer = stranger(path, f="kml")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "f"
    assert "json, " in answer.json()["description"]
    assert ("parquet" in answer.json()["description"]) == (path == "search")
    for bad in ("", "\x00", "csv,json", "é" * 500):
        assert stranger(path, f=bad).status_code == 400


def test_tables_are_of_items_only(filled):
    for path in ("", "collections", "collections/c", ITEM, "queryables"):
        assert filled(path, f="csv").status_code == 400


def test_documents_name_their_other_forms(filled):
    for path in ("", "collections", "collections/c", "collections/c/items", ITEM, "search"):
        document = filled.get(path)
        page = link(document, "alternate")
        assert (page["type"], page["href"]) == ("text/html", f"{filled.root}{path}?f=html")
        assert filled(page["href"])["Content-Type"].startswith("text/html")
    kinds = {each["type"] for each in filled.get("search", bbox="0,0,9,9")["links"]}
    assert {"text/csv", "application/x-ndjson", "application/vnd.apache.parquet"} <= kinds


def test_the_header_names_them_too(filled):
    said = filled("queryables")["Link"]
    assert said == f'<{filled.root}queryables?f=html>; rel="alternate"; type="text/html"'
    assert 'rel="alternate"; type="application/geo+json"' in filled("search", f="html")["Link"]


def test_what_was_read_can_be_sent_back(filled):
    """The link to the page is ours, by whichever door it was read, and never piles up."""
    for path in ("collections/c", ITEM):
        read = filled.get(path)
        foreign = {"rel": "alternate", "href": "https://example.org/x?f=html", "type": "text/html"}
        read["links"].append(foreign)
        assert filled(path, "PUT", read).status_code == 204
        again = filled.get(path)
        assert [each["rel"] for each in again["links"]].count("alternate") == 2
        assert foreign in again["links"]


def test_each_form_has_its_own_version(filled):
    etag = filled(ITEM)["ETag"]
    page = filled(ITEM, headers={"Accept": BROWSER, "If-None-Match": etag})
    assert page.status_code == 200
    assert not page.has_header("ETag")
    assert "Accept" in page["Vary"]


def test_refusals_are_pages_for_people(stac, stranger):
    """What is private looks like what is not there, but for the address that was asked."""
    stac.post("collections", documents.collection("zz-private"))
    private, absent = (
        stranger(f"collections/{id}", headers={"Accept": BROWSER})
        for id in ("zz-private", "zz-missing")
    )
    assert private.status_code == absent.status_code == 404
    assert private["Content-Type"].startswith("text/html")
    private, absent = (
        re.sub(r'nonce="[^"]*"|zz-\w{7}', "", answer.content.decode())
        for answer in (private, absent)
    )
    assert private == absent


def test_words_of_documents_are_no_markup(filled):
    page = filled("collections", f="html").content.decode()
    assert "<b>&" not in page


def test_links_of_an_author_lead_to_addresses_only(filled):
    """`prev` and `next` are buttons of the page."""
    bad = {"rel": "next", "href": "javascript:alert(1)", "title": "Next"}
    filled.post("collections/c/items", documents.item("bad", links=[bad]))
    assert 'href="javascript:' not in filled("collections/c/items/bad", f="html").content.decode()


def test_what_a_write_made_is_no_page(filled):
    """Its Location and ETag are what the writer wants."""
    answer = filled.post("collections/c/items", documents.item("j"), headers={"Accept": BROWSER})
    assert (answer.status_code, answer["Content-Type"]) == (201, GEOJSON)
    assert {"Location", "ETag"} <= set(answer.headers)


def test_a_page_lists_no_more_than_people_read(filled, monkeypatch):
    monkeypatch.setattr(pages, "MOST_LISTED", 1)
    filled.post("collections/c/items", documents.item("j"))
    shown = filled("search", limit=10_000, f="html").content.decode()
    assert [f'href="{filled.root}collections/c/items/{id}"' in shown for id in "ij"].count(
        True
    ) == 1
    assert filled.get("search", limit=10_000)["numberReturned"] == 2


def test_children_are_listed(filled):
    shown = filled("children", f="html").content.decode()
    assert f'href="{filled.root}collections/c">Coast' in shown


def test_post_has_the_same_choice(filled):
    asked = {"collections": ["c"]}
    assert filled.post("search", asked)["Content-Type"] == GEOJSON
    for path, more, kind in (
        ("search?f=csv", {}, "text/csv"),
        ("search", {"f": "ndjson"}, "application/x-ndjson"),
        ("search?f=csv", {"f": "ndjson"}, "application/x-ndjson"),
    ):
        answer = filled.post(path, asked | more)
        assert body(answer)
        assert answer["Content-Type"] == kind
    assert filled.post("search", {**asked, "f": "kml"}).status_code == 400
    assert filled.post("search", {**asked, "f": ["csv"]}).status_code == 400
