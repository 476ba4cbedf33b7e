"""Links that share one collection, item or search with whoever has them, until a date."""

import json
import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from catalogs import shares
from catalogs.models import AuditRecord, Share
from catalogs.stac import restoring, transactions
from catalogs.stac.models import Collection, Trashed
from gistac.logs import JsonFormatter
from tenants import keys
from tenants.current import tenant_scope
from tenants.models import Membership, Organization
from tenants.roles import WRITE_SCOPES, Role
from tests import isolation
from tests.isolation import CANARY, ORGANIZATION
from tests.stac.client import StacClient
from tests.stac.documents import item
from tests.test_named import FILLED, fill, keep_secret

pytestmark = pytest.mark.django_db
HOME = "/o/acme/"
SEARCH = {"bbox": [9.5, 49.5, 11.5, 51.5]}
SHARED = {
    "collection": {"collection": "ours"},
    "item": {"collection": "ours", "item": "of-ours"},
    "search": {"search": SEARCH},
}
# What each shows of: collections, items.
SHOWS = {
    "collection": (["ours"], ["gone-of-ours", "of-ours"]),
    "item": ([], ["of-ours"]),
    "search": ([], ["of-open", "of-ours", "of-secret"]),
}


@pytest.fixture
def filled(acme, ada):
    with tenant_scope(acme):
        fill("open", "public")
        fill("ours", "members")
        keep_secret([])


@pytest.fixture
def link(acme, ada, filled):
    """`link("item")` gives the address of one that ada made."""

    def make(kind, by=ada, **more):
        with tenant_scope(acme):
            made = shares.make(by, label=f"my {kind}", **SHARED[kind], **more)
            return shares.address(made, HOME)

    return make


def root(link):
    return StacClient(f"http://testserver{link}stac/")


def make(client, body):
    return client.post(f"{HOME}api/shares/", json.dumps(body), content_type="application/json")


@pytest.mark.parametrize("kind", SHARED)
def test_it_shows_what_is_shared_and_no_more(link, client, kind):
    address = link(kind)
    collections, items = SHOWS[kind]
    stac = root(address)
    assert stac.get()["links"][0]["href"] == stac.root
    assert [each["id"] for each in stac.get("collections")["collections"]] == collections
    assert sorted(stac.ids()) == items
    posted = stac.post("search", {"limit": 1})
    assert posted.status_code == 200
    following = [each for each in posted.json()["links"] if each["rel"] == "next"]
    assert len(following) == (len(items) > 1)
    assert sorted(stac.ids(collections="open,ours,secret")) == items
    counted = stac.get("aggregate", aggregations="total_count")["aggregations"][0]["value"]
    assert counted == len(items)
    page = stac.get("search", limit=1)
    assert page.get("numberMatched", len(items)) == len(items)
    named = stac.get("queryables")["properties"]
    assert ("title" in named) == bool(collections)
    seen = stac("collections/ours/items/of-ours/assets/data")
    assert seen.status_code == 302
    assert stac("collections/ours").status_code == (200 if collections else 404)
    assert stac("collections/secret").status_code == 404
    shown = client.get(address)
    assert shown.status_code == 200
    assert shown.headers["X-Robots-Tag"].startswith("noindex")
    assert f"my {kind}" in shown.text
    assert "Sign in" not in shown.text
    assert f"{address}collections/ours/items/of-ours/" in shown.text
    detail = client.get(f"{address}collections/ours/items/of-ours/?view=use").text
    assert "GISTAC_KEY" not in detail
    assert ("get_collection" in detail) == bool(collections)


@pytest.mark.parametrize("kind", ["collection", "item"])
def test_nothing_else_can_be_heard_by_it(link, client, kind):
    """Whatever can be read below it, and what can be sent."""
    address, asked = link(kind), 0
    for route in isolation.routes(ORGANIZATION):
        numbered = any(is_number for _, is_number in route.parameters)
        if numbered or not {name for name, _ in route.parameters} <= FILLED.keys():
            continue
        if not route.is_named:
            continue
        filled = {name: {"-": id} for name, id in FILLED.items()}
        world = isolation.World(filled, {}, {}, Organization(), Organization())
        path = address[:-1] + world.path(route, "-")
        answer = client.get(path)
        asked += 1
        assert answer.status_code in (200, 302, 400, 403, 404, 405), path
        if answer.status_code == 302:
            assert "login" in answer.url or "sign-in" in path, path
        sent = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert CANARY.encode() not in sent, path
        assert b"of-open" not in sent, path
    assert asked > 40
    stac = root(address)
    for method, path in (
        ("POST", "collections"),
        ("DELETE", "collections/ours"),
        ("PUT", "collections/ours/items/of-ours"),
        ("POST", "collections/ours/items"),
    ):
        assert stac(path, method, item("of-ours")).status_code in (401, 403, 404), path
    assert client.get(f"{address}people/").status_code in (302, 404)
    assert client.post(f"{address}sharing/new/?collection=ours", {}).status_code in (403, 404)


