"""Every route, asked by everyone who has no business there, answers what the table says.

A route that the table does not name fails. Nothing private is in any answer, and what is private
is answered like what does not exist: same status, same body, same length.
"""

import time
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from django.db import connection
from django.utils import timezone

from catalogs import uploads
from catalogs.audit import Actor
from catalogs.stac import transactions
from catalogs.stac.models import Collection, Job, Trashed
from tenants import domains, invitations, key_text, keys
from tenants.current import tenant_scope
from tenants.models import ApiKey, Organization
from tenants.roles import WRITE_SCOPES, Role
from tenants.signup import create_organization
from tests import isolation
from tests.isolation import CANARY, METHODS, ORGANIZATION, OTHERS_CANARY, PLATFORM, Route, World
from tests.stac.documents import collection, item

TABLES = Path(__file__).parent / "who_sees_what"
DOORS = [(None, "/o/acme"), ("acme.testserver", "")]
REMEDY = "tests/who_sees_what does not say so (look whether it is right, then paste):"
STRANGERS = {"nobody": ("nobody",), "stranger": ("cyd", "oda"), "key": ("foreign", "wrong", "late")}
HELD = transactions.HeldFile("data", "o/nowhere/data.tif", 4, "1220" + "0" * 64, "image/tiff")


def fill(organization: Organization, public: str, private: str, canary: str) -> None:
    """A public collection with an item, and a private one that nobody outside may hear of."""
    for id, visibility in ((public, "public"), (private, "members")):
        word = canary if visibility == "members" else "open"
        assets = {"data": {"href": f"https://example.org/{word}.tif", "title": word}}
        described = collection(id, title=word, description=word, keywords=[word], assets=assets)
        made = transactions.create_collection(described, visibility, held=[HELD])
        document = item(f"{id}-item", properties={"title": word}, assets=assets)
        transactions.create_item(made, document, held=[HELD])


@pytest.fixture
def world(acme, other, ada, cyd, oda, bucket) -> World:
    with tenant_scope(other):
        fill(other, "othr", "othp", OTHERS_CANARY)
    with tenant_scope(acme):
        fill(acme, "open", "hide", CANARY)
        hidden = Collection.objects.get(pk="hide")
        transactions.delete_item(transactions.create_item(hidden, item("gone", title=CANARY)))
        trashed = Trashed.objects.get()
        upload = uploads.start(f"{CANARY}.tif", 1000, str(acme.pk), Actor.of(ada), title=CANARY)
        named = dict.fromkeys(("collection", "name", "by", "asker"), CANARY)
        Job.objects.create(pk=upload.pk, method="insert", lenient=True, size=1, **named)
    claimed = domains.claim(acme, f"{CANARY}.example.org", by=ada)
    key, _ = keys.issue(acme, creator=ada, name=CANARY, scopes=WRITE_SCOPES)
    (invitation,) = invitations.invite(
        acme, [f"{CANARY}@example.org"], role=Role.VIEWER, note=CANARY, by=ada
    )
    _, foreign = keys.issue(other, creator=oda, name=OTHERS_CANARY, scopes=WRITE_SCOPES)
    _, late = keys.issue(acme, creator=ada, name="late", scopes=WRITE_SCOPES)
    ApiKey.objects.filter(name="late").update(expires=timezone.now() - timedelta(seconds=1))
    return World(
        things={
            "collection": {"public": "open", "private": "hide", "absent": "none"},
            "item": {"public": "open-item", "private": "hide-item", "absent": "none-item"},
            "key": {"public": "data", "private": "data", "absent": "none"},
            "part": {"public": "2020", "private": "2020", "absent": "2020"},
            "id": {"private": str(upload.pk), "absent": isolation.unknown()},
            "id:number": {"private": str(trashed.pk), "absent": str(10**9)},
            "upload": {"private": str(upload.pk), "absent": isolation.unknown()},
            "key_id": {"private": key.key_id, "absent": "000000000000"},
            "key:number": {"private": str(key.pk), "absent": str(10**9)},
            "claim:number": {"private": str(claimed.pk), "absent": str(10**9)},
            "member:number": {
                "private": str(acme.memberships.get(user=ada).pk),
                "absent": str(10**9),
            },
            "invitation": {"private": str(invitation.pk), "absent": isolation.unknown()},
            "pk:number": {"private": "1", "absent": "2"},  # of a passkey: nobody has any here
            "slug": {"-": "acme"},
            "organization": {"-": str(acme.pk)},
            **{f"{name}:number": {"-": "0"} for name in ("tileMatrix", "tileRow", "tileCol")},
            "rest": {"-": "nowhere"},
        },
        keys={"foreign": foreign, "wrong": key_text.new_text(), "late": late},
        people={"ada": ada, "cyd": cyd, "oda": oda},
    )


def ask(world: World, who: str, door: tuple[str | None, str], method: str, path: str):
    host, prefix = door
    client = world.client(who, host)
    response = client.generic(method, prefix + path, b"{}", "application/json")
    said = response.content.decode(errors="replace") + str(response.headers)
    assert CANARY not in said, f"{who}: {method} {path} tells what is private"
    assert OTHERS_CANARY not in said, f"{who}: {method} {path} tells what is another's"
    assert response.status_code < 500, f"{who}: {method} {path} breaks"
    return response


