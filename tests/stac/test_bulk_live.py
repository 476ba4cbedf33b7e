"""Bulk writes over real sockets: cut off in the middle, and several at the same time."""

import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import orjson
import pytest
import requests

from tests.stac import documents

NDJSON = "application/x-ndjson"


@pytest.fixture
def home(live_root):
    root, headers = live_root
    made = requests.post(
        f"{root}collections", json=documents.collection(), headers=headers, timeout=30
    )
    assert made.status_code == 201, made.content
    return f"{root}collections/c/items", {**headers, "Content-Type": NDJSON}


def lines(*ids: str) -> bytes:
    return b"\n".join(orjson.dumps(documents.item(id)) for id in ids)


def count(home) -> int:
    address, headers = home
    page = requests.get(address, params={"limit": 10_000}, headers=headers, timeout=30)
    return len(page.json()["features"])


def test_a_body_that_breaks_off_writes_nothing(home):
    address, headers = home
    text, parts = lines("a", "b"), urlsplit(address)
    head = {**headers, "Host": parts.netloc, "Content-Length": str(len(text) + 1_000)}
    told = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as link:
        link.sendall(f"POST {parts.path} HTTP/1.1\r\n{told}\r\n".encode() + text + b"\n")
        link.shutdown(socket.SHUT_WR)
        answer = link.recv(4096)
    assert not answer or b" 400 " in answer.partition(b"\r\n")[0]
    assert count(home) == 0


def test_writers_at_the_same_time(home):
    """Two of the same items, and single ones between them: each is there once, nothing breaks."""
    address, headers = home
    ids = [f"i{n}" for n in range(400)]

    def many(method):
        params = {"method": method}
        return requests.post(address, params=params, data=lines(*ids), headers=headers, timeout=60)

    def one(id):
        single = {**headers, "Content-Type": "application/geo+json"}
        return requests.post(address, json=documents.item(id), headers=single, timeout=60)

    with ThreadPoolExecutor(4) as pool:
        bulk = [pool.submit(many, method) for method in ("upsert", "skip", "insert")]
        singles = [pool.submit(one, id) for id in ("i5", "i399", "x", "y")]
        statuses = [each.result().status_code for each in bulk + singles]
    assert set(statuses) <= {201, 409}, statuses
    assert statuses[0] == 201 or statuses[1] == 201
    there = count(home)
    assert there in (402, 401, 400)


def test_one_key_at_the_same_time(home):
    address, headers = home
    keyed = {**headers, "Idempotency-Key": "same"}
    ids = [f"i{n}" for n in range(200)]

    def send(_):
        return requests.post(address, data=lines(*ids), headers=keyed, timeout=60)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert any(answer.status_code == 201 for answer in answers)
    for answer in answers:
        if answer.status_code == 409:
            assert answer.headers["Retry-After"] == "1"
    assert count(home) == 200
