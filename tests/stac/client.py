"""A client of one STAC root, as a program uses it."""

from typing import Any
from urllib.parse import urlencode

import orjson
from django.test import Client

Document = dict[str, Any]


class StacClient:
    """`root` is the absolute address of the landing page; paths are relative to it."""

    def __init__(self, root: str, headers: dict[str, str] | None = None) -> None:
        self.root = root
        self.client = Client(headers=headers or {})

    def __call__(
        self,
        path: str = "",
        method: str = "GET",
        body: Any = None,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> Any:
        scheme, _, rest = self.root.partition("://")
        host, _, prefix = rest.partition("/")
        if "://" in path:
            assert path.startswith(self.root), f"{path} leads out of {self.root}"
            path = path[len(self.root) :]
        address = f"/{prefix}{path}" + (f"?{urlencode(query)}" if query else "")
        raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        return self.client.generic(
            method,
            address,
            raw,
            content_type if body is not None else "",
            secure=scheme == "https",
            headers={"host": host, **(headers or {})},
        )

    def get(self, path: str = "", **query: Any) -> Document:
        answer = self(path, **query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def post(self, path: str, body: Any, **more: Any) -> Any:
        return self(path, "POST", body, **more)

    def ids(self, **query: Any) -> list[str]:
        """Ids of the items that a search by GET finds."""
        return [item["id"] for item in self.get("search", **query)["features"]]


def link(document: Document, rel: str) -> Document | None:
    """The first link of this relation."""
    return next((link for link in document["links"] if link["rel"] == rel), None)


def body(answer: Any) -> bytes:
    """All that was sent, at once or in pieces."""
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content) if answer.streaming else answer.content
