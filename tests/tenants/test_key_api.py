"""Keys by program: listed, made, changed, rolled and revoked with a key; and leaked ones ended."""

import json
from collections import Counter
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator

from tenants import key_text, keys
from tenants.models import ApiKey, AuditRecord, Membership
from tenants.roles import READ_SCOPES, WRITE_SCOPES, Role

API = "/o/acme/api/keys/"
JSON = "application/json"
READ = {"name": "made", "scopes": list(READ_SCOPES)}


@pytest.fixture
def manager(acme, ada):
    scopes = (*READ_SCOPES, "keys:manage")
    return keys.issue(acme, creator=ada, name="manager", scopes=scopes)


@pytest.fixture
def client(manager):
    return program(manager[1])


def program(text: str) -> Client:
    return Client(headers={"authorization": f"Bearer {text}"})


def test_it_works(acme, client, manager):
    answer = client.post(API, READ, JSON)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    made = keys.verify(answer.json()["key"], acme)
    assert (made.name, made.creator) == ("made", manager[0].creator)
    listed = client.get(API).json()["keys"]
    assert [key["name"] for key in listed] == ["made", "manager"]
    assert answer.json()["key"] not in str(listed)
    told = AuditRecord.objects.filter(action="key.create").last()
    assert (told.actor_kind, told.actor_name) == ("key", "manager")


def test_it_is_described_as_it_answers(client, ada_client, ben_client):
    """Every operation by its own schema, as the document says where and how."""
    told = client.get("/o/acme/api/openapi").json()
    assert told["servers"] == [{"url": "http://testserver/o/acme/api"}]
    assert ada_client.get("/o/acme/api/openapi").json() == told
    assert ben_client.get("/o/acme/api/openapi").status_code == 404
    assert 'href="/o/acme/api/openapi"' in ada_client.get("/o/acme/keys/").text
    seen = set()

    def call(method: str, path: str, body: object = None, **names: str):
        answer = client.generic(
            method, f"/o/acme/api{path.format(**names)}", json.dumps(body or {}), JSON
        )
        operation = told["paths"][path][method.lower()]
        said = operation["responses"].get(
            str(answer.status_code), operation["responses"]["default"]
        )
        for schema in (each["schema"] for each in said.get("content", {}).values()):
            Draft202012Validator({**schema, "components": told["components"]}).validate(
                answer.json()
            )
        seen.add((path, method.lower()))
        return answer

    made = call("POST", "/keys/", READ).json()
    one = {"key_id": made["id"]}
    call("GET", "/keys/")
    call("PATCH", "/keys/{key_id}/", {"name": "less"}, **one)
    call("GET", "/keys/{key_id}/", **one)
    rolled = call("POST", "/keys/{key_id}/roll/", {"overlap": 1}, **one).json()
    assert call("DELETE", "/keys/{key_id}/", key_id=rolled["id"]).status_code == 204
    assert call("POST", "/keys/", {"name": "x", "scopes": ["all"]}).status_code == 400
    assert call("POST", "/tokens/").status_code == 201
    assert seen == {(path, way) for path, ways in told["paths"].items() for way in ways}


def test_a_key_is_changed_rolled_and_revoked(acme, client):
    made = client.post(API, READ, JSON).json()
    own = f"{API}{made['id']}/"
    changed = client.patch(own, {"addresses": ["::1"], "name": "less"}, JSON).json()
    assert (changed["addresses"], changed["scopes"]) == (["::1"], sorted(READ_SCOPES))
    rolled = client.post(f"{own}roll/", {"overlap": 0}, JSON).json()
    assert rolled["rotated_from"] == made["id"]
    assert keys.verify(made["key"], acme) is None
    assert keys.verify(rolled["key"], acme, address="::1")
    assert client.delete(f"{API}{rolled['id']}/", {"reason": "done"}, JSON).status_code == 204
    assert client.get(f"{API}{rolled['id']}/").json()["revoke_reason"] == "done"
    assert keys.verify(rolled["key"], acme, address="::1") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "a\0b"},
        {"name": ["a"]},
        {"scopes": []},
        {"scopes": "catalog:read"},
        {"scopes": list(WRITE_SCOPES)},
        {"scopes": ["org:admin"]},
        {"collections": []},
        {"collections": ["\ud800"]},
        {"addresses": ["example.org"]},
        {"expires": "tomorrow"},
        {"expires": "2999-01-01T00:00:00Z"},
    ],
)
def test_what_cannot_be_is_a_sentence(client, changes):
    answer = client.post(API, READ | changes, JSON)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 5000, b"\xff"])
def test_a_body_that_is_none_is_refused(client, body):
    assert client.generic("POST", API, body, JSON).status_code == 400


