"""Plans stop what an organization brings: before a byte moves, and never half of it."""

import orjson
import pytest
from django.test import Client

from catalogs import drafts, room
from catalogs.audit import Actor
from catalogs.stac.models import Collection, Item, Job, Trashed
from tenants.current import tenant_scope
from tests.stac import documents
from tests.stac.door import stac  # noqa: F401 - a fixture
from tests.ui import catalog

UPLOADS = "/o/acme/api/uploads/"
LINES = "application/x-ndjson"
LATER = {"Prefer": "respond-async"}
LENIENT = {"Prefer": "respond-async, handling=lenient"}


@pytest.fixture
def home(stac, bucket):  # noqa: F811
    assert stac.post("collections", documents.collection()).status_code == 201
    return "collections/c/items"


def lines(*ids: str) -> bytes:
    return b"\n".join(orjson.dumps(documents.item(id)) for id in ids)


def begin(client: Client, size: int):
    wanted = {"filename": "scene.tif", "size": size}
    return client.post(UPLOADS, wanted, content_type="application/json")


def refused(answer) -> bool:
    assert answer.status_code == 402, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "LimitReached"
    return "larger plan" in answer.json()["detail"]


def test_uploads_stop_before_a_byte_moves(limited, key_client, bucket):
    limited(storage=1000)
    first = begin(key_client, 900)
    assert first.status_code == 201
    assert refused(begin(key_client, 101))
    assert begin(key_client, 100).status_code == 201
    key_client.post(first.json()["links"]["abort"])
    assert begin(key_client, 900).status_code == 201


def test_what_was_promised_finishes(limited, start, put, key_client):
    upload = start("scene.tif", 900)
    limited(storage=1)
    put(upload, b"II*\x00" * 225)
    answer = key_client.post(upload["links"]["finish"])
    assert (answer.status_code, answer.json()["state"]) == (200, "checking")


def test_every_place_of_bytes_counts(limited, acme, ada, key_client, bucket):
    with tenant_scope(acme):
        scenes = catalog.collection("scenes", "public")
        files = [catalog.picture(colour) for colour in ("red", "green", "blue")]
        items = [catalog.item(scenes, str(n), held=[file]) for n, file in enumerate(files)]
        drafts.unpublish(items[0], actor=Actor.of(ada))
        items[1].refresh_from_db()
        key_client.delete("/o/acme/stac/collections/scenes/items/1")
        sizes = [file.size for file in files]
        held = room.held()
        assert (held["review"], held["trash"], held["published"]) == tuple(sizes)
        assert [(each.pk, each.bytes) for each in room.largest(Collection.objects.all(), 5)] == [
            ("scenes", sizes[2])
        ]
    limited(storage=sum(sizes) + 10)
    assert refused(begin(key_client, 11))
    assert begin(key_client, 10).status_code == 201


def test_bodies_that_wait_count(limited, stac, home, key_client, run_jobs, in_acme):  # noqa: F811
    body = lines("a", "b")
    limited(storage=len(body) + 10)
    sent = {"content_type": LINES, "headers": LATER}
    assert stac.post(home, body, **sent).status_code == 202
    assert room.held()["bodies"] == len(body)
    assert refused(stac.post(home, body, **sent))
    assert refused(begin(key_client, 11))
    run_jobs()
    assert sum(room.held().values()) == 0
    assert stac.post(home, lines("c"), **sent).status_code == 202
    assert Job.objects.count() == 2
    run_jobs()


def test_items_stop_at_their_limit(limited, stac, home):  # noqa: F811
    limited(items=2)
    assert stac.post(home, documents.item("a")).status_code == 201
    assert refused(stac.post(home, lines("b", "c"), content_type=LINES))
    assert stac.get("search")["numberReturned"] == 1
    assert stac.post(home, documents.item("b")).status_code == 201
    assert refused(stac.post(home, documents.item("c")))
    replaced = lines("a", "b")
    answer = stac.post(f"{home}?method=upsert", replaced, content_type=LINES)
    assert answer.status_code == 201, answer.content
    assert stac(f"{home}/a", "DELETE").status_code == 204
    assert stac.post(home, documents.item("c")).status_code == 201


@pytest.mark.parametrize(("prefer", "written"), [(LATER, 0), (LENIENT, 2)])
def test_a_job_writes_whole_batches_or_nothing(
    limited,
    stac,  # noqa: F811
    home,
    run_jobs,
    in_acme,
    monkeypatch,
    prefer,
    written,
):
    monkeypatch.setattr("catalogs.stac.bulk.BATCH", 2)
    limited(items=3)
    body = lines("a", "b", "c", "d")
    answer = stac.post(home, body, content_type=LINES, headers=prefer)
    run_jobs()
    told = stac.get(answer["Location"].removeprefix(stac.root))
    assert (told["status"], told["problem"]["code"]) == ("failed", "LimitReached")
    assert Item.objects.count() == told["created"] == written


def test_what_comes_back_counts(limited, stac, home, ada_client, acme, ada):  # noqa: F811
    for id in ("a", "b"):
        assert stac.post(home, documents.item(id)).status_code == 201
    with tenant_scope(acme):
        drafts.unpublish(Item.objects.get(stac_id="a"), actor=Actor.of(ada))
    limited(items=1)
    assert "larger plan" in ada_client.post("/o/acme/drop/publish/", follow=True).text
    assert stac(f"{home}/b", "DELETE").status_code == 204
    assert "larger plan" not in ada_client.post("/o/acme/drop/publish/", follow=True).text
    with tenant_scope(acme):
        kept = Trashed.objects.get(item="b")
    assert "larger plan" in ada_client.post(f"/o/acme/trash/{kept.pk}/restore/", follow=True).text
    assert stac.ids() == ["a"]


def test_only_so_many_bodies_wait(stac, home, run_jobs, monkeypatch):  # noqa: F811
    monkeypatch.setattr("catalogs.stac.jobs.MOST_WAITING", 1)
    sent = {"content_type": LINES, "headers": LATER}
    assert stac.post(home, lines("a"), **sent).status_code == 202
    answer = stac.post(home, lines("b"), **sent)
    assert (answer.status_code, answer["Retry-After"]) == (409, "1")
    run_jobs()
