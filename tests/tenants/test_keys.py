"""API keys: made, shown once, used in three ways, refused alike."""

import base64
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalogs.stac import transactions
from tenants import key_text, keys
from tenants.current import tenant_scope
from tenants.models import ApiKey, Membership, Organization
from tenants.roles import READ_SCOPES, WRITE_SCOPES, Role
from tests.stac import documents

LANDING = "/o/acme/stac/"


def ask(key: str | None, path: str = LANDING, method: str = "get", **headers: str):
    if key is not None:
        headers.setdefault("authorization", f"Bearer {key}")
    return getattr(Client(headers=headers), method)(path)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def mistyped(key: str) -> str:
    return key[:-7] + ("a" if key[-7] != "a" else "b") + key[-6:]


def well_formed(start: str) -> str:
    return start + key_text.checksum(start)


def test_it_works(acme, ada):
    key, text = keys.issue(acme, creator=ada, name=" laptop ", scopes=READ_SCOPES)
    assert key_text.FORM.fullmatch(text)
    assert len(text) == 60
    assert key.name == "laptop"
    assert key.last4 == text[-4:]
    assert timedelta(days=89) < key.expires - timezone.now() < timedelta(days=91)
    assert keys.verify(text, acme) == key


def test_the_key_itself_is_not_kept(acme, ada):
    key, text = keys.issue(acme, creator=ada, name="laptop", scopes=READ_SCOPES)
    row = ApiKey.objects.values().get(pk=key.pk)
    assert text[22:54] not in str(row)
    assert len(key.digest) == 64


@pytest.mark.parametrize(
    "headers",
    [
        lambda key: {"authorization": f"Bearer {key}"},
        lambda key: {"authorization": f"bearer  {key}"},
        lambda key: {"x-api-key": key},
        lambda key: {"authorization": basic("anyone", key)},
        lambda key: {"authorization": basic("", key)},
    ],
)
def test_each_way_to_show_it(read_key, headers):
    response = Client(headers=headers(read_key)).get(LANDING)
    assert response.status_code == 200


def test_it_is_the_user(acme, read_key):
    key = keys.verify(read_key, acme)
    assert key.is_authenticated
    assert not key.is_anonymous
    with tenant_scope(acme):
        assert key.has_perms(["stac.view_item", "stac.view_asset"])
        assert not key.has_perm("stac.add_item")
        assert not key.has_perm("tenants.manage_keys")


def test_a_known_key_without_the_scope_is_forbidden(acme, read_key):
    assert ask(read_key, f"{LANDING}collections", "post").status_code == 403


def test_no_key_is_written_to_a_log(acme, read_key, caplog):
    caplog.set_level("DEBUG")
    unknown = key_text.new_text()
    for key in (read_key, unknown):
        ask(key)
        ask(None, **{"x-api-key": key})
        ask(None, authorization=basic("a", key))
        assert key[22:54] not in caplog.text


def test_a_key_in_the_address_is_refused_with_a_sentence(acme, read_key):
    for key in (read_key, key_text.new_text(), "sck_live_nonsense"):
        asked = ask(None, f"{LANDING}?api_key={key}")
        assert asked.status_code == 401
        assert "does not belong in an address" in asked.json()["detail"]
        assert key not in asked.text


def test_a_key_is_nothing_elsewhere(acme, other, write_key):
    key = keys.verify(write_key, acme)
    assert keys.verify(write_key, other) is None
    assert not key.has_perm("stac.view_item")  # on the platform
    with tenant_scope(other):
        assert not key.has_perm("stac.view_item")


def test_it_does_no_more_than_its_creator_now_may(acme, ada, write_key):
    Membership.objects.filter(user=ada).update(role=Role.VIEWER)
    key = keys.verify(write_key, acme)
    with tenant_scope(acme):
        assert key.has_perm("stac.view_item")
        assert not key.has_perm("stac.add_item")


