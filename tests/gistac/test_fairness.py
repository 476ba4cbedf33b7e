"""Long questions of one organization leave room for the others; who is alone may take it all."""

import threading
from uuid import uuid4

import pytest
from django.test import Client

from catalogs.stac import streams
from gistac import fairness
from gistac.fairness import Shares

DEAR = "/o/acme/stac/search?filter=a%3D1"
LONG = [
    DEAR,
    "/o/acme/stac/search?sortby=id",
    "/o/acme/stac/search?q=word",
    "/o/acme/stac/aggregate?aggregations=total_count",
]
SHORT = ["/o/acme/stac/", "/o/acme/stac/search", "/o/acme/stac/collections", "/o/acme/"]


@pytest.fixture
def shares(monkeypatch) -> Shares:
    monkeypatch.setattr(fairness, "PATIENCE", 0)
    made = Shares()
    monkeypatch.setattr(fairness, "shares", made)
    return made


def test_it_works(acme, other, shares):
    shares.note(other.pk)
    assert shares.enter(acme.pk)
    for path in LONG:
        answer = Client().get(path)
        assert (answer.status_code, answer["Retry-After"]) == (429, "1"), path
        assert answer.json()["code"] == "TooManyRequests"
    posted = Client().post("/o/acme/stac/search", {}, content_type="application/json")
    assert posted.status_code == 429
    assert Client().get(DEAR.replace("acme", "other")).status_code == 200
    for path in SHORT:
        assert Client().get(path).status_code == 200, path
    shares.leave(acme.pk)
    assert Client().get(DEAR).status_code == 200
    assert Client().get(f"{DEAR}(").status_code == 400  # refused: its place is free again
    assert not shares.running


def test_who_is_alone_takes_all(acme, shares):
    shares.note(acme.pk)
    assert all(shares.enter(acme.pk) for _ in range(5))
    assert Client().get(DEAR).status_code == 200


def test_one_waits_for_its_turn_and_no_more(monkeypatch):
    monkeypatch.setattr(fairness, "PATIENCE", 20)
    shares, mine = Shares(), uuid4()
    shares.note(uuid4())
    assert shares.enter(mine)
    entered: list[bool] = []
    second = threading.Thread(target=lambda: entered.append(shares.enter(mine)))
    second.start()
    while not shares.waiting:
        pass
    assert not shares.enter(mine)  # another one waits already
    shares.leave(mine)
    second.join()
    assert entered == [True]


def test_whole_results_are_shared_as_well():
    room = streams.Room()
    assert room.take("one")
    assert not room.take("one")
    assert room.take("two")
    assert not room.take("three")
    room.give_back("one")
    assert room.take("three")
