"""Several at the same time, against a real server: each thing still happens once."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.db import connection

from tests.catalogs.scenes import scene


@pytest.fixture
def program(live) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {live.key()}"
    return session


def started(live, program, data: bytes) -> dict:
    body = {"filename": "scene_20200101.tif", "size": len(data)}
    upload = program.post(f"{live.address}api/uploads/", json=body, timeout=30).json()
    signed = program.post(live.url + upload["links"]["sign"], json={"parts": [1]}, timeout=30)
    requests.put(signed.json()["urls"][0]["url"], data=data, timeout=30).raise_for_status()
    return upload


def test_eight_who_finish_at_once_finish_once(live, program):
    upload = started(live, program, scene(seed=31))
    address = live.url + upload["links"]["finish"]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: program.post(address, timeout=30), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["state"] for answer in answers} == {"checking"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE args->>'upload' = %s", [upload["id"]]
        )
        assert cursor.fetchone() == (1,)


def test_finish_and_abort_at_once_leave_one_of_both(live, program):
    upload = started(live, program, scene(seed=32))
    actions = [live.url + upload["links"][name] for name in ("finish", "abort") * 3]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda url: program.post(url, timeout=30), actions))
    assert {answer.status_code for answer in answers} <= {200, 409}
    final = program.get(live.url + upload["links"]["self"], timeout=30).json()
    assert final["state"] == "aborted"


def test_a_real_worker_takes_files_in_while_others_arrive(live, live_worker, program):
    uploads = [started(live, program, scene(seed=40 + number)) for number in range(3)]
    for upload in uploads:
        program.post(live.url + upload["links"]["finish"], timeout=30).raise_for_status()
    until = time.monotonic() + 120
    waiting = {upload["links"]["self"] for upload in uploads}
    while waiting and time.monotonic() < until:
        for address in list(waiting):
            row = program.get(live.url + address, timeout=30).json()
            if row["settled"]:
                assert row["state"] == "review", row
                waiting.discard(address)
        time.sleep(0.5)
    assert not waiting
