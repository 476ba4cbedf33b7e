"""Writes through the API, by one keep-alive connection: many items a request, and one."""

import json
import statistics
import time
from collections.abc import Iterable, Mapping
from itertools import batched
from typing import Any

import requests

from tests.benchmarks import data

BATCH = 6_000  # items of all collections that are made before their sending is timed
FIRST = 5  # single writes that warm the server up


def load(root: str, headers: Mapping[str, str], size: int, seed: int) -> float:
    """Seconds in which the server took all items, as newline-delimited JSON."""
    took = 0.0
    with requests.Session() as session:
        session.headers.update({**headers, "Content-Type": "application/x-ndjson"})
        for some in batched(data.items(size, seed), BATCH, strict=False):
            for id in data.COLLECTIONS:
                text = "".join(json.dumps(one) + "\n" for one in some if one["collection"] == id)
                began = time.monotonic()
                _post(session, f"{root}collections/{id}/items", text.encode())
                took += time.monotonic() - began
    return took


def one_by_one(root: str, headers: Mapping[str, str], documents: Iterable[dict[str, Any]]) -> float:
    """The median of milliseconds that one item takes."""
    took = []
    with requests.Session() as session:
        session.headers.update({**headers, "Content-Type": "application/json"})
        for document in documents:
            body = json.dumps(document).encode()
            began = time.monotonic()
            _post(session, f"{root}collections/{document['collection']}/items", body)
            took.append((time.monotonic() - began) * 1000)
    return statistics.median(took[FIRST:])


def _post(session: requests.Session, address: str, body: bytes) -> None:
    if not body:
        return
    answer = session.post(address, data=body, timeout=600)
    assert answer.status_code == 201, answer.text[:500]
