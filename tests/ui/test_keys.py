"""An organization's keys on their page: made, shown once, listed, revoked."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tenants import keys
from tenants.models import ApiKey

pytestmark = pytest.mark.django_db
PAGE = "/o/acme/keys/"
WORDS = {"name": "QGIS", "preset": "read", "expiry": "90"}


def make(client, **changes):
    return client.post(PAGE, WORDS | changes)


def test_it_works(ada_client, acme):
    answer = make(ada_client)
    text = re.search(r"sck_live_\w+", answer.text)[0]
    assert keys.verify(text, acme).name == "QGIS"


def test_it_is_shown_once(ada_client):
    text = re.search(r"sck_live_\w{30,}", make(ada_client).text)[0]
    again = ada_client.get(PAGE).text
    assert text not in again
    assert text[-4:] in again


def test_the_ready_lines_hold_the_key_and_the_address(ada_client):
    answer = make(ada_client)
    text = re.search(r"sck_live_\w{30,}", answer.text)[0]
    for label in ("curl", "pystac-client", "QGIS", "GDAL"):
        code = re.search(rf'data-snippet="{label}">(.*?)</code>', answer.text, re.DOTALL)[1]
        assert text in code
    assert answer.text.count("http://testserver/o/acme/stac/") >= 3


def test_a_fragment_is_the_same_without_the_page(ada_client):
    answer = ada_client.post(PAGE, WORDS, headers={"HX-Request": "true"})
    assert "sck_live_" in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize(("preset", "writes"), [("read", False), ("write", True)])
def test_a_preset_becomes_scopes(ada_client, preset, writes):
    make(ada_client, preset=preset)
    assert ("items:write" in ApiKey.objects.get().scopes) is writes


def test_a_day_of_ones_own_is_the_last_on_which_it_works(ada_client):
    until = timezone.localdate() + timedelta(days=5)
    make(ada_client, expiry="custom", until=until.isoformat())
    expires = ApiKey.objects.get().expires
    assert expires - timedelta(seconds=1) < expires
    assert (expires - timedelta(seconds=1)).date() == until


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"preset": "everything"},
        {"expiry": "never"},
        {"expiry": "custom"},
        {"expiry": "custom", "until": "2020-01-01"},
        {"expiry": "custom", "until": "2999-01-01"},
        {"expiry": "custom", "until": "tomorrow"},
    ],
)
def test_what_cannot_be_is_refused(ada_client, changes):
    answer = make(ada_client, **changes)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert not ApiKey.objects.exists()


def test_revoking_asks_and_then_ends_it(ada_client, acme, read_key):
    key = ApiKey.objects.get()
    asked = ada_client.get(f"{PAGE}{key.pk}/revoke/")
    assert "Revoke this key?" in asked.text
    assert keys.verify(read_key, acme)
    answer = ada_client.post(f"{PAGE}{key.pk}/revoke/", follow=True)
    assert "no longer works" in answer.text
    assert "Revoked" in answer.text
    assert keys.verify(read_key, acme) is None


def test_a_key_of_another_organization_is_not_there(ada_client, other, oda):
    key, _ = keys.issue(other, creator=oda, name="theirs", scopes=["catalog:read"])
    assert ada_client.get(f"{PAGE}{key.pk}/revoke/").status_code == 404
    assert ada_client.post(f"{PAGE}{key.pk}/revoke/").status_code == 404
    assert "theirs" not in ada_client.get(PAGE).text


def test_keys_are_for_those_who_may(ben_client, cyd_client, client):
    for method in ("get", "post"):
        assert getattr(ben_client, method)(PAGE).status_code == 403
        assert getattr(cyd_client, method)(PAGE).status_code == 404
    assert client.get(PAGE).headers["Location"].startswith("/accounts/login/?next=")
    assert client.post(PAGE).status_code == 404


def test_a_name_is_only_text(ada_client):
    answer = make(ada_client, name="<script>alert(1)</script>")
    assert "<script>alert" not in answer.text


def test_the_number_of_keys_costs_no_query(ada_client, acme, ada, queries):
    for number in range(12):
        keys.issue(acme, creator=ada, name=f"key {number}", scopes=["catalog:read"])
    with queries(8):
        ada_client.get(PAGE)


def test_a_name_that_cannot_be_read_is_refused_with_a_sentence(ada_client):
    answer = make(ada_client, name="a\u200bb")
    assert answer.status_code == 422
    assert "on one line" in answer.text
