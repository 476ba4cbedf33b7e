"""The landing page, /conformance and every other address."""

import pytest

from catalogs.stac.conformance import CONFORMS_TO
from tests.stac import documents
from tests.stac.client import link
from tests.stac.schemas import assert_valid

PROVES = ("https://api.stacspec.org/v1.0.0/core",)


def test_it_works(stranger):
    landing = stranger.get()
    assert_valid(landing)
    assert landing["type"] == "Catalog"
    assert landing["conformsTo"] == list(CONFORMS_TO)
    assert link(landing, "self")["href"] == link(landing, "root")["href"] == stranger.root
    assert {"service-desc", "service-doc", "conformance", "data"} <= {
        each["rel"] for each in landing["links"]
    }


def test_a_door_is_named_as_its_organization(stranger):
    landing = stranger.get()
    if "/o/acme/" in stranger.root:
        assert (landing["id"], landing["title"]) == ("acme", "Acme")
    else:
        assert (landing["id"], landing["title"]) == ("catalog", "Catalog")


def test_search_is_linked_for_get_and_post(stranger):
    searches = [each for each in stranger.get()["links"] if each["rel"] == "search"]
    assert [(each["method"], each["type"]) for each in searches] == [
        ("GET", "application/geo+json"),
        ("POST", "application/geo+json"),
    ]
    assert len({each["href"] for each in searches}) == 1


def test_all_links_lead_somewhere_of_their_type(stac):
    stac.post("collections", documents.collection("é +:%"))
    for each in stac.get()["links"]:
        answer = stac(each["href"])
        assert answer.status_code == 200, each
        assert answer["Content-Type"].partition("; charset")[0] == each["type"]


def test_children_are_those_that_may_be_seen(stac, stranger):
    stac.post("collections", documents.collection("secret", title="Secret"))
    assert link(stac.get(), "child")["title"] == "Secret"
    assert link(stranger.get(), "child") is None


def test_conformance_says_the_same(stranger):
    assert stranger.get("conformance") == {"conformsTo": stranger.get()["conformsTo"]}


def test_every_other_address_is_a_problem(stranger):
    for path in ("nothing", "search/", "collections/", "api/x/y"):
        answer = stranger(path)
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "NotFound"


@pytest.mark.parametrize("path", ["", "conformance", "api", "collections", "search"])
def test_unknown_parameters_are_named(stranger, path):
    answer = stranger(path, colour="red")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "colour"


def test_it_says_how_to_show_who_you_are(stranger):
    """The Authentication extension 1.1.0: names as in OpenAPI, of what programs can do."""
    landing = stranger.get()
    told = stranger("api").json()["components"]["securitySchemes"]
    schemes = landing["auth:schemes"]
    assert schemes
    assert schemes.items() <= told.items()
    assert {scheme["type"] for scheme in schemes.values()} <= {"http", "apiKey", "openIdConnect"}
    assert any("authentication/v1.1.0" in each for each in landing["stac_extensions"])
