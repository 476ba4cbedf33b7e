"""Walking through pages as a client does."""

from typing import Any

from tests.stac.client import Document, StacClient, link


def names(page: Document) -> list[str]:
    return [f"{item['collection']}/{item['id']}" for item in page["features"]]


def follow(client: StacClient, page: Document, rel: str, body: Any = None) -> Document | None:
    """The neighbouring page as a client gets it, or None."""
    found = link(page, rel)
    if found is None:
        return None
    if found.get("method") == "POST":
        assert found["merge"] is True
        answer = client("search", "POST", {**(body or {}), **found["body"]})
        assert answer.status_code == 200, answer.content
        return answer.json()
    return client.get(found["href"])


def walk(client: StacClient, first: Document, body: Any = None) -> list[str]:
    """The names on all pages; going back gives the same pages."""
    pages, page = [first], first
    while page := follow(client, page, "next", body):
        pages.append(page)
    back, page = [pages[-1]], pages[-1]
    while page := follow(client, page, "prev", body):
        back.append(page)
    assert [names(page) for page in reversed(back)] == [names(page) for page in pages]
    return [name for page in pages for name in names(page)]
