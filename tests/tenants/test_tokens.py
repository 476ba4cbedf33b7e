"""Short-lived tokens in an address: they read what their holder may, and nothing else."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from allauth.usersessions.models import UserSession
from django.core.signing import Signer
from django.test import Client
from django.utils import timezone

from catalogs.stac import transactions
from tenants import keys, tokens
from tenants.key_limits import KeyRefused
from tenants.models import ApiKey, AuditRecord, Membership
from tenants.roles import READ_SCOPES, WRITE_SCOPES
from tests.stac import documents

LANDING = "/o/acme/stac/"
API = "/o/acme/api/tokens/"
ELSEWHERE = "/o/acme/open/stac-browser/"
JSON = "application/json"


@pytest.fixture(autouse=True)
def catalogs(in_acme):
    for id in ("a", "b"):
        made = transactions.create_collection(documents.collection(id))
        transactions.create_item(made, documents.item(f"{id}-item"))


def ask(token: str, path: str = "search", method: str = "get", *body: object):
    return getattr(Client(), method)(f"{LANDING}{path}?api_key={token}", *body)


def seen(token: str) -> set[str]:
    answer = ask(token)
    assert answer.status_code == 200
    return {each["id"] for each in answer.json()["features"]}


def test_it_works(acme, ada):
    token, ends = tokens.issue(acme, ada)
    assert token.startswith("sct_")
    assert timedelta(minutes=9) < ends - timezone.now() <= timedelta(minutes=10)
    assert seen(token) == {"a-item", "b-item"}
    assert AuditRecord.objects.filter(action="token.create").count() == 1


def test_it_stands_in_no_answer(acme, ada, caplog):
    caplog.set_level("DEBUG")
    token, _ = tokens.issue(acme, ada)
    for path in ("", "search", "collections", "collections/a/items", "nowhere"):
        answer = Client().get(f"{LANDING}{path}?limit=1&f=json&api_key={token}")
        assert token[8:40] not in answer.text + str(answer.headers)
    assert token[8:40] not in caplog.text
    page = Client().get(f"{LANDING}collections?api_key={token}&f=html")
    assert page.status_code == 200
    assert token[8:40] not in page.text


def test_it_only_reads(acme, ada, write_key):
    for holder in (ada, keys.verify(write_key, acme)):
        token, _ = tokens.issue(acme, holder)
        made = ask(token, "collections", "post", documents.collection("c"), JSON)
        assert made.status_code == 403
        assert ask(token, "collections/a", "delete").status_code == 403
        assert Client().get(f"/o/acme/api/keys/?api_key={token}").status_code == 404
        assert Client().get(f"/o/acme/api/uploads/?api_key={token}").status_code == 403


def test_collections_of_token_and_holder_both_count(acme, ada):
    limited, _ = keys.issue(acme, creator=ada, name="a", scopes=READ_SCOPES, collections=["a"])
    assert seen(tokens.issue(acme, limited)[0]) == {"a-item"}
    assert seen(tokens.issue(acme, limited, collections=["b"])[0]) == set()
    assert seen(tokens.issue(acme, ada, collections=["b"])[0]) == {"b-item"}


def refused(token: str) -> None:
    answer = ask(token)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "This token is not valid here, or not any more."


def test_it_ends(acme, other, ada, oda, read_key, settings):
    key = keys.verify(read_key, acme)
    of_person, of_key = tokens.issue(acme, ada)[0], tokens.issue(acme, key)[0]
    refused(tokens.issue(other, oda)[0])
    refused(Signer(salt="elsewhere", sep=".").sign_object({"u": ada.pk}))
    refused("sct_" + "x" * 9000)
    refused(of_person[:-1])
    assert seen(of_person)
    assert seen(of_key)
    ApiKey.objects.update(revoked=timezone.now())
    refused(of_key)
    Membership.objects.filter(user=ada).delete()
    refused(of_person)


def test_its_time_runs_out(acme, ada):
    token, _ = tokens.issue(acme, ada, lifetime=timedelta(seconds=1))
    said = tokens._read(token)
    late = Signer(salt="tenants.tokens", sep=".").sign_object(said | {"e": said["e"] - 2})
    refused("sct_" + late)


def test_it_is_shown_once(acme, ada):
    token, _ = tokens.issue(acme, ada)
    assert Client().get(f"{LANDING}?api_key={token}&api_key={token}").status_code == 401


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(hours=24, seconds=1)])
def test_a_life_has_bounds(acme, ada, lifetime):
    with pytest.raises(KeyRefused, match="at most 24 hours"):
        tokens.issue(acme, ada, lifetime=lifetime)


def test_a_program_makes_one_with_its_key(acme, ada):
    text = keys.issue(acme, creator=ada, name="tiles", scopes=WRITE_SCOPES)[1]
    client = Client(headers={"authorization": f"Bearer {text}"})
    answer = client.post(API, {"seconds": 60, "collections": ["a"]}, JSON)
    assert answer.status_code == 201
    assert seen(answer.json()["token"]) == {"a-item"}
    for wrong in ({"seconds": 0}, {"seconds": 86_401}, {"collections": []}, {"collections": "a"}):
        assert client.post(API, wrong, JSON).status_code == 400
    many = {"collections": [str(n) for n in range(21)]}
    assert client.post(API, many, JSON).status_code == 400
    assert Client().post(API, {}, JSON).status_code == 404


def test_members_open_private_ones_in_stac_browser(acme, ada, ada_client):
    page = ada_client.get("/o/acme/collections/a/?view=use").text
    assert 'action="/o/acme/open/stac-browser/"' in page
    key = ada_client.session.session_key
    UserSession.objects.create(user=ada, session_key=key, ip="192.0.2.1")
    answer = ada_client.post(ELSEWHERE, {"at": "/collections/a/"})
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    browser, _, token = answer.headers["Refresh"].removeprefix("0; url=").partition("?~api_key=")
    assert browser.endswith("/external/http:/testserver/o/acme/stac/collections/a")
    assert urlsplit(browser).scheme == "https"
    assert ask(token, "collections/a").json()["id"] == "a"
    assert seen(token) == {"a-item"}
    assert ada_client.post(ELSEWHERE, {"at": f"/collections/{'x' * 300}/"}).status_code == 404
    odd = ada_client.post(ELSEWHERE, {"at": "//evil.example/\0"})
    assert "/o/acme/stac/?~api_key=" in odd.headers["Refresh"]
    refused(tokens.issue(acme, ada, session="another")[0])


def test_many_are_told_once_an_hour(acme, ada, read_key):
    client = Client(headers={"authorization": f"Bearer {read_key}"})
    for _ in range(3):
        assert client.post(API, {}, JSON).status_code == 201
    tokens.issue(acme, ada)
    told = AuditRecord.objects.filter(action="token.create")
    assert sorted(told.values_list("actor_kind", flat=True)) == ["key", "user"]


def test_a_landing_page_tells_of_it():
    schemes = Client().get(LANDING).json()["auth:schemes"]
    assert schemes["token"]["in"] == "query"
    assert schemes["token"]["name"] == "api_key"
