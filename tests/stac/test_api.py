"""The OpenAPI document and its page."""

import re

import pytest

PROVES = ("http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",)


@pytest.fixture
def api(stranger):
    answer = stranger("api")
    assert answer["Content-Type"] == "application/vnd.oai.openapi+json;version=3.0"
    return answer.json()


def test_it_works(api, stranger):
    assert api["openapi"].startswith("3.0.")
    assert api["servers"] == [{"url": stranger.root.rstrip("/")}]
    assert {"/", "/search", "/collections/{collection}/items/{item}"} <= set(api["paths"])


def test_it_names_all_parameters_of_a_search(api):
    named = {each["name"] for each in api["paths"]["/search"]["get"]["parameters"]}
    core = {"bbox", "collections", "datetime", "f", "ids", "intersects", "limit", "token"}
    assert named >= core | {"filter", "filter-lang", "filter-crs"}


def test_it_tells_how_lists_and_shapes_are_sent(api):
    told = {each["name"]: each for each in api["paths"]["/search"]["get"]["parameters"]}
    assert told["bbox"]["explode"] is False
    assert "application/json" in told["intersects"]["content"]


def test_every_operation_may_refuse(api):
    for operations in api["paths"].values():
        for operation in operations.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]


def test_it_tells_how_keys_are_shown(api):
    assert api["components"]["securitySchemes"]


def test_operations_are_named_once(api):
    ids = [op["operationId"] for path in api["paths"].values() for op in path.values()]
    assert len(ids) == len(set(ids))


def test_the_page_has_no_inline_script_without_a_nonce(stranger):
    answer = stranger("api.html")
    assert answer["Content-Type"].startswith("text/html")
    page = answer.content.decode()
    assert "style=" not in page
    assert not re.search(r" on\w+=", page)
    policy = answer.get("Content-Security-Policy")
    if policy:
        assert all("src=" in tag or "nonce=" in tag for tag in re.findall(r"<script[^>]*>", page))
        [nonce] = set(re.findall(r'nonce="([^"]+)"', page))
        assert nonce in policy
