"""Pages neither skip nor repeat: by GET and POST, forth and back, while items are written."""

import pytest

from tests.stac import documents
from tests.stac.client import link
from tests.stac.pages import follow, names

PROVES = (
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
)


@pytest.fixture
def many(stac):
    """Twelve items: four with one datetime, the same ids in two collections, two without."""
    for name in ("a", "b"):
        stac.post("collections", documents.collection(name))
        features = [
            documents.item("1", properties={"datetime": "2020-01-01T00:00:00Z"}),
            documents.item("2", properties={"datetime": "2020-01-01T00:00:00Z"}),
            documents.item("3", properties={"datetime": "2021-01-01T00:00:00.123456Z"}),
            documents.item("4", properties={"datetime": "2021-01-01T00:00:00.123457Z"}),
            *(
                documents.item(
                    id,
                    properties={
                        "datetime": None,
                        "start_datetime": "2020-01-01T00:00:00Z",
                        "end_datetime": "2020-01-02T00:00:00Z",
                    },
                )
                for id in ("5", "6 é/".replace("/", "+&="))
            ),
        ]
        collection = {"type": "FeatureCollection", "features": features}
        assert stac.post(f"collections/{name}/items", collection).status_code == 201
    return stac


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 11, 12, 13])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_all_pages_forth_and_back(many, method, limit):
    whole = names(many.get("search", limit=100))
    assert len(whole) == 12
    body = {"limit": limit, "bbox": [0, 0, 60, 60]}
    first = (
        many.get("search", limit=limit, bbox="0,0,60,60")
        if method == "GET"
        else many("search", "POST", body).json()
    )
    pages, page = [first], first
    while page := follow(many, page, "next", body):
        pages.append(page)
    assert [name for page in pages for name in names(page)] == whole
    assert all(names(page) for page in pages)
    back, page = [pages[-1]], pages[-1]
    while page := follow(many, page, "prev", body):
        back.append(page)
    assert [names(page) for page in reversed(back)] == [names(page) for page in pages]
    assert link(pages[0], "prev") is None


def test_items_of_a_collection_page_too(many):
    page = many.get("collections/a/items", limit=4)
    following = many.get(link(page, "next")["href"])
    assert [item["id"] for item in page["features"] + following["features"]] == [
        "4", "3", "1", "2", "5", "6 é+&=",
    ]  # fmt: skip
    assert link(following, "next") is None


def test_what_is_written_meanwhile_neither_skips_nor_repeats(many):
    first = many.get("search", limit=4)
    newer = documents.item("new", properties={"datetime": "2022-01-01T00:00:00Z"})
    many.post("collections/a/items", newer)
    gone = first["features"][0]
    many(f"collections/{gone['collection']}/items/{gone['id']}", "DELETE")
    rest = many.get(link(first, "next")["href"].replace("limit=4", "limit=400"))
    assert len(names(first) + names(rest)) == len(set(names(first) + names(rest))) == 12


def test_self_is_the_address_that_was_asked(many):
    page = many.get("search", limit=2, bbox="0,0,60,60")
    following = link(page, "next")["href"]
    assert link(many.get(following), "self")["href"] == following


def test_a_token_is_good_for_its_query_only(many):
    token = link(many("search", "POST", {"limit": 1, "collections": ["a"]}).json(), "next")
    token = token["body"]["token"]
    assert many("search", "POST", {"collections": ["b"], "token": token}).status_code == 400
    assert many("search", "POST", {"token": token}).status_code == 400
    assert many("search", "POST", {"collections": ["a"], "token": token}).status_code == 200
    assert many("search", "POST", {"collections": ["a"], "token": token[:-1]}).status_code == 400


def test_an_empty_page_has_no_neighbours(many):
    found = many.get("search", ids="none")
    assert (found["features"], found["numberReturned"]) == ([], 0)
    assert link(found, "next") is link(found, "prev") is None


def test_collections_page(many):
    for name in ("c", "d", "e"):
        many.post("collections", documents.collection(name))
    page, seen = many.get("collections", limit=2), []
    while page:
        seen += [each["id"] for each in page["collections"]]
        following = link(page, "next")
        page = many.get(following["href"]) if following else None
    assert seen == ["a", "b", "c", "d", "e"]