def test_a_signed_in_owner_is_a_visitor_too(link, ada_client, write_key):
    address = link("item")
    found = ada_client.get(f"{address}stac/search").json()["features"]
    assert [each["id"] for each in found] == ["of-ours"]
    by_key = ada_client.get(
        f"{address}stac/search", headers={"authorization": f"Bearer {write_key}"}
    )
    assert len(by_key.json()["features"]) == 1
    assert "People" not in ada_client.get(address).text
    for page in ("keys/", "people/"):
        assert ada_client.get(f"{address}{page}").status_code == 404


def test_when_it_ends(acme, ada, link, client):
    never = "/o/acme/shared/" + "a" * 43
    assert client.get(f"{never}/").status_code == 404
    assert client.get("/o/acme/shared/x/").status_code == 404
    assert client.get(f"/o/acme/shared/{'a' * 42}%00/").status_code == 404
    for ending in ("revoked", "expires"):
        address = link("collection")
        assert client.get(address).status_code == 200
        assert client.get(address.replace("/o/acme/", "/o/other/")).status_code == 404
        with tenant_scope(acme):
            Share.objects.update(**{ending: timezone.now() - timedelta(seconds=1)})
        page = client.get(address)
        assert page.status_code == 410
        assert "has ended" in page.text
        for path in ("stac/", "stac/search", "stac/collections/ours/items/of-ours/assets/data"):
            answer = client.get(address + path)
            assert answer.status_code == 410, path
            assert answer["Content-Type"] == "application/problem+json"


def test_it_shows_what_its_maker_sees_and_dies_with_their_right(acme, cyd, link, client):
    member = Membership.objects.create(user=cyd, organization=acme, role=Role.EDITOR)
    by_search, by_collection = link("search", cyd), link("collection", cyd)
    assert sorted(root(by_search).ids()) == ["of-open", "of-ours"]  # not of the secret one
    with tenant_scope(acme):
        transactions.set_visibility(Collection.objects.get(pk="ours"), "named")
    assert root(by_search).ids() == ["of-open"]
    assert root(by_collection).ids() == []
    assert client.get(f"{by_collection}collections/ours/").status_code == 404
    Membership.objects.filter(pk=member.pk).update(role=Role.VIEWER)
    assert client.get(by_search).status_code == 410
    member.delete()
    assert client.get(by_search).status_code == 410


@pytest.mark.parametrize("kind", ["collection", "item"])
def test_it_is_of_that_thing_and_of_no_later_one_of_its_id(acme, link, client, kind):
    address = link(kind)
    with tenant_scope(acme):
        transactions.delete_collection(Collection.objects.get(pk="ours"), cascade=True)
    assert client.get(address).status_code == 410
    with tenant_scope(acme):
        transactions.delete_collection(fill("ours", "members"), cascade=True)
        fill("ours", "members")
    assert client.get(f"{address}stac/search").status_code == 410
    with tenant_scope(acme):
        Collection.objects.all().delete()
        restoring.restore(Trashed.objects.filter(kind="collection").earliest("pk"))
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("path", ["", "stac/", "stac/search", "stac/collections/none"])
def test_no_cache_answers_others_from_it(acme, link, client, path):
    address = link("collection")
    assert client.get(address + path)["Cache-Control"] == "private, no-cache"
    with tenant_scope(acme):
        Share.objects.update(revoked=timezone.now())
    ended = client.get(address + path)
    assert (ended.status_code, ended["Cache-Control"]) == (410, "no-store")
    assert ended["X-Robots-Tag"].startswith("noindex")


