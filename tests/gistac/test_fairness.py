"""Long questions of one organization leave room for the others; who is alone may take it all."""

import threading
import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.test import Client

from catalogs.stac import streams
from gistac import fairness, places
from gistac import turns as turning
from gistac.fairness import Shares
from gistac.turns import Turns
from tenants import usage
from tenants.models import Usage

DEAR = "/o/acme/stac/search?filter=a%3D1"
LONG = [
    DEAR,
    "/o/acme/stac/search?sortby=id",
    "/o/acme/stac/search?q=word",
    "/o/acme/stac/aggregate?aggregations=total_count",
    "/o/acme/stac/tiles/WebMercatorQuad/0/0/0",
    "/o/acme/stac/search?limit=1000",
]
LONG_PAGES = ["/o/acme/map/?datetime=2020-01-01/..", "/o/acme/map/pick?at=1,2", "/o/acme/?q=word"]
SHORT = [
    "/o/acme/stac/",
    "/o/acme/stac/search?limit=100",
    "/o/acme/stac/collections",
    "/o/acme/",
    "/o/acme/map/",
]


@pytest.fixture
def shares(monkeypatch) -> Shares:
    monkeypatch.setattr(fairness, "PATIENCE", 0)
    monkeypatch.setattr(fairness, "CREDIT", 3600)  # no rests, but where they are the matter
    monkeypatch.setattr(usage, "_lately", frozenset())
    made = Shares()
    monkeypatch.setattr(fairness, "shares", made)
    return made


def test_it_works(acme, other, shares):
    shares.note(other.pk)
    first = shares.enter(acme.pk)
    for path in LONG:
        answer = Client().get(path)
        assert (answer.status_code, answer["Retry-After"]) == (429, "1"), path
        assert answer.json()["code"] == "TooManyRequests"
    for path in LONG_PAGES:
        page = Client().get(path)
        assert (page.status_code, page["Retry-After"]) == (429, "1"), path
        assert "Ask again in a second" in page.content.decode()
    posted = Client().post("/o/acme/stac/search", {}, content_type="application/json")
    assert posted.status_code == 429
    assert Client().get(DEAR.replace("acme", "other")).status_code == 200
    for path in SHORT:
        assert Client().get(path).status_code == 200, path
    shares.leave(first)
    assert Client().get(DEAR).status_code == 200
    assert Client().get(f"{DEAR}(").status_code == 400  # refused: its place is free again
    assert not shares.running


def test_who_is_alone_takes_all_but_one_turn(acme, shares, settings):
    shares.note(acme.pk)
    entered = [shares.enter(acme.pk) for _ in range(4)]
    assert list(map(bool, entered)) == [True, True, True, False]
    assert Client().get(DEAR).status_code == 429
    shares.leave(entered[0])
    assert Client().get(DEAR).status_code == 200


def test_the_dear_questions_of_all_leave_a_turn(shares):
    several = [uuid4() for _ in range(4)]
    for each in several:
        shares.note(each)
    assert [bool(shares.enter(each)) for each in several] == [True, True, True, False]


