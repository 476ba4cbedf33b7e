"""Items: created one by one or many at once, read, replaced, patched, deleted."""

import pytest

from tests.stac import documents
from tests.stac.client import link
from tests.stac.schemas import assert_valid

PROVES = (
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "https://api.stacspec.org/v1.0.0/ogcapi-features/extensions/transaction",
)

ITEM = "collections/c/items/i"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"


@pytest.fixture
def home(stac):
    """The address of a collection's items."""
    assert stac.post("collections", documents.collection()).status_code == 201
    return "collections/c/items"


@pytest.fixture
def item(stac, home):
    return stac.post(home, documents.item())


def test_it_works(stac, home):
    sent = documents.item(other={"kept": [1.0, None, -0.0, 1e20]})
    answer = stac.post(home, sent)
    assert answer.status_code == 201, answer.content
    assert answer["Location"] == f"{stac.root}{home}/i"
    assert answer["Content-Type"] == "application/geo+json"
    read = stac(f"{home}/i")
    assert read["Content-Type"] == "application/geo+json"
    assert read["ETag"] == answer["ETag"]
    found = read.json()
    assert_valid(found)
    assert found["other"] == sent["other"]
    assert found["collection"] == "c"
    assert link(found, "self")["href"] == f"{stac.root}{home}/i"
    assert link(found, "root")["href"] == stac.root
    assert link(found, "parent")["href"] == link(found, "collection")["href"]


def test_items_of_a_collection(stac, item):
    page = stac("collections/c/items")
    assert page["Content-Type"] == "application/geo+json"
    assert_valid(page.json())
    assert link(page.json(), "collection")["href"] == f"{stac.root}collections/c"
    assert link(page.json(), "self")["href"] == f"{stac.root}collections/c/items"
    assert stac("collections/c/items", colour="red").status_code == 400


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"ids": "i,j"}, 1),
        ({"ids": "j"}, 0),
        ({"collections": "c"}, 1),
        ({"collections": "other"}, 0),
        ({"bbox": "10,50,11,51"}, 1),
        ({"datetime": "2021-01-01T00:00:00Z"}, 0),
    ],
)
def test_items_are_chosen(stac, item, query, count):
    assert len(stac.get("collections/c/items", **query)["features"]) == count


def test_an_item_without_links_or_collection_is_completed(stac, home):
    sent = documents.item()
    del sent["links"]
    assert stac.post(home, sent).status_code == 201


def test_a_document_of_1_0_is_served_as_it_was(stac, home):
    sent = documents.item(stac_version="1.0.0", properties={"bands": "mine", "unit": 5})
    assert stac.post(home, sent).status_code == 201
    found = stac.get(ITEM)
    assert (found["stac_version"], found["properties"]) == ("1.0.0", sent["properties"])


def test_what_is_not_there_is_404(stac, home):
    for path in (ITEM, "collections/none/items", "collections/none/items/i"):
        assert stac(path).status_code == 404
    assert stac.post("collections/none/items", documents.item()).status_code == 404
    for method in ("PUT", "PATCH", "DELETE"):
        assert stac(ITEM, method, documents.item()).status_code == 404


def test_the_same_id_again_is_409(stac, home, item):
    assert stac.post(home, documents.item()).status_code == 409


def test_another_collection_is_400(stac, home):
    answer = stac.post(home, documents.item(collection="other"))
    assert (answer.status_code, answer.json()["pointer"]) == (400, "/collection")