def test_a_key_does_not_see_what_may_more(acme, ada, client):
    wider, _ = keys.issue(acme, creator=ada, name="wider", scopes=WRITE_SCOPES)
    assert "wider" not in client.get(API).text
    for method in ("get", "patch", "delete"):
        assert getattr(client, method)(f"{API}{wider.key_id}/").status_code == 404
    assert client.post(f"{API}{wider.key_id}/roll/").status_code == 404


def test_who_may_not(acme, ada, oda, other, client, read_key, ada_client):
    assert program(read_key).get(API).status_code == 403
    assert ada_client.get(API).status_code == 404  # people have a page, and show who they are
    foreign = keys.issue(other, creator=oda, name="x", scopes=[*READ_SCOPES, "keys:manage"])
    assert program(foreign[1]).get(API).status_code == 401
    assert client.get(f"{API}{foreign[0].key_id}/").status_code == 404
    Membership.objects.filter(user=ada).update(role=Role.EDITOR)
    assert client.get(API).status_code == 403


def leak(body: str | bytes, kind: str = "text/plain"):
    return Client().post("/leaked-keys", body, kind)


def test_a_leaked_key_ends(acme, ada, read_key, write_key, run_jobs):
    assert leak(f'{{"found": ["{read_key}", "nothing"]}}', JSON).status_code == 202
    assert keys.verify(read_key, acme) is None
    assert keys.verify(write_key, acme)
    key = ApiKey.objects.exclude(revoked=None).get()
    assert "leaked" in key.revoke_reason
    assert AuditRecord.objects.get(action="key.revoke").actor_kind == "system"
    run_jobs()
    [sent] = mail.outbox
    assert sent.to == [ada.email]
    assert key.key_id in sent.body
    assert read_key not in sent.body
    leak(read_key)
    run_jobs()
    assert len(mail.outbox) == 1


def test_what_is_no_whole_key_ends_none(acme, read_key):
    other_secret = read_key[:22] + "x" * 32
    guesses = (read_key[:-1], other_secret + key_text.checksum(other_secret), "", "x" * 100_000)
    for body in (*guesses, key_text.new_text(), b"\xff\0"):
        assert leak(body).status_code == 202
    assert keys.verify(read_key, acme)


def test_a_key_that_is_rolled_by_another_stands_on_no_list(acme, ada, client):
    """Else one that manages keys would read what is shown to a key by name."""
    named, _ = keys.issue(acme, creator=ada, name="named", scopes=READ_SCOPES)
    rolled = client.post(f"{API}{named.key_id}/roll/", {"overlap": 0}, JSON).json()
    made = keys.verify(rolled["key"], acme)
    assert made.rotated_from == named
    assert made.name_on_lists != named.name_on_lists


def test_a_key_that_rolls_itself_stays_on_its_lists(acme, client, manager):
    rolled = client.post(f"{API}{manager[0].key_id}/roll/", {"overlap": 1}, JSON).json()
    made = keys.verify(rolled["key"], acme)
    assert made.name_on_lists == manager[0].name_on_lists
    assert made.expires == manager[0].expires


def test_what_a_key_makes_lives_no_longer_than_it(client, manager):
    soon = timezone.now() + timedelta(days=2)
    ApiKey.objects.filter(pk=manager[0].pk).update(expires=soon)
    late = READ | {"expires": (soon + timedelta(hours=1)).isoformat()}
    answer = client.post(API, late, JSON)
    assert answer.status_code == 400
    assert "longer than it does itself" in answer.text
    assert client.post(API, READ, JSON).json()["expires"] == soon.isoformat()


@pytest.mark.parametrize("leaks", [True, False])
def test_what_a_key_made_ends_with_it(acme, ada_client, client, manager, leaks, run_jobs):
    managing = READ | {"name": "child", "scopes": [*READ_SCOPES, "keys:manage"]}
    child = program(client.post(API, managing, JSON).json()["key"])
    grandchild = program(child.post(API, READ | {"name": "grandchild"}, JSON).json()["key"])
    assert grandchild.get("/o/acme/stac/").status_code == 200
    if leaks:
        leak(manager[1])
        run_jobs()
        assert "“child”, “grandchild”" in mail.outbox[0].body
    else:
        page = f"/o/acme/keys/{manager[0].pk}/revoke/"
        assert "grandchild" in ada_client.get(page).text
        assert "3 keys no longer work" in ada_client.post(page, follow=True).text
    for each in (client, child, grandchild):
        assert each.get("/o/acme/stac/").status_code == 401
    told = AuditRecord.objects.filter(action="key.revoke").values_list("objects_named", flat=True)
    along = Counter(each.get("along_with") for each in told)
    assert along == {None: 1, manager[0].key_id: 2}