def test_who_asks_another_process_asks_as_well(acme, other, shares):
    now = {"day": datetime.now(UTC).date(), "minute": int(time.time()) // 60}
    Usage.objects.update_or_create(organization=other, day=now["day"], defaults=now)
    assert shares.enter(acme.pk)
    assert Client().get(DEAR).status_code == 200  # as who is alone
    usage.write()
    place = places.take(f"{acme.pk} 0")  # another process has it
    assert Client().get(DEAR).status_code == 429
    place.close()
    assert Client().get(DEAR).status_code == 200


def test_who_goes_on_asking_rests(acme, other, shares, settings, monkeypatch):
    monkeypatch.setattr(fairness, "CREDIT", 0)
    monkeypatch.setattr(fairness, "LONGEST_REST", 3)
    settings.DEAR_SHARE = 1
    shares.note(other.pk)
    assert Client().get(DEAR).status_code == 200
    answer = Client().get(DEAR)
    assert (answer.status_code, answer["Retry-After"]) == (429, "1")
    another_process = Shares()
    another_process.note(other.pk)
    assert not another_process.enter(acme.pk)
    assert Client().get("/o/acme/stac/search").status_code == 200
    shares.seen.clear()
    assert Client().get(DEAR).status_code == 200  # who is alone never rests
    shares.note(other.pk)
    monkeypatch.setattr(fairness, "PATIENCE", 20)
    monkeypatch.setattr(fairness, "CREDIT", 3600)
    assert Client().get(DEAR).status_code == 200  # once it has rested


def test_few_dear_questions_need_no_rest(shares, monkeypatch):
    monkeypatch.setattr(fairness, "CREDIT", 2)
    mine = uuid4()
    shares.note(uuid4())
    for _ in range(10):
        shares.leave(shares.enter(mine))


def test_a_question_gives_back_its_own_place(shares):
    mine = uuid4()
    shares.note(mine)
    alone = shares.enter(mine)
    shares.note(uuid4())
    beside = shares.enter(mine)
    shares.leave(alone)
    assert not shares.enter(mine)
    shares.leave(beside)
    assert shares.enter(mine)


def test_so_many_wait_and_no_more(monkeypatch):
    monkeypatch.setattr(fairness, "PATIENCE", 20)
    monkeypatch.setattr(fairness, "MOST_WAITING", 1)
    shares, mine = Shares(), uuid4()
    shares.note(uuid4())
    first = shares.enter(mine)
    entered: list[object] = []
    second = threading.Thread(target=lambda: entered.append(shares.wait(mine)))
    second.start()
    while mine not in shares.lines:
        pass
    assert not shares.wait(mine)  # another one waits already
    shares.leave(first)
    second.join()
    assert entered[0]


def test_the_next_turn_is_of_who_has_fewest(settings):
    settings.ANSWERED_AT_ONCE = 2
    turns, much, little = Turns(), uuid4(), uuid4()
    came: list[str] = []

    def ask(organization: UUID, name: str) -> None:
        assert turns.enter(organization, lambda: None)
        came.append(name)

    for _ in range(2):
        assert turns.enter(much, pytest.fail)
    waiting = [(much, "third"), (much, "fourth"), (little, "first")]
    threads = [threading.Thread(target=ask, args=each) for each in waiting]
    for number, thread in enumerate(threads, start=1):
        thread.start()
        while len(turns.waiting) < number:
            pass
    for number, organization in enumerate((much, much, little), start=1):
        turns.leave(organization)
        while len(came) < number:
            pass
    assert came == ["first", "third", "fourth"]
    for _ in range(2):
        turns.leave(much)
    assert not turns.running


def test_whose_turn_is_given_away_gets_another_one(settings):
    settings.ANSWERED_AT_ONCE = 1
    turns, mine, other = Turns(), uuid4(), uuid4()
    assert turns.enter(mine, pytest.fail)
    with turns.aside(mine):
        assert turns.enter(other, pytest.fail)
        turns.leave(other)
    assert turns.running == {mine: 1}


def test_a_crowd_is_told_to_come_again(acme, other, monkeypatch, settings):
    settings.ANSWERED_AT_ONCE = 1
    monkeypatch.setattr(turning, "MOST_WAITING", 0)
    monkeypatch.setattr(fairness, "turns", Turns())
    assert fairness.turns.enter(other.pk, pytest.fail)
    program, page = Client().get("/o/acme/stac/search"), Client().get("/o/acme/")
    assert (program.status_code, program["Retry-After"]) == (429, "1")
    assert program.json()["code"] == "TooManyRequests"
    assert (page.status_code, page["Retry-After"]) == (429, "1")
    fairness.turns.leave(other.pk)
    assert Client().get("/o/acme/").status_code == 200
    assert not fairness.turns.running


def test_whole_results_are_shared_as_well():
    room = streams.Room()
    assert room.take("one")
    assert not room.take("one")
    assert room.take("two")
    assert not room.take("three")
    room.give_back("one")
    assert room.take("three")
