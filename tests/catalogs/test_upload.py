"""Start, sign, finish, abort: the browser's side of an upload, against a real bucket."""

import json

import pytest
import requests
from django.db import DatabaseError, connection, transaction
from django.test import Client

from catalogs import room
from catalogs.models import AuditRecord, Upload
from catalogs.storage import SMALLEST_PART, assets, part_count, part_length, part_size
from tests.catalogs.conftest import ROOT, SEVEN_PARTS, pattern

GB = 10**9


def test_it_works(start, put, key_client, acme, in_acme):
    data = pattern(100_000)
    upload = start("scene.tif", len(data))
    assert upload["state"] == "uploading"
    assert upload["part_count"] == 1

    put(upload, data)
    parts = key_client.get(upload["links"]["parts"]).json()["parts"]
    assert [(part["part"], part["size"]) for part in parts] == [(1, 100_000)]
    assert key_client.post(upload["links"]["finish"]).json()["state"] == "checking"

    row = Upload.objects.get(pk=upload["id"])
    assert row.name.startswith(f"o/{acme.pk}/u/{upload['id']}/")
    assert assets().held_size(row.name) == 100_000
    assert AuditRecord.objects.filter(action="upload.start").exists()


def test_seven_parts_in_any_order_arrive_as_one(start, put, key_client, in_acme):
    data = pattern(SEVEN_PARTS)
    upload = start("large.tif", len(data))
    assert upload["part_count"] == 7
    put(upload, data, [7, 3, 1])
    missing = key_client.post(upload["links"]["finish"])
    assert missing.status_code == 409
    assert missing.json()["code"] == "PartsMissing"
    assert "2, 4, 5, 6" in missing.json()["detail"]

    put(upload, data, [2, 4, 5, 6])
    assert key_client.post(upload["links"]["finish"]).status_code == 200
    row = Upload.objects.get(pk=upload["id"])
    assert b"".join(assets().chunks(row.name)) == data


def test_the_list_of_parts_is_read_to_its_last_page(start, put, in_acme):
    data = pattern(SEVEN_PARTS)
    upload = start("large.tif", len(data))
    put(upload, data)
    row = Upload.objects.get(pk=upload["id"])
    listed = assets().parts(row.name, row.multipart, page=3)
    assert [part.number for part in listed] == [1, 2, 3, 4, 5, 6, 7]


def test_parts_depend_on_the_size_alone_up_to_50_gb_and_beyond():
    for size in (1, SMALLEST_PART, SMALLEST_PART + 1, 50 * GB, 150 * GB, 151 * GB, 5 * 10**12):
        count, length = part_count(size), part_size(size)
        assert count <= 10_000
        assert length >= 5 * 1024**2
        assert sum(part_length(size, number) for number in range(1, count + 1)) == size
        assert 0 < part_length(size, count) <= length
    assert part_size(50 * GB) == SMALLEST_PART
    assert part_count(50 * GB) == 2981


def test_a_50_gb_upload_starts_and_signs_its_last_part(start, key_client, settings):
    settings.UPLOAD_ROOM = "tests.catalogs.rooms.endless"
    upload = start("continent.tif", 50 * GB)
    last = upload["part_count"]
    signed = key_client.post(
        upload["links"]["sign"], {"parts": [last]}, content_type="application/json"
    )
    assert f"partNumber={last}&" in signed.json()["urls"][0]["url"]


def test_a_part_of_another_length_than_signed_is_refused(start, key_client):
    upload = start("scene.tif", 1000)
    signed = key_client.post(
        upload["links"]["sign"], {"parts": [1]}, content_type="application/json"
    ).json()["urls"][0]["url"]
    assert requests.put(signed, data=b"x" * 5000, timeout=10).status_code == 403
    assert requests.put(signed, data=b"x" * 1000, timeout=10).status_code == 200


def test_a_signed_part_cannot_be_sent_after_the_end(start, put, key_client, in_acme):
    upload = start("scene.tif", 1000)
    signed = key_client.post(
        upload["links"]["sign"], {"parts": [1]}, content_type="application/json"
    ).json()["urls"][0]["url"]
    requests.put(signed, data=b"a" * 1000, timeout=10)
    key_client.post(upload["links"]["finish"])
    assert requests.put(signed, data=b"b" * 1000, timeout=10).status_code == 404
    row = Upload.objects.get(pk=upload["id"])
    assert assets().read(row.name, 0, 1000) == b"a" * 1000


def test_finishing_twice_is_finishing_once(send, key_client, in_acme):
    upload = send("scene.tif", pattern(1000))
    again = key_client.post(upload["links"]["finish"])
    assert again.status_code == 200
    assert jobs_of(upload) == 1


def test_finishing_after_a_lost_answer_finds_the_object(start, put, key_client, in_acme):
    data = pattern(1000)
    upload = start("scene.tif", len(data))
    put(upload, data)
    row = Upload.objects.get(pk=upload["id"])
    parts = assets().parts(row.name, row.multipart)
    assets().complete(row.name, row.multipart, parts)  # the bucket did it, the answer was lost
    assert key_client.post(upload["links"]["finish"]).json()["state"] == "checking"


def test_50_files(send, in_acme):
    for number in range(50):
        send(f"scene-{number}.tif", pattern(100 + number))
    assert Upload.objects.filter(state="checking").count() == 50


def test_abort_aborts_in_the_bucket(start, put, key_client, in_acme):
    data = pattern(SEVEN_PARTS)
    upload = start("large.tif", len(data))
    put(upload, data, [1, 2])
    assert key_client.post(upload["links"]["abort"]).json()["state"] == "aborted"
    row = Upload.objects.get(pk=upload["id"])
    assert assets().parts(row.name, row.multipart) is None
    refused = key_client.post(upload["links"]["finish"])
    assert refused.status_code == 409
    assert key_client.post(upload["links"]["abort"]).status_code == 200


