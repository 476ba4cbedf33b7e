"""The disk of a local store is one for all organizations: no two are promised the same room."""

import shutil
from functools import partial

import pytest
from django.test import Client

from catalogs import room
from tenants import keys, quotas
from tenants.current import tenant_scope
from tenants.models import Reservation
from tenants.roles import WRITE_SCOPES
from tests.catalogs.conftest import ROOT


@pytest.fixture
def free(settings, tmp_path) -> int:
    """Bytes that the disk has for files."""
    settings.STORE_FOLDER = str(tmp_path)
    return shutil.disk_usage(tmp_path).free - quotas.RESERVE


@pytest.fixture
def other_client(other, oda) -> Client:
    key = keys.issue(other, creator=oda, name="writes", scopes=WRITE_SCOPES)[1]
    return Client(headers={"authorization": f"Bearer {key}"})


def begin(client: Client, slug: str, size: int):
    body = {"filename": "scene.tif", "size": size}
    address = ROOT.replace("/acme/", f"/{slug}/")
    return client.post(address, body, content_type="application/json")


def test_what_one_was_promised_another_cannot_have(free, key_client, other_client, acme, bucket):
    started = begin(key_client, "acme", free * 2 // 3)
    assert started.status_code == 201
    refused = begin(other_client, "other", free * 2 // 3)
    assert (refused.status_code, refused.json()["code"]) == (413, "NoRoom")
    assert begin(other_client, "other", 1000).status_code == 201

    key_client.post(started.json()["links"]["abort"])
    with tenant_scope(acme):
        room.settle(partial(quotas.reserve, acme))
    assert begin(other_client, "other", free * 2 // 3).status_code == 201


def test_who_is_refused_is_promised_nothing(free, key_client, acme, bucket):
    assert begin(key_client, "acme", free * 2).status_code == 413
    assert not Reservation.objects.exists()


def test_a_page_tells_the_room_beside_the_promises_to_others(
    free, key_client, other_client, acme, other, bucket
):
    begin(key_client, "acme", free // 2)
    assert quotas.room_left(other) < free * 2 // 3
    assert quotas.room_left(acme) > free * 2 // 3