def refused(key: str | None, **headers: str):
    response = ask(key, **headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="GiSTAC"'
    return response


def test_refused_keys_are_answered_alike(acme, ada, oda, other, read_key):
    good = keys.verify(read_key, acme)
    _, late = keys.issue(acme, creator=ada, name="late", scopes=READ_SCOPES)
    ApiKey.objects.filter(name="late").update(expires=timezone.now() - timedelta(seconds=1))
    gone_key, gone = keys.issue(acme, creator=ada, name="gone", scopes=READ_SCOPES)
    keys.revoke(gone_key, by=ada)
    _, foreign = keys.issue(other, creator=oda, name="foreign", scopes=READ_SCOPES)
    bad = [
        late,
        gone,
        foreign,
        mistyped(read_key),
        well_formed(f"sck_live_{good.key_id}_{'x' * 32}"),  # a known name, another secret
        well_formed(f"sck_live_{'y' * 12}_{'x' * 32}"),
        "nonsense",
        "",
        "sck_live_",
        read_key + "\u00e4",
    ]
    bodies = {refused(key).content for key in bad}
    assert len(bodies) == 1


@pytest.mark.parametrize("value", ["Basic", "Basic %%%", "Basic " + "é", basic("a", "b")])
def test_broken_basic_is_refused(acme, value):
    refused(None, authorization=value)


def test_another_scheme_is_no_key(acme):
    assert ask(None, authorization="Digest x").status_code == 200


def test_a_key_stops_with_its_creator(acme, ada, read_key):
    ada.is_active = False
    ada.save()
    refused(read_key)


def test_a_key_stops_when_its_creator_leaves(acme, ada, read_key):
    Membership.objects.filter(user=ada).delete()
    refused(read_key)


def test_a_suspended_organization_stops_its_keys(acme, read_key):
    Organization.objects.filter(pk=acme.pk).update(state=Organization.State.SUSPENDED)
    assert keys.verify(read_key, acme) is None
    assert ask(read_key).status_code == 404  # as an organization that does not exist


def test_a_revoked_key_stays_revoked(acme, ada, ben):
    key, _ = keys.issue(acme, creator=ada, name="gone", scopes=READ_SCOPES)
    keys.revoke(key, by=ada)
    first = key.revoked
    keys.revoke(key, by=ben)
    assert (key.revoked, key.revoked_by) == (first, ada)


def test_last_use_is_noted_once_a_minute(acme, read_key):
    ask(read_key, **{"user-agent": "curl/8"})
    key = ApiKey.objects.get(name="reads")
    assert (key.last_used_ip, key.last_used_agent) == ("127.0.0.1", "curl/8")
    first = key.last_used
    ask(read_key, **{"user-agent": "another"})
    key.refresh_from_db()
    assert (key.last_used, key.last_used_agent) == (first, "curl/8")
    ApiKey.objects.update(last_used=timezone.now() - timedelta(seconds=61))
    ask(read_key, **{"user-agent": "another"})
    key.refresh_from_db()
    assert key.last_used_agent == "another"


def test_an_anonymous_read_writes_nothing(acme):
    with CaptureQueriesContext(connection) as queries:
        assert ask(None).status_code == 200
    assert not [q for q in queries if q["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]


def test_noise_costs_no_statement(acme, read_key, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert keys.verify(mistyped(read_key), acme) is None


def test_guessing_is_slowed_down(acme, read_key):
    for _ in range(30):
        refused("nonsense")
    response = ask("nonsense")
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= 60
    assert ask(read_key).status_code == 200  # a good key beside it goes on
    assert ask(None).status_code == 200


def test_peppers_have_versions(acme, ada, read_key, settings):
    settings.KEY_PEPPERS = {**settings.KEY_PEPPERS, "next": "another secret"}
    settings.KEY_PEPPER = "next"
    _, newer = keys.issue(acme, creator=ada, name="newer", scopes=READ_SCOPES)
    assert keys.verify(read_key, acme)
    assert keys.verify(newer, acme)
    settings.KEY_PEPPERS = {"next": "another secret"}
    assert keys.verify(read_key, acme) is None
    assert keys.verify(newer, acme)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": " "}, "Give the key a name of at most 80 characters, on one line."),
        ({"name": "a\x00b"}, "Give the key a name of at most 80 characters, on one line."),
        ({"name": "x" * 81}, "Give the key a name of at most 80 characters, on one line."),
        ({"scopes": []}, "Choose what the key may do."),
        ({"scopes": ["org:admin"]}, "Your role allows no key with “org:admin”."),
        (
            {"expires": timezone.now() + timedelta(days=400)},
            "A key lives for at least a moment and at most 366 days.",
        ),
        (
            {"expires": timezone.now() - timedelta(days=1)},
            "A key lives for at least a moment and at most 366 days.",
        ),
    ],
)
def test_what_cannot_be_made(acme, ada, change, sentence):
    wanted = {"name": "laptop", "scopes": READ_SCOPES, **change}
    with pytest.raises(keys.KeyRefused, match="^" + sentence.replace(".", r"\.") + "$"):
        keys.issue(acme, creator=ada, **wanted)


def test_a_viewer_cannot_make_a_writing_key(acme, ben):
    with pytest.raises(keys.KeyRefused):
        keys.issue(acme, creator=ben, name="x", scopes=WRITE_SCOPES)


def test_a_stranger_cannot_make_a_key(acme, cyd):
    with pytest.raises(keys.KeyRefused):
        keys.issue(acme, creator=cyd, name="x", scopes=READ_SCOPES)


def test_only_an_owner_makes_one_that_never_expires(acme, ada, ben):
    key, text = keys.issue(acme, creator=ada, name="x", scopes=READ_SCOPES, expires=keys.NEVER)
    assert key.expires is None
    assert keys.verify(text, acme)
    with pytest.raises(keys.KeyRefused):
        keys.issue(acme, creator=ben, name="x", scopes=READ_SCOPES, expires=keys.NEVER)


def test_random_keys_open_nothing(acme):
    assert not any(keys.verify(key_text.new_text(), acme) for _ in range(500))


def test_items_go_along_only_where_the_key_may_delete_items(in_acme, ada):
    made = transactions.create_collection(documents.collection())
    transactions.create_item(made, documents.item())
    scopes = ("catalog:read", "collections:write")
    key = keys.issue(in_acme, creator=ada, name="collections", scopes=scopes)[1]
    client = Client(headers={"authorization": f"Bearer {key}"})
    address = "/o/acme/stac/collections/c"
    assert client.delete(f"{address}?cascade=true").status_code == 403
    assert client.get(f"{address}/items/i").status_code == 200


@pytest.mark.parametrize("address", ["unknown", "10.0.0.1:4711", "", "fe80::1%eth0", "1.2.3", "é"])
def test_an_address_that_is_none_is_not_noted(acme, read_key, address):
    answer = Client(headers={"authorization": f"Bearer {read_key}"}, REMOTE_ADDR=address).get(
        "/o/acme/stac/"
    )
    assert answer.status_code == 200
    noted = ApiKey.objects.get(name="reads")
    assert noted.last_used is not None
    assert noted.last_used_ip == ("fe80::1" if "%" in address else None)


def test_a_key_asks_so_often_in_a_minute(acme, ada, read_key, write_key, settings):
    settings.KEY_RATE = 3
    answers = [ask(read_key) for _ in range(8)]  # a new minute may begin in between
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.headers["content-type"] == "application/problem+json"
    assert "3 requests a minute" in refused.json()["detail"]
    assert ask(write_key).status_code == 200
    assert ask(None).status_code == 200
