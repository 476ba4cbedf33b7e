"""Collections: listed, searched, created, read, replaced, patched, deleted."""

import pytest

from tests.stac import documents
from tests.stac.client import link
from tests.stac.schemas import assert_valid

PROVES = (
    "https://api.stacspec.org/v1.0.0/collections",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/simple-query",
    "https://api.stacspec.org/v1.0.0/collections/extensions/transaction",
)


def test_it_works(stac):
    sent = documents.collection("c", title="Scenes", keywords=["a"], other={"kept": 1.0})
    answer = stac.post("collections", sent)
    assert answer.status_code == 201
    assert answer["Location"] == f"{stac.root}collections/c"
    found = stac.get("collections/c")
    assert_valid(found)
    assert {name: v for name, v in found.items() if name != "links"} == {
        name: v for name, v in sent.items() if name != "links"
    }
    assert link(found, "parent")["href"] == link(found, "root")["href"] == stac.root
    assert link(found, "items")["href"] == f"{stac.root}collections/c/items"
    listed = stac.get("collections")
    assert_valid(listed)
    assert listed["collections"] == [found]


def test_links_of_others_stay_and_own_ones_are_ours(stac):
    theirs = [
        {"rel": "license", "href": "https://example.org/license", "title": "License"},
        {"rel": "self", "href": "https://example.org/elsewhere"},
        {"rel": "item", "href": "./item.json"},
    ]
    stac.post("collections", documents.collection("c", links=theirs))
    found = stac.get("collections/c")
    assert theirs[0] in found["links"]
    assert [each["href"] for each in found["links"] if each["rel"] == "self"] == [
        f"{stac.root}collections/c"
    ]
    assert link(found, "item") is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"bbox": "10,50,11,51"}, ["europe", "world"]),
        ({"bbox": "179,-19,-179,-18"}, ["fiji", "world"]),
        ({"datetime": "2015-01-01T00:00:00Z"}, ["europe", "world"]),
        ({"datetime": "2030-01-01T00:00:00Z/.."}, ["fiji", "world"]),
        ({"bbox": "10,50,11,51", "datetime": "2030-01-01T00:00:00Z"}, ["world"]),
        ({"limit": "1"}, ["europe"]),
    ],
)
def test_simple_query(stac, query, expected):
    def extent(bbox, interval):
        return {"spatial": {"bbox": [bbox]}, "temporal": {"interval": [interval]}}

    past = ["2010-01-01T00:00:00Z", "2020-01-01T00:00:00Z"]
    for document in (
        documents.collection("europe", extent=extent([0, 40, 20, 60], past)),
        documents.collection(
            "fiji", extent=extent([177, -20, -178, -15], ["2020-06-01T00:00:00Z", None])
        ),
        documents.collection("world"),
    ):
        assert stac.post("collections", document).status_code == 201
    assert [each["id"] for each in stac.get("collections", **query)["collections"]] == expected


@pytest.mark.parametrize("query", [{"bbox": "1,2"}, {"datetime": ".."}, {"limit": "0"}])
def test_wrong_questions_are_400(stranger, query):
    assert stranger("collections", **query).status_code == 400


