"""A store that takes its time keeps no row locked and no transaction open."""

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.conf import settings as ours
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from PIL import Image

from catalogs.models import Upload
from tenants.current import tenant_scope
from tests.catalogs.scenes import scene
from tests.catalogs.slow_store import door_before
from tests.ui.test_collection_edit import form

STORE = ours.STORAGES["assets"]["OPTIONS"]["endpoint_url"]


@pytest.fixture
def key(live) -> dict[str, str]:
    return {"authorization": f"Bearer {live.key()}"}


def through(settings, door) -> None:
    """From now on the store is reached by this door alone."""
    options = {**settings.STORAGES["assets"]["OPTIONS"], "endpoint_url": door.url}
    assets = {**settings.STORAGES["assets"], "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "assets": assets}


def sent(live, key) -> dict:
    data = scene(seed=77)
    program = Client(headers=key)
    address = f"{live.organization.path}api/uploads/"
    wanted = {"filename": "scene.tif", "size": len(data)}
    upload = program.post(address, wanted, content_type="application/json").json()
    asked = program.post(upload["links"]["sign"], {"parts": [1]}, content_type="application/json")
    requests.put(asked.json()["urls"][0]["url"], data=data, timeout=30).raise_for_status()
    return upload


def in_transaction() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT query FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
        )
        return [query for (query,) in cursor.fetchall()]


def finish(upload, key):
    try:
        return Client(headers=key).post(upload["links"]["finish"])
    finally:
        connections.close_all()


def is_completion(said: bytes) -> bool:
    head = said.partition(b"\r\n")[0]
    return head.startswith(b"POST ") and b"uploadId=" in head


def test_finishing_locks_nothing_while_the_store_works(live, key, settings):
    upload = sent(live, key)
    with door_before(STORE, is_completion) as door, ThreadPoolExecutor(3) as threads:
        through(settings, door)
        finishing = threads.submit(finish, upload, key)
        assert door.reached.wait(30)
        assert in_transaction() == []
        with tenant_scope(live.organization):
            Upload.objects.filter(pk=upload["id"]).update(title="can be written")
        again = threads.submit(finish, upload, key)
        door.opened.set()
        answers = [finishing.result(60), again.result(60)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["state"] for answer in answers} == {"checking"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE args->>'upload' = %s", [upload["id"]]
        )
        assert cursor.fetchone() == (1,)


def test_who_cancels_meanwhile_need_not_wait(live, key, settings):
    upload = sent(live, key)
    with door_before(STORE, is_completion) as door, ThreadPoolExecutor(1) as threads:
        through(settings, door)
        finishing = threads.submit(finish, upload, key)
        assert door.reached.wait(30)
        assert Client(headers=key).post(upload["links"]["abort"]).json()["state"] == "aborted"
        door.opened.set()
        assert finishing.result(60).status_code == 409


def test_a_picture_is_stored_before_anything_is_locked(live, settings):
    picture = SimpleUploadedFile("p.webp", _webp(), "image/webp")
    page = Client()
    page.force_login(live.owner)
    body = form(title="Pictured", thumbnail=picture)

    def post():
        try:
            return page.post(f"{live.organization.path}new-collection/", body)
        finally:
            connections.close_all()

    with door_before(STORE, lambda said: said.startswith(b"PUT ")) as door:
        through(settings, door)
        with ThreadPoolExecutor(1) as threads:
            posting = threads.submit(post)
            reached = door.reached.wait(30)
            held = in_transaction()
            door.opened.set()
            answer = posting.result(60)
    assert reached, answer.content.decode()[:3000]
    assert held == []
    assert answer.status_code == 302


def _webp() -> bytes:
    with io.BytesIO() as out:
        Image.new("RGB", (8, 8), "red").save(out, "WEBP")
        return out.getvalue()