def walk(world: World, urlconf: str, doors, methods=METHODS):
    """Asks everything; gives what is answered, in the table's form."""
    rows = {}
    for route in isolation.routes(urlconf):
        for thing in route.objects:
            for method in methods:
                rows[route.name, thing, method] = tuple(
                    statuses(world, route, thing, method, who, doors) for who in STRANGERS
                )
    return rows


def statuses(world, route: Route, thing: str, method: str, who: str, doors) -> str:
    """One status, if all of a kind get the same; else each. Reads are asked by all, at both doors;
    what writes by all, at the first, and other methods by the last of each kind."""
    path = world.path(route, thing)
    names = STRANGERS[who][-1:] if method in ("HEAD", "OPTIONS") else STRANGERS[who]
    found = {
        str(ask(world, name, door, method, path).status_code)
        for name in names
        for door in (doors if method == "GET" else doors[:1])
    }
    return "/".join(sorted(found))


def differences(name: str, answered) -> str:
    """Routes that no line names, and lines that are not so; ready to be looked at and pasted."""
    declared = isolation.table((TABLES / name).read_text())
    wrong = {row: said for row, said in answered.items() if declared.get(row) != said}
    gone = {row: said for row, said in declared.items() if row not in answered}
    notes = [f"# no such route: {name}" for name in sorted({name for name, _, _ in gone})]
    return "\n".join([*notes, isolation.as_table(wrong)]).strip()


def test_an_organizations_routes_answer_as_declared(world):
    answered = walk(world, ORGANIZATION, DOORS)
    if found := differences("organization.txt", answered):
        pytest.fail(f"{REMEDY}\n{found}", pytrace=False)


def test_the_platforms_routes_answer_as_declared(world):
    answered = walk(world, PLATFORM, [(None, "")], ("GET", "POST"))
    if found := differences("platform.txt", answered):
        pytest.fail(f"{REMEDY}\n{found}", pytrace=False)


@pytest.mark.parametrize("who", ["nobody", "cyd", "oda", "foreign", "wrong", "late"])
def test_private_is_as_absent(world, who):
    for route in isolation.routes(ORGANIZATION):
        if "private" not in route.objects:
            continue
        paths = [world.path(route, thing) for thing in ("private", "absent")]
        for method in ("GET", "POST", "DELETE"):
            private, absent = (ask(world, who, DOORS[0], method, path) for path in paths)
            bodies = [
                isolation.comparable(response, path)
                for response, path in zip((private, absent), paths, strict=True)
            ]
            assert private.status_code == absent.status_code, (method, route.pattern)
            assert bodies[0] == bodies[1], (method, route.pattern)
            assert private.headers.keys() == absent.headers.keys(), (method, route.pattern)


def test_anothers_ids_are_as_absent(world):
    """The owner of one organization asks at home for what only the other one has."""
    for route in isolation.routes(ORGANIZATION):
        if "collection" not in dict(route.parameters):
            continue
        absent = ask(world, "ada", DOORS[0], "GET", world.path(route, "absent"))
        for id in ("othr", "othp"):
            world.things["collection"]["foreign"] = id
            world.things["item"]["foreign"] = f"{id}-item"
            world.things["key"]["foreign"] = "data"
            path = world.path(route, "foreign")
            answer = ask_as_owner(world, path)
            assert answer.status_code == absent.status_code
            assert OTHERS_CANARY not in answer.content.decode()


def ask_as_owner(world: World, path: str):
    return world.client("ada", None).get(f"/o/acme{path}")


SEARCHES = [
    "",
    "collections=hide",
    "ids=hide-item",
    "bbox=-180,-90,180,90",
    "datetime=../..",
    "collections=othp",
    "ids=othp-item",
    "ids=hide-item,open-item,othp-item,othr-item",
]


@pytest.mark.parametrize("query", SEARCHES)
@pytest.mark.parametrize("who", ["nobody", "cyd", "oda"])
def test_no_search_finds_what_is_private(world, who, query):
    for path in ("/stac/search", "/stac/collections"):
        if path == "/stac/collections" and query:
            continue
        found = ask(world, who, DOORS[0], "GET", f"{path}?{query}").json()
        for name in ("features", "collections"):
            assert all("open" in thing["id"] for thing in found.get(name, []))
        assert found.get("numberMatched", 0) <= 1


def counters(organization: Organization) -> dict[str, tuple[int, ...]]:
    """What PostgreSQL has seen happen to the organization's tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT relname, seq_scan, coalesce(idx_scan, 0), n_tup_ins, n_tup_upd, n_tup_del"
            " FROM pg_stat_user_tables WHERE schemaname = %s",
            [organization.schema_name],
        )
        return {name: tuple(counts) for name, *counts in cursor.fetchall()}


def test_serving_one_touches_no_table_of_another(live):
    quiet = create_organization(name="Quiet", slug="quiet", owner=live.owner)
    before, own = settled(quiet), counters(live.organization)
    headers = {"Authorization": f"Bearer {live.key()}"}
    deadline = time.monotonic() + 30
    while counters(live.organization) == own and time.monotonic() < deadline:
        for path in ("collections", "search", "collections/none/items"):
            requests.get(live.stac + path, headers=headers, timeout=10)
        requests.post(f"{live.stac}collections", json=collection("c"), headers=headers, timeout=10)
    assert counters(live.organization) != own
    assert settled(quiet) == before


def settled(organization: Organization) -> dict[str, tuple[int, ...]]:
    """The counters, once nothing is late any more."""
    before, now = None, counters(organization)
    while before != now:
        time.sleep(1.1)
        before, now = now, counters(organization)
    return now