def test_making_and_revoking(acme, ada, ada_client, cyd, cyd_client, client, filled):
    Membership.objects.create(user=cyd, organization=acme, role=Role.EDITOR)
    new = f"{HOME}sharing/new/?collection=ours"
    assert "with all its items" in ada_client.get(new).text
    until = timezone.localdate() + timedelta(days=3)
    answer = ada_client.post(new, {"label": "For Eve", "until": until})
    assert answer.status_code == 302
    page = ada_client.get(answer["Location"]).text
    assert "For Eve" in page
    with tenant_scope(acme):
        share = Share.objects.get()
        address = shares.address(share, HOME)
        assert AuditRecord.objects.get(action="share.create").after["collection"] == "ours"
        assert shares.token(share) not in json.dumps(list(Share.objects.values()), default=str)
    assert f"http://testserver{address}" in page
    assert client.get(address).status_code == 200
    # Another editor neither sees nor ends it; who looks after the organization does.
    assert "For Eve" not in cyd_client.get(f"{HOME}sharing/").text
    revoke = f"{HOME}sharing/{share.pk}/revoke/"
    assert cyd_client.post(revoke).status_code == 404
    assert "told from now on" in ada_client.get(revoke).text
    ada_client.post(revoke)
    ada_client.post(revoke)
    assert client.get(address).status_code == 410
    with tenant_scope(acme):
        assert AuditRecord.objects.filter(action="share.revoke").count() == 1


def test_what_is_refused(acme, ada, ben_client, ada_client, cyd, cyd_client, filled):
    Membership.objects.create(user=cyd, organization=acme, role=Role.EDITOR)
    soon = (timezone.now() + timedelta(days=1)).isoformat()
    late = (timezone.now() + timedelta(days=367)).isoformat()
    for body, status in (
        ({"label": "x", "collection": "ours", "expires": soon}, 201),
        ({"label": "x", "search": {}}, 201),
        ({"label": "", "collection": "ours"}, 400),
        ({"label": "x" * 81, "collection": "ours"}, 400),
        ({"label": "a\nb", "collection": "ours"}, 400),
        ({"label": "x"}, 400),
        ({"label": "x", "item": "of-ours"}, 400),
        ({"label": "x", "collection": "ours", "search": {}}, 400),
        ({"label": "x", "collection": "ours", "expires": late}, 400),
        ({"label": "x", "collection": "ours", "expires": "2020-01-01T00:00:00Z"}, 400),
        ({"label": "x", "search": {"bbox": [1, 2]}}, 400),
        ({"label": "x", "search": {"nonsense": 1}}, 400),
        ({"label": "x", "search": {"q": "x" * 9000}}, 400),
        ({"label": "x", "collection": "none"}, 404),
        ({"label": "x", "collection": "secret"}, 404),
        ({"label": "x", "collection": "secret", "item": "of-secret"}, 404),
        ({"label": "x", "collection": "\0"}, 400),
        ([], 400),
    ):
        assert make(cyd_client, body).status_code == status, body
    good = {"label": "x", "collection": "ours"}
    assert make(ben_client, good).status_code == 403
    _, text = keys.issue(acme, creator=ada, name="all", scopes=WRITE_SCOPES)
    ada_client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {text}"
    assert make(ada_client, good).status_code == 403  # a key makes no links


def test_the_api(acme, ada_client, client, filled):
    made = make(ada_client, {"label": "x", "search": {**SEARCH, "limit": 3}}).json()
    assert made["works"]
    assert made["search"] == SEARCH
    assert client.get(made["address"]).status_code == 200
    address = f"{HOME}api/shares/"
    assert ada_client.get(address).json()["shares"] == [made | _used(acme)]
    assert ada_client.delete(f"{address}{made['id']}/").status_code == 204
    told = ada_client.get(f"{address}{made['id']}/").json()
    assert (told["works"], told["address"]) == (False, "")
    assert client.get(made["address"]).status_code == 410


def _used(acme):
    with tenant_scope(acme):
        share = Share.objects.get()
        return {"uses": share.uses, "last_used": share.last_used.isoformat()}


def test_uses_are_written_once_a_minute(acme, link, client, django_assert_max_num_queries):
    address = link("item")
    for _ in range(3):
        assert client.get(f"{address}stac/search").status_code == 200
    with tenant_scope(acme):
        share = Share.objects.get()
        assert share.uses == 1
        Share.objects.update(last_used=timezone.now() - timedelta(minutes=2))
    with django_assert_max_num_queries(20) as asked:
        client.get(f"{address}stac/search")
    assert sum("UPDATE" in each["sql"] for each in asked.captured_queries) == 1
    with tenant_scope(acme):
        assert Share.objects.get().uses == 4


def test_the_token_is_in_no_log(link):
    address = link("item")
    said = {"msg": "GET %s", "args": (f"{address}stac/search",), "path": address}
    line = JsonFormatter().format(logging.makeLogRecord(said))
    assert line.count("/shared/…/") == 2
    assert address.split("/shared/")[1].strip("/") not in line
