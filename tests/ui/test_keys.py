"""An organization's keys on their page: made, shown once, listed, revoked."""

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import RequestFactory
from django.utils import timezone

from catalogs.stac import transactions
from tenants import keys
from tenants.models import ApiKey, Membership
from tenants.roles import READ_SCOPES, WRITE_SCOPES, Role
from tests.stac import documents

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
        {"expiry": "tomorrow"},
        {"preset": "own"},
        {"preset": "own", "scopes": ["org:admin"]},
        {"addresses": "192.0.2.0/24, example.org"},
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


def test_a_key_with_every_limit(ada_client, in_acme):
    transactions.create_collection(documents.collection("scenes"))
    wanted = {"preset": "own", "scopes": ["catalog:read", "keys:manage"]}
    make(ada_client, **wanted, collections=["scenes"], addresses="192.0.2.0/24 ::1", expiry="never")
    key = ApiKey.objects.get()
    assert key.scopes == ["catalog:read", "keys:manage"]
    assert (key.collections, key.addresses) == (["scenes"], ["192.0.2.0/24", "::1"])
    assert key.expires is None
    assert make(ada_client, collections=["none"]).status_code == 422


def test_only_owners_are_offered_one_without_an_end(ben, ben_client):
    Membership.objects.filter(user=ben).update(role=Role.ADMIN)
    assert "Without an end" not in ben_client.get(PAGE).text
    assert make(ben_client, expiry="never").status_code == 422


def edit(client, key, **changes):
    words = {"name": "QGIS", "preset": "read"} | changes
    return client.post(f"{PAGE}{key.pk}/edit/", words)


def test_a_key_is_narrowed_freely(ada_client, ada, acme):
    key, _ = keys.issue(acme, creator=ada, name="QGIS", scopes=WRITE_SCOPES)
    assert 'value="write" ' in ada_client.get(f"{PAGE}{key.pk}/edit/").text
    assert edit(ada_client, key, addresses="::1").status_code == 302
    key.refresh_from_db()
    assert (set(key.scopes), key.addresses) == (set(READ_SCOPES), ["::1"])
    assert edit(ada_client, key, addresses="nowhere").status_code == 422


def test_who_widens_shows_first_that_it_is_them(ada_client, ada, acme):
    key, _ = keys.issue(acme, creator=ada, name="QGIS", scopes=READ_SCOPES)
    TOTP.activate(ada, generate_totp_secret())
    asked = edit(ada_client, key, preset="write")
    assert asked.status_code == 422
    [back] = re.findall(r'href="(/accounts/reauthenticate/[^"]+)"', asked.text)
    assert "preset%3Dwrite" in back
    assert "csrf" not in back
    request = RequestFactory().get("/")
    request.session = ada_client.session
    record_authentication(request, ada, method="mfa", reauthenticated=True)
    request.session.save()
    again = ada_client.get(f"{PAGE}{key.pk}/edit/?name=QGIS&preset=write")
    assert re.search(r'value="write"[^>]* checked', again.text)
    assert edit(ada_client, key, preset="write").status_code == 302
    key.refresh_from_db()
    assert set(key.scopes) == set(WRITE_SCOPES)


def test_who_makes_or_rolls_a_wide_one_shows_first_that_it_is_them(ada_client, ada, acme):
    key, _ = keys.issue(acme, creator=ada, name="QGIS", scopes=WRITE_SCOPES)
    TOTP.activate(ada, generate_totp_secret())
    rolling = f"{PAGE}{key.pk}/roll/"
    for asked in (make(ada_client, preset="write"), ada_client.post(rolling, {"overlap": "1"})):
        assert asked.status_code == 422
        assert "/accounts/reauthenticate/" in asked.text
    assert ApiKey.objects.count() == 1
    again = ada_client.get(f"{PAGE}?name=QGIS&preset=write&expiry=90")
    assert re.search(r'value="write"[^>]* checked', again.text)
    assert re.search(r'value="1"[^>]* selected', ada_client.get(f"{rolling}?overlap=1").text)
    assert "sck_live_" in make(ada_client, preset="read").text