WRONG = {
    "no id": {"id": None},
    "slash": {"id": "a/b"},
    "type": {"type": "Collection"},
    "properties": {"properties": None},
    "no datetime": {"properties": {}},
    "geometry without bbox": {"bbox": None},
    "short bbox": {"bbox": [1, 2]},
    "text in bbox": {"bbox": ["1", 2, 3, 4]},
    "assets": {"assets": None},
    "asset": {"assets": {"a": {}}},
    "asset is no object": {"assets": {"a": "x"}},
    "roles": {"assets": {"a": {"href": "x", "roles": "data"}}},
    "extensions": {"stac_extensions": "x"},
    "version": {"stac_version": None},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_wrong_documents_are_refused_with_their_place(stac, home, change):
    sent = {**documents.item(), **change}
    answer = stac.post(home, sent)
    assert answer.status_code == 400, answer.content
    assert answer.json()["description"].endswith(".")
    assert stac(ITEM).status_code == 404


class TestMany:
    def test_all_or_none(self, stac, home):
        good = {"type": "FeatureCollection", "features": [documents.item(n) for n in "ab"]}
        answer = stac.post(home, good)
        assert answer.status_code == 201
        assert "Location" not in answer
        assert sorted(stac.ids()) == ["a", "b"]
        again = {**good, "features": [documents.item(n) for n in "bc"]}
        assert stac.post(home, again).status_code == 409
        wrong = {**good, "features": [documents.item("d"), documents.item("e", assets=None)]}
        answer = stac.post(home, wrong)
        assert (answer.status_code, answer.json()["pointer"]) == (400, "/features/1/assets")
        twice = {**good, "features": [documents.item("f"), documents.item("f")]}
        assert stac.post(home, twice).status_code == 409
        assert sorted(stac.ids()) == ["a", "b"]

    @pytest.mark.parametrize("features", [None, {}, "x", [1], [None], [[]], [{}]])
    def test_wrong_lists(self, stac, home, features):
        answer = stac.post(home, {"type": "FeatureCollection", "features": features})
        assert answer.status_code == 400
        assert answer.json()["pointer"].startswith("/features")

    def test_none_is_none(self, stac, home):
        sent = {"type": "FeatureCollection", "features": []}
        assert stac.post(home, sent).status_code == 201


class TestReplace:
    def test_it_works(self, stac, item):
        sent = documents.item(properties={"datetime": "2021-01-01T00:00:00Z"}, west=20)
        answer = stac(ITEM, "PUT", sent, headers={"If-Match": item["ETag"]})
        assert answer.status_code == 204
        assert "Content-Type" not in answer
        assert answer["ETag"] != item["ETag"]
        assert stac.ids(bbox="20,50,21,51", datetime="2021-01-01T00:00:00Z") == ["i"]
        assert stac.ids(bbox="10,50,11,51") == []

    def test_the_same_text_again_is_another_version(self, stac, item):
        stac(ITEM, "PUT", documents.item(properties={"a": 1}))
        stac(ITEM, "PUT", documents.item())
        assert stac(ITEM)["ETag"] != item["ETag"]

    @pytest.mark.parametrize("tag", ['"old"', "W/{}", "nonsense", '"a", "b"', ""])
    def test_what_changed_meanwhile_is_412(self, stac, item, tag):
        for method, body in (("PUT", documents.item()), ("PATCH", {}), ("DELETE", None)):
            answer = stac(ITEM, method, body, headers={"If-Match": tag.format(item["ETag"])})
            assert answer.status_code == 412
        assert stac(ITEM)["ETag"] == item["ETag"]

    @pytest.mark.parametrize("tag", ["*", '"a", {}', "{}"])
    def test_conditions_that_hold(self, stac, item, tag):
        headers = {"If-Match": tag.format(item["ETag"])}
        assert stac(ITEM, "PUT", documents.item(), headers=headers).status_code == 204

    def test_another_id_is_400(self, stac, item):
        assert stac(ITEM, "PUT", documents.item("j")).status_code == 400
        assert stac(ITEM, "PUT", documents.item(collection="d")).status_code == 400

    def test_if_none_match_creates_once(self, stac, home):
        def put(id="i"):
            headers = {"If-None-Match": "*"}
            return stac(ITEM, "PUT", documents.item(id), headers=headers)

        assert put("j").status_code == 400
        assert put().status_code == 201
        assert put().status_code == 412


class TestPatch:
    def test_merge(self, stac, item):
        patch = {"properties": {"gsd": 10, "nothing": None}, "assets": {"more": {"href": "b"}}}
        assert stac(ITEM, "PATCH", patch, MERGE_PATCH).status_code == 204
        found = stac.get(ITEM)
        assert found["properties"] == {"datetime": "2020-01-01T00:00:00Z", "gsd": 10}
        assert set(found["assets"]) == {"data", "more"}
        assert [link["rel"] for link in found["links"]].count("alternate") == 1
        assert len(found["links"]) == 5

    def test_operations(self, stac, item):
        patch = [
            {"op": "test", "path": "/id", "value": "i"},
            {"op": "add", "path": "/properties/gsd", "value": 10},
            {"op": "move", "from": "/assets/data", "path": "/assets/image"},
        ]
        assert stac(ITEM, "PATCH", patch, JSON_PATCH).status_code == 204
        found = stac.get(ITEM)
        assert found["properties"]["gsd"] == 10
        assert set(found["assets"]) == {"image"}

    @pytest.mark.parametrize(
        ("patch", "status"),
        [
            ([{"op": "test", "path": "/id", "value": "j"}], 409),
            ([{"op": "remove", "path": "/properties/none"}], 422),
            ([{"op": "add", "path": "/none/of/it", "value": 1}], 422),
            ([{"op": "replace", "path": "/none", "value": 1}], 422),
            ([{"op": "add", "path": "/links/99", "value": 1}], 422),
            ([{"op": "add", "path": "/links/x", "value": 1}], 422),
            ([{"op": "move", "from": "/none", "path": "/a"}], 422),
            ([{"op": "move", "from": "/assets", "path": "/assets/data/x"}], 422),
            ([{"op": "replace", "path": "", "value": 1}], 422),
            ([{"op": "remove", "path": ""}], 422),
            ([{"op": "add", "path": "no slash", "value": 1}], 422),
            ([{"op": "add", "path": "/~9", "value": 1}], 422),
            ([{"op": "add", "path": 5, "value": 1}], 400),
            ([{"op": "add", "path": "/a"}], 400),
            ([{"op": "fly", "path": "/a"}], 400),
            ([{"op": 5, "path": "/a"}], 400),
            ([{"path": "/a"}], 400),
            ([{}], 400),
            ([5], 400),
            ([[]], 400),
            ([{"op": "copy", "from": "/properties", "path": "/properties/a"}] * 201, 400),
            ([{"op": "copy", "from": "", "path": "/a"}] * 70, 400),
            ([{"op": "copy", "from": "/links", "path": "/links/-"}] * 50, 413),
            ([{"op": "replace", "path": "/id", "value": "j"}], 400),
            ([{"op": "remove", "path": "/assets"}], 400),
            ({"id": "j"}, 400),
            ({"geometry": None}, 400),
            ({"properties": 5}, 400),
            ({"links": 5}, 400),
            ({"type": "Collection"}, 400),
        ],
    )
    def test_wrong_patches_change_nothing(self, stac, item, patch, status):
        answer = stac(ITEM, "PATCH", patch)
        assert answer.status_code == status, answer.content
        assert stac(ITEM)["ETag"] == item["ETag"]

    def test_the_type_must_fit(self, stac, item):
        assert stac(ITEM, "PATCH", {}, JSON_PATCH).status_code == 400
        assert stac(ITEM, "PATCH", [], MERGE_PATCH).status_code == 400
        assert stac(ITEM, "PATCH", "x").status_code == 400


def test_delete(stac, item):
    answer = stac(ITEM, "DELETE", headers={"If-Match": item["ETag"]})
    assert answer.status_code == 204
    assert "Content-Type" not in answer
    assert stac(ITEM).status_code == 404
    assert stac(ITEM, "DELETE").status_code == 404
    assert stac.ids() == []