def test_an_empty_file_is_refused_before_a_byte_moves(key_client, bucket):
    assert refusal(key_client, "empty.tif", 0) == (422, "empty")


def test_other_formats_are_refused_each_with_advice(key_client, bucket):
    for name in ("a.jpg", "b.nc", "c.laz", "d.zip", "e.gpkg", "f.vrt", "g.h5"):
        assert refusal(key_client, name, 10) == (422, "other-format")


def test_what_is_too_large_for_the_quota_is_413(key_client, bucket, settings):
    settings.UPLOAD_ROOM = "tests.catalogs.rooms.small"
    assert refusal(key_client, "large.tif", 10_000_001) == (413, "NoRoom")


def test_room_is_reserved_when_an_upload_starts(start, key_client, settings):
    settings.UPLOAD_ROOM = "tests.catalogs.rooms.small"
    first = start("one.tif", 6_000_000)
    assert refusal(key_client, "two.tif", 6_000_000) == (413, "NoRoom")
    key_client.post(first["links"]["abort"])
    start("two.tif", 6_000_000)


def test_bad_requests_are_sentences(key_client, start):
    upload = start("scene.tif", 1000)
    for body in ({}, {"filename": "a.tif"}, {"filename": "a.tif", "size": "many"}, [], "x", None):
        answer = key_client.post(ROOT, json.dumps(body), content_type="application/json")
        assert answer.status_code == 400, body
        assert answer["Content-Type"] == "application/problem+json"
    for parts in ([], [0], [2], [1] * 51, "x"):
        body = json.dumps({"parts": parts})
        answer = key_client.post(upload["links"]["sign"], body, content_type="application/json")
        assert answer.status_code == 400, parts


def test_file_names_lose_folders_and_what_cannot_be_seen(start):
    assert start("C:\\maps\\Straße 1.tif", 10)["filename"] == "Straße 1.tif"
    assert start("../../etc/passwd", 10)["filename"] == "passwd"
    assert start("gnp.\u202efit.tif", 10)["filename"] == "gnp.fit.tif"
    assert len(start("x" * 900 + ".tif", 10)["filename"]) <= 200


def test_strangers_learn_nothing(start, cyd_client, sign_in, oda, client):
    upload = start("scene.tif", 1000)
    for stranger in (cyd_client, client, sign_in(oda)):
        for address in (*upload["links"].values(), ROOT):
            assert stranger.get(address).status_code in (404, 405), address
            assert stranger.post(address).status_code in (404, 405), address


def test_who_only_views_may_not_upload(ben_client, start):
    body = {"filename": "a.tif", "size": 1}
    assert ben_client.post(ROOT, body, content_type="application/json").status_code == 403


def test_another_organizations_upload_is_absent(start, sign_in, oda):
    upload = start("scene.tif", 1000)
    for address in upload["links"].values():
        elsewhere = address.replace("/o/acme/", "/o/other/")
        assert sign_in(oda).get(elsewhere).status_code in (404, 405)
        assert sign_in(oda).post(elsewhere).status_code in (404, 405)


def test_a_wrong_key_is_401(start, read_key):
    upload = start("scene.tif", 1000)
    wrong = Client(headers={"authorization": "Bearer sck_live_wrong"})
    assert wrong.get(upload["links"]["self"]).status_code == 401
    reader = Client(headers={"authorization": f"Bearer {read_key}"})
    assert reader.get(upload["links"]["self"]).status_code == 403


def test_a_signed_in_page_needs_its_csrf_token(sign_in, ada, bucket):
    page = Client(enforce_csrf_checks=True)
    page.force_login(ada)
    body = {"filename": "a.tif", "size": 1}
    assert page.post(ROOT, body, content_type="application/json").status_code == 403


@pytest.mark.parametrize("verb", ["UPDATE catalogs_auditrecord SET action = ''", "DELETE FROM"])
def test_audit_records_are_only_ever_added(start, in_acme, verb):
    start("scene.tif", 1000)
    statement = verb if verb.startswith("UPDATE") else f"{verb} catalogs_auditrecord"
    with (
        pytest.raises(DatabaseError, match="only ever added"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def refusal(client: Client, filename: str, size: int) -> tuple[int, str]:
    body = {"filename": filename, "size": size}
    answer = client.post(ROOT, body, content_type="application/json")
    assert len(answer.json()["detail"]) > 20
    return answer.status_code, answer.json()["code"]


def jobs_of(upload: dict) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE args->>'upload' = %s", [upload["id"]]
        )
        return cursor.fetchone()[0]


def test_a_state_that_is_none_is_refused(key_client):
    for state in ("nothing", "%00"):
        answer = key_client.get(f"{ROOT}?state={state}")
        assert answer.status_code == 400
        assert answer.json()["parameter"] == "state"


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"filename": "\\ud800"}', b"\xff"])
def test_what_is_no_json_is_refused(key_client, text):
    answer = key_client.post(ROOT, text, content_type="application/json")
    assert answer.status_code == 400


def test_a_start_that_the_store_does_not_answer_keeps_no_room(key_client, settings, in_acme):
    away = {**settings.STORAGES["assets"]["OPTIONS"], "endpoint_url": "http://127.0.0.1:1"}
    settings.STORAGES = {
        **settings.STORAGES,
        "assets": {**settings.STORAGES["assets"], "OPTIONS": away},
    }
    wanted = {"filename": "scene.tif", "size": 5 * GB}
    assert key_client.post(ROOT, wanted, content_type="application/json").status_code == 503
    assert room.promised_already() == 0
