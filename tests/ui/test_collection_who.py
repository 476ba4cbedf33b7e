"""The page, and the API, that say who sees a collection."""

import json

import pytest

from catalogs.models import AuditRecord
from catalogs.stac.models import Collection
from tenants import keys
from tenants.models import Membership
from tenants.roles import READ_SCOPES, Role
from tests.ui import catalog

pytestmark = pytest.mark.django_db
HOME = "/o/acme/collections/scenes/"
API = "/o/acme/api/collections/scenes/access"


@pytest.fixture
def scenes(in_acme):
    return catalog.collection("scenes", "members")


@pytest.fixture
def cyd_edits(acme, cyd, cyd_client):
    Membership.objects.create(user=cyd, organization=acme, role=Role.EDITOR)
    return cyd_client


def listed():
    one = Collection.objects.get(pk="scenes")
    return one.visibility, sorted(one.named.values_list("who", flat=True))


def test_it_works(acme, ada, ben, ada_client, ben_client, scenes):
    key, _ = keys.issue(acme, creator=ben, name="Ben’s laptop", scopes=READ_SCOPES)
    page = ada_client.get(f"{HOME}who/").text
    assert "sees every collection" in page
    assert "Ben’s laptop" in page
    assert ben_client.get(HOME).status_code == 200
    nobody = {"visibility": "named"}
    assert ada_client.post(f"{HOME}who/", nobody)["Location"] == HOME
    assert ben_client.get(HOME).status_code == 404
    chosen = [ben.name_on_lists, key.name_on_lists]
    ada_client.post(f"{HOME}who/", {"visibility": "named", "named": chosen})
    assert listed() == ("named", sorted(chosen))
    page = ben_client.get(HOME)
    assert page.status_code == 200
    assert "Named ones" in page.text
    record = AuditRecord.objects.get(action="collection.show", after__names__icontains="Ben")
    assert record.before == {"visibility": "named", "names": ""}


def test_an_editor_stays_on_the_list(ben, cyd, cyd_edits, scenes):
    cyd_edits.post(f"{HOME}who/", {"visibility": "named", "named": [ben.name_on_lists]})
    assert listed() == ("named", sorted([ben.name_on_lists, cyd.name_on_lists]))
    cyd_edits.post(f"{HOME}edit/", {"title": "x"})  # refused, and nothing is changed
    assert cyd_edits.get(f"{HOME}who/").status_code == 200


def test_what_is_wrong_changes_nothing(ada_client, ben_client, scenes, oda):
    for data in (
        {},
        {"visibility": "all"},
        {"visibility": "named", "named": [oda.name_on_lists]},
        {"visibility": "named", "named": ["user:\0"]},
    ):
        assert ada_client.post(f"{HOME}who/", data).status_code == 422, data
    assert ben_client.post(f"{HOME}who/", {"visibility": "public"}).status_code == 403
    assert listed() == ("members", [])


def test_the_api(acme, ada, ben, key_client, read_key, ben_client, scenes):
    key, _ = keys.issue(acme, creator=ada, name="reader", scopes=READ_SCOPES)

    def put(body, client=key_client):
        return client.put(API, json.dumps(body), content_type="application/json")

    named = [{"kind": "member", "id": ben.email}, {"kind": "key", "id": key.key_id}]
    answer = put({"visibility": "named", "named": named})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    # The key that said so stays on the list, as an editor would.
    assert [each["label"] for each in told["named"]] == ["Ben", "reader", "writes"]
    assert key_client.get(API).json() == told
    assert ben_client.get(API).status_code == 403
    for body, words in (
        ([], "data"),
        ({"visibility": "some"}, "visibility"),
        ({"visibility": "named", "named": [{"kind": "member", "id": "no@one.org"}]}, "no@one.org"),
        ({"visibility": "named", "named": [{"kind": "key", "id": "\0"}]}, ""),
    ):
        answer = put(body)
        assert answer.status_code == 400, body
        assert words in answer.text, answer.text
    assert put({"visibility": "public"}).json() == {"visibility": "public", "named": []}
