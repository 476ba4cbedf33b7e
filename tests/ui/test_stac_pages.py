"""Pages at the addresses of the STAC API: the ones that people know, and one for all else."""

import re

import pytest

from tests.ui import catalog

ROOT = "/o/acme/stac/"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def filled(in_acme, bucket):
    catalog.item(catalog.collection("coast"), "one")
    catalog.item(catalog.collection("secret", visibility="members"), "two")


def read(client, path: str, status: int = 200, **query) -> str:
    answer = client.get(f"{ROOT}{path}", query, headers=BROWSER)
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("text/html")
    return answer.content.decode()


def test_the_gallery_a_collection_and_an_item_are_the_known_pages(filled, cyd_client):
    assert "Search collections" in read(cyd_client, "")
    shown = read(cyd_client, "collections/coast")
    assert "Parts of this collection" in shown
    assert 'href="/o/acme/collections/coast/?view=use"' in shown
    assert "Parts of this item" in read(cyd_client, "collections/coast/items/one")


@pytest.mark.parametrize(
    "path", ["", "collections/coast", "collections/coast/items/one", "search", "collections"]
)
def test_no_link_leads_to_a_query_of_the_api_that_is_not_there(filled, ada_client, path):
    shown = read(ada_client, path)
    assert not re.search(r'href="\?', shown)


def test_all_else_is_a_document_to_read(filled, cyd_client):
    shown = read(cyd_client, "search", bbox="", limit="5", datetime="")
    assert f'href="http://testserver{ROOT}collections/coast/items/one"' in shown
    assert 'name="bbox"' in shown
    assert "two" not in re.sub(r"<[^>]*>", "", shown)
    assert 'href="/o/acme/map/"' in shown
    assert "collections=coast" in read(cyd_client, "collections/coast/items")
    for path in ("conformance", "queryables", "collections", "api", "collections/coast/queryables"):
        assert "The document" in read(cyd_client, path)


def test_a_form_that_asks_nonsense_says_so(filled, cyd_client):
    assert "bbox" in read(cyd_client, "search", 400, bbox="1,2")


def test_private_is_like_absent(filled, cyd_client, ada_client):
    assert "Parts of this collection" in read(ada_client, "collections/secret")
    private, absent = (read(cyd_client, f"collections/{id}", 404) for id in ("secret", "absent"))
    assert _plain(private) == _plain(absent.replace("absent", "secret"))
    assert "secret" not in read(cyd_client, "search")


def _plain(page: str) -> str:
    """Without what is new in every answer."""
    return re.sub(r"nonce=\"[^\"]*\"|\b[A-Za-z0-9]{64}\b", "", page)


def test_what_a_member_sees_is_kept_nowhere(filled, ada_client, cyd_client):
    for client in (ada_client, cyd_client):
        for path in ("search", "collections/coast"):
            answer = client.get(f"{ROOT}{path}", headers=BROWSER)
            assert answer["Cache-Control"] == "no-store"
            assert "Accept" in answer["Vary"]


def test_everything_found_can_be_taken_along(filled, ada_client):
    shown = ada_client.get("/o/acme/collections/coast/").content.decode()
    assert f'href="{ROOT}collections/coast/items?f=csv"' in shown
    shown = ada_client.get("/o/acme/map/?collections=coast").content.decode()
    assert f'href="{ROOT}search?collections=coast&amp;f=parquet"' in shown
    answer = ada_client.get(f"{ROOT}search?f=ndjson")
    assert b"".join(answer.streaming_content).count(b"\n") == 2
