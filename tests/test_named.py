"""Of a collection for named ones nobody else hears, wherever things are listed or counted.

Every address that can be read is asked twice by who is not named: while there is no such
collection, and while there is one, full of canaries. The answers are the same to the letter.
"""

import re

import pytest
from django.test import Client

from catalogs import collections
from catalogs.audit import Actor
from catalogs.stac import transactions
from catalogs.stac.models import Collection, Item, Job, Trashed
from tenants import keys
from tenants.current import tenant_scope
from tenants.models import Membership, Organization
from tenants.roles import WRITE_SCOPES, Role
from tests import isolation
from tests.isolation import CANARY, ORGANIZATION
from tests.stac.documents import collection, item
from tests.test_isolation import HELD

FILLED = {"collection": "secret", "item": "of-secret", "key": "data", "part": "2020", "rest": "x"}
ASKED = {
    "stac:search": [
        "?limit=1",
        "?bbox=10,50,11,51&limit=1",
        "?collections=secret",
        "?ids=of-secret",
        "?q=canary",
        "?sortby=canary:odd",
        "?filter=title='canary-of-acme'",
        "?f=csv",
        "?f=ndjson",
    ],
    "stac:aggregate": [
        "?aggregations=total_count,datetime_min,datetime_max,collection_frequency",
        "?aggregations=total_count&collections=secret",
    ],
    "stac:collections": ["?q=canary", "?limit=1", "?bbox=10,50,11,51", "?sortby=-canary:odd"],
    "stac:collections-search": ["?q=canary"],
    "stac:children": ["?limit=1"],
    "ui:home": ["?q=canary"],
    "ui:footprints": ["?bbox=9,49,12,52", "?collections=secret"],
    "ui:pick": ["?at=10.5,50.5", "?lat=50.5&lng=10.5"],
    "ui:map": ["?collections=secret", "?q=canary"],
}
# What differs in any two answers.
NEW = re.compile(r'"timeStamp":"[^"]*"|"Z?expires"[^,]*|value="[^"]{60,}"|token=[\w.:%-]+')
# These tell of people, keys and records, and of nothing that a catalog holds; and the plan's
# figures are of the whole organization, since its limits hold for all who work in it.
OF_PEOPLE = ("ui:people", "ui:key", "ui:member", "ui:invitation", "doors:", "ui:audit", "ui:usage")


def fill(id: str, visibility: str) -> Collection:
    assets = {"data": {"href": f"https://example.org/{id}.tif", "title": id}}
    word = CANARY if id == "secret" else id
    described = collection(id, title=word, keywords=[word], assets=assets, **{f"{word}:odd": 1})
    made = transactions.create_collection(described, visibility, held=[HELD])
    for name, west in ((f"of-{id}", 10), (f"gone-of-{id}", 20)):
        properties = {"title": word, f"{word.split('-')[0]}:odd": west}
        transactions.create_item(
            made, item(name, west, properties=properties, assets=assets), held=[HELD]
        )
    return made


def keep_secret(names: list[str]) -> None:
    """The collection, something of it in the trash, and a job that wrote into it."""
    made = fill("secret", "named")
    transactions.set_names(made, names)
    transactions.delete_item(Item.objects.get(stac_id="gone-of-secret"))
    said = {"method": "insert", "lenient": True, "size": 1, "name": "x", "asker": "someone"}
    Job.objects.create(collection="secret", by=CANARY, **said)


@pytest.fixture
def askers(acme, ada, ben, cyd, oda, sign_in):
    """By name: how each asks."""
    Membership.objects.create(user=cyd, organization=acme, role=Role.EDITOR)
    Membership.objects.create(user=oda, organization=acme, role=Role.VIEWER)

    def program(name, creator):
        _, text = keys.issue(acme, creator=creator, name=name, scopes=WRITE_SCOPES)
        return Client(headers={"authorization": f"Bearer {text}"})

    return {
        "owner": sign_in(ada),
        "named member": sign_in(ben),
        "editor": sign_in(cyd),
        "member": sign_in(oda),
        "named key": program("named", ada),
        "named key of who is not": program("half", cyd),
        "key": program("unnamed", ada),
        "nobody": sign_in(),
    }


@pytest.fixture
def names(acme, askers, ben):
    found = acme.keys.filter(name__in=("named", "half"))
    return [ben.name_on_lists, *(key.name_on_lists for key in found)]


SEES = ("owner", "named member", "named key")


def addresses() -> list[str]:
    """All that can be read without knowing more than the collection's and its item's id."""
    found = []
    for route in isolation.routes(ORGANIZATION):
        wanted = {name for name, _ in route.parameters}
        if not wanted <= FILLED.keys() or not route.is_named or route.name.startswith(OF_PEOPLE):
            continue
        filled = {name: {"-": id} for name, id in FILLED.items()}
        world = isolation.World(filled, {}, {}, Organization(), Organization())
        path = "/o/acme" + world.path(route, "-")
        found += [path + query for query in ("", *ASKED.get(route.name, []))]
    return found