def test_one_that_is_over_is_not_edited(ada_client, ada, acme, read_key):
    key = ApiKey.objects.get()
    keys.revoke(key, by=ada)
    assert "works no more" in ada_client.get(f"{PAGE}{key.pk}/edit/", follow=True).text
    answer = ada_client.post(f"{PAGE}{key.pk}/roll/", {"overlap": "24"})
    assert answer.status_code == 422
    assert "works no more" in answer.text


def test_rolling_shows_the_new_one_once(ada_client, acme, read_key):
    key = ApiKey.objects.get()
    assert ada_client.post(f"{PAGE}{key.pk}/roll/", {"overlap": "900"}).status_code == 422
    answer = ada_client.post(f"{PAGE}{key.pk}/roll/", {"overlap": "1"})
    text = re.search(r"sck_live_\w{30,}", answer.text)[0]
    assert text != read_key
    assert keys.verify(text, acme).rotated_from == key
    assert "Some program still uses" not in answer.text
    ada_client.get("/o/acme/stac/", headers={"authorization": f"Bearer {read_key}"})
    again = ada_client.get(PAGE).text
    assert text not in again
    assert "Some program still uses this old key" in again


def test_the_file_for_programs_holds_key_and_address(ada_client):
    answer = make(ada_client)
    text = re.search(r"sck_live_\w{30,}", answer.text)[0]
    [file] = re.findall(r'download="gistac.env" href="data:[^,]*,([^"]+)"', answer.text)
    address = "http://testserver/o/acme/stac/"
    assert unquote(file) == f"GISTAC_KEY={text}\nGISTAC_STAC={address}\n"


def test_some_are_revoked_at_once(ada_client, acme, ada, other, oda):
    made = [keys.issue(acme, creator=ada, name=n, scopes=READ_SCOPES)[0] for n in "abc"]
    theirs = keys.issue(other, creator=oda, name="theirs", scopes=READ_SCOPES)[0]
    ticked = {"key": [made[0].pk, made[1].pk, theirs.pk, "x", "9" * 30]}
    asked = ada_client.get(f"{PAGE}revoke/", ticked)
    assert "Revoke these keys?" in asked.text
    assert "theirs" not in asked.text
    ada_client.post(f"{PAGE}revoke/", ticked | {"reason": "spring cleaning"})
    revoked = ApiKey.objects.exclude(revoked=None)
    assert {key.name for key in revoked} == {"a", "b"}
    assert {key.revoke_reason for key in revoked} == {"spring cleaning"}
    assert "Tick the keys" in ada_client.get(f"{PAGE}revoke/", follow=True).text


def test_the_list_shows_some(ada_client, acme, ada, ben):
    now = timezone.now()
    Membership.objects.filter(user=ben).update(role=Role.ADMIN)
    for name, creator in (("plain", ada), ("ending", ada), ("idle", ada), ("bens", ben)):
        keys.issue(acme, creator=creator, name=f"key-{name}", scopes=READ_SCOPES)
    ApiKey.objects.filter(name="key-ending").update(expires=now + timedelta(days=3))
    ApiKey.objects.filter(name="key-idle").update(created=now - timedelta(days=91))
    over = keys.issue(acme, creator=ada, name="key-over", scopes=READ_SCOPES)[0]
    keys.revoke(over, by=ada)

    def shown(what: str) -> set[str]:
        return set(re.findall(r">key-(\w+)</h3>", ada_client.get(f"{PAGE}?show={what}").text))

    assert shown("") == shown("nonsense") == {"plain", "ending", "idle", "bens", "over"}
    assert shown("expiring") == {"ending"}
    assert shown("unused") == {"idle"}
    assert shown("mine") == {"plain", "ending", "idle", "over"}
    assert shown("over") == {"over"}