WRONG = {
    "no id": {"id": None},
    "slash": {"id": "a/b"},
    "dots": {"id": ".."},
    "control": {"id": "a\nb"},
    "long": {"id": "é" * 129},
    "number": {"id": 5},
    "empty": {"id": ""},
    "type": {"type": "Feature"},
    "old": {"stac_version": "0.9.0"},
    "version is a number": {"stac_version": 1},
    "description": {"description": None},
    "license": {"license": ""},
    "extent": {"extent": None},
    "empty extent": {"extent": {}},
    "no box": {"extent": {"spatial": {"bbox": []}, "temporal": {"interval": [[None, None]]}}},
    "bad box": {
        "extent": {"spatial": {"bbox": [[0, 91, 0, 1]]}, "temporal": {"interval": [[None, None]]}}
    },
    "bad time": {
        "extent": {
            "spatial": {"bbox": [[0, 0, 1, 1]]},
            "temporal": {"interval": [["2020-99-01T00:00:00Z", None]]},
        }
    },
    "links": {"links": {}},
    "a link": {"links": [{"rel": "license"}]},
    "link is no object": {"links": ["https://example.org"]},
    "assets": {"assets": []},
    "title": {"title": 5},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_wrong_documents_are_refused_with_their_place(stac, change):
    answer = stac.post("collections", documents.collection() | change)
    assert answer.status_code == 400, answer.content
    problem = answer.json()
    assert problem["description"].endswith(".")
    assert problem["pointer"].strip("/").partition("/")[0] in change
    assert stac("collections/c").status_code == 404


IDS = ["é", "a b", "a:b", "a+b", "100%", "%2F", "a?b#c", "日本", "~.x", "'\"&<", "a,b", "é" * 128]


@pytest.mark.parametrize("id", IDS)
def test_any_id_makes_the_round(stac, id):
    assert stac.post("collections", documents.collection(id)).status_code == 201
    own = next(each["href"] for each in stac.get()["links"] if each["rel"] == "child")
    found = stac.get(own)
    assert found["id"] == id
    assert link(found, "self")["href"] == own
    answer = stac.post(link(found, "items")["href"], documents.item(id))
    assert answer.status_code == 201
    item = stac.get(answer["Location"])
    assert (item["id"], item["collection"]) == (id, id)
    assert link(item, "self")["href"] == answer["Location"]
    if "," not in id:
        assert stac.ids(ids=id, collections=id) == [id]


def test_the_same_id_again_is_409(stac):
    stac.post("collections", documents.collection())
    answer = stac.post("collections", documents.collection())
    assert (answer.status_code, answer.json()["code"]) == (409, "Conflict")


def test_replace(stac):
    stac.post("collections", documents.collection(title="old", keywords=["a"]))
    before = stac("collections/c")
    answer = stac("collections/c", "PUT", documents.collection(title="new"))
    assert answer.status_code == 204
    assert "Content-Type" not in answer
    after = stac("collections/c")
    assert after.json()["title"] == "new"
    assert "keywords" not in after.json()
    assert after["ETag"] == answer["ETag"] != before["ETag"]


def test_replacing_with_another_id_is_400_and_what_is_missing_404(stac):
    stac.post("collections", documents.collection())
    assert stac("collections/c", "PUT", documents.collection("d")).status_code == 400
    assert stac("collections/d", "PUT", documents.collection("d")).status_code == 404


def test_if_none_match_creates_once(stac):
    def put():
        return stac("collections/c", "PUT", documents.collection(), headers={"If-None-Match": "*"})

    assert put().status_code == 201
    assert put().status_code == 412


def test_patch(stac):
    stac.post("collections", documents.collection(title="old", keywords=["a"]))
    patch = {"title": "new", "keywords": None}
    answer = stac("collections/c", "PATCH", patch, "application/merge-patch+json")
    assert answer.status_code == 204
    found = stac.get("collections/c")
    assert found["title"] == "new"
    assert "keywords" not in found
    assert_valid(found)


def test_delete_asks_first_where_there_are_items(stac):
    stac.post("collections", documents.collection())
    stac.post("collections/c/items", documents.item())
    assert stac("collections/c", "DELETE").status_code == 409
    assert stac("collections/c?cascade=perhaps", "DELETE").status_code == 400
    assert stac("collections/c?cascade=true", "DELETE").status_code == 204
    assert stac("collections/c").status_code == 404
    assert stac.ids() == []


def test_delete_what_is_empty(stac):
    stac.post("collections", documents.collection())
    assert stac("collections/c", "DELETE", headers={"If-Match": '"old"'}).status_code == 412
    assert stac("collections/c", "DELETE").status_code == 204
    assert stac("collections/c", "DELETE").status_code == 404


@pytest.mark.parametrize("wrong", ["x", [], {"data": 1}, {"data": {"type": 5}}])
def test_item_assets_of_stac_1_0_are_checked_too(stac, wrong):
    old = documents.collection("c", stac_version="1.0.0")
    assert stac.post("collections", old | {"item_assets": wrong}).status_code == 400
    assert stac.post("collections", old | {"item_assets": {"data": {}}}).status_code == 201