def read(client: Client, path: str) -> tuple[int, str, str]:
    answer = client.get(path)
    sent = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = re.sub(r'nonce="[^"]*"', "", NEW.sub("", sent.decode(errors="replace")))
    text = re.sub(r"\b[A-Za-z0-9]{64}\b", "", text)
    return answer.status_code, answer.headers.get("ETag", ""), text


def _difference(before: str, after: str) -> str:
    at = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), None)
    if at is None:
        at = min(len(before), len(after))
    return "" if before == after else f"{before[at - 60 : at + 60]!r}, {after[at - 60 : at + 60]!r}"


def test_nobody_else_hears_of_it(acme, askers, names):
    with tenant_scope(acme):
        fill("open", "public")
        fill("ours", "members")
    askers["key"].get("/o/acme/stac/")  # that a key was used is told to members
    paths = [path for path in addresses() if "sign-" not in path]
    assert len(paths) > 50
    others = {who: client for who, client in askers.items() if who not in SEES}
    before = {(who, path): read(client, path) for who, client in others.items() for path in paths}
    with tenant_scope(acme):
        keep_secret(names)
    for (who, path), answer in before.items():
        after = read(others[who], path)
        differs = _difference(answer[2], after[2])
        assert after[:2] == answer[:2], (who, path)
        assert not differs, (who, path, differs)
        assert CANARY not in after[2] or CANARY in path, (who, path)


def test_who_is_named_sees_all_of_it(acme, askers, names):
    with tenant_scope(acme):
        keep_secret(names)
    root = "/o/acme/stac/"
    for who, client in askers.items():
        seen = who in SEES
        found = client.get(f"{root}search").json()["features"]
        assert [each["id"] for each in found] == ["of-secret"] * seen, who
        listed = client.get(f"{root}collections").json()["collections"]
        assert [each["id"] for each in listed] == ["secret"] * seen, who
        for path, status in (
            ("collections/secret", 200),
            ("collections/secret/items/of-secret", 200),
            ("collections/secret/queryables", 200),
            ("collections/secret/items/of-secret/assets/data", 302),
        ):
            assert client.get(root + path).status_code == (status if seen else 404), (who, path)


def test_editing_needs_sight(acme, askers, names):
    with tenant_scope(acme):
        keep_secret(names)
        trashed = Trashed.objects.get()
    root = "/o/acme/stac/collections/secret"
    for who in ("editor", "key"):
        client, json = askers[who], {"content_type": "application/json"}
        assert client.patch(root, "{}", **json).status_code == 404
        assert client.delete(f"{root}/items/of-secret").status_code == 404
        assert client.post(f"{root}/items", "{}", **json).status_code == 404
        assert client.get("/o/acme/api/collections/secret/access").status_code == 404
        start = {"filename": "a.tif", "size": 9, "collection": "secret"}
        assert client.post("/o/acme/api/uploads/", start, **json).status_code == 404
    editor = askers["editor"]
    assert editor.post(f"/o/acme/trash/{trashed.pk}/restore/").status_code == 404
    assert editor.post("/o/acme/collections/secret/edit/").status_code == 404
    assert CANARY not in editor.get("/o/acme/trash/").text


def test_what_is_deleted_stays_hidden_and_comes_back_so(acme, ada, ben, askers, names):
    with tenant_scope(acme):
        keep_secret(names)
        collections.delete(Collection.objects.get(pk="secret"), actor=Actor.of(ada), cascade=True)
        kept = Trashed.objects.get(kind="collection")
    Membership.objects.filter(user=ben).update(role=Role.EDITOR)
    for who in ("editor", "named member", "owner"):
        hears = CANARY in askers[who].get("/o/acme/trash/").text
        assert hears == (who in SEES), who
        asked = "secret" in askers[who].get("/o/acme/stac/jobs").text
        assert asked == (who in SEES), who
    assert askers["editor"].post(f"/o/acme/trash/{kept.pk}/restore/").status_code == 404
    assert askers["named member"].post(f"/o/acme/trash/{kept.pk}/restore/").status_code == 302
    assert askers["member"].get("/o/acme/stac/collections/secret").status_code == 404
    assert askers["named member"].get("/o/acme/stac/collections/secret").status_code == 200


def test_a_removed_name_is_one_at_once(acme, ben, askers):
    with tenant_scope(acme):
        keep_secret([ben.name_on_lists])
        assert askers["named member"].get("/o/acme/collections/secret/").status_code == 200
        transactions.set_names(Collection.objects.get(pk="secret"), [])
    assert askers["named member"].get("/o/acme/collections/secret/").status_code == 404
