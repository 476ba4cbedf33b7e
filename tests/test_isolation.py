"""Every route, asked in every way by everyone there is, answers what one table says.

A route that the table does not name fails. Nothing private is in any answer to who may not see it,
and what is private is answered like what does not exist: same status, same body, same length.
Meanwhile the database, the cache, the jobs and the log are watched: nothing of another organization
is touched, and no secret is told.
"""

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from catalogs import uploads
from catalogs.audit import Actor
from catalogs.stac import transactions
from catalogs.stac.models import Collection, Job, PropertyIndex, Trashed
from tenants import domains, invitations, key_text, keys, members
from tenants.current import tenant_scope
from tenants.models import ApiKey, MailDomain, Membership, Organization, User
from tenants.roles import WRITE_SCOPES, Role
from tests import isolation, matrix
from tests.conftest import person
from tests.isolation import CANARY, ORGANIZATION, OTHERS_CANARY, PLATFORM, Route, World
from tests.matrix import EVERYONE, KEYS, METHODS, ON_PLATFORM, OUTSIDE, ROLES, Answers, Row, Table
from tests.operators import an_operator, at_work
from tests.stac.documents import collection, item

TABLES = Path(__file__).parent / "who_sees_what"
DOORS = [(None, "/o/acme"), ("acme.testserver", "")]
REMEDY = "tests/who_sees_what does not say so (look whether it is right, then paste):"
HELD = transactions.HeldFile("data", "o/nowhere/data.tif", 4, "1220" + "0" * 64, "image/tiff")

# Who stands for each column of the table.
PEOPLE = {
    "nobody": ("nobody",),
    "stranger": ("cyd", "olga", "oda"),  # of no organization, an operator, of another one
    "operator": ("olga",),
    **{role: (role,) for role in ROLES},
    **{scope: (scope,) for scope in KEYS},  # keys of an owner, with this scope alone
    "bad": ("late", "revoked", "orphan", "wrong", "foreign"),
}
# Who is asked for all: by the other methods, and where the table says that nobody can do this;
FEW = ("nobody", "owner", "bad")
# for what does not exist;
FOR_NOTHING = ("nobody", "stranger", "viewer", "owner", "catalog:read", "bad")
# and at pages, which know of no keys.
AT_PAGES = ("nobody", "stranger", *ROLES, "catalog:read", "bad")


def fill(organization: Organization, public: str, private: str, canary: str) -> None:
    """A public collection with an item, and a private one that nobody outside may hear of."""
    for id, visibility in ((public, "public"), (private, "members")):
        word = canary if visibility == "members" else "open"
        assets = {"data": {"href": f"https://example.org/{word}.tif", "title": word}}
        described = collection(id, title=word, description=word, keywords=[word], assets=assets)
        made = transactions.create_collection(described, visibility, held=[HELD])
        document = item(f"{id}-item", properties={"title": word}, assets=assets)
        transactions.create_item(made, document, held=[HELD])


def member(acme: Organization, role: str, name: str = "") -> User:
    if role == Role.OWNER:
        return person("ada")
    user = User.objects.create_user(f"{name or role}@example.org")
    Membership.objects.create(user=user, organization=acme, role=role)
    return user


def all_keys(acme: Organization, other: Organization) -> dict[str, str]:
    """One good key of each scope, and one for each way not to be good."""
    ada, leaver = person("ada"), member(acme, Role.EDITOR, "leaver")

    def issue(name: str, organization=acme, creator=ada, scopes=WRITE_SCOPES) -> str:
        return keys.issue(organization, creator=creator, name=name, scopes=scopes)[1]

    made = {scope: issue(scope, scopes=[scope]) for scope in KEYS}
    made |= {name: issue(name) for name in ("late", "revoked")}
    made["orphan"] = issue("orphan", creator=leaver)
    made["foreign"] = issue(OTHERS_CANARY, other, person("oda"))
    named = ApiKey.objects.filter(organization=acme)
    named.filter(name="late").update(expires=timezone.now() - timedelta(seconds=1))
    keys.revoke(named.get(name="revoked"), by=ada)
    members.remove(acme.memberships.get(user=leaver), by=ada)
    return made | {"wrong": key_text.new_text()}


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, _bucket) -> Iterator[World]:
    """Made once, in a transaction that is rolled back after the last test; so is each request."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield made_world(*(Organization.objects.get(slug=slug) for slug in ("acme", "other")))
        transaction.set_rollback(True)


def made_world(acme: Organization, other: Organization) -> World:
    ada = person("ada")
    made = all_keys(acme, other)
    people = {role: member(acme, role) for role in ROLES}
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
        words = {"kind": "number", "descending": False, "state": "failed"}
        index = PropertyIndex.objects.create(name=CANARY, **words)
    claimed = domains.claim(acme, f"{CANARY}.example.org", by=ada)
    opened = MailDomain.objects.create(
        organization=acme, domain=f"{CANARY}.example", role=Role.VIEWER, maker=ada
    )
    key, _ = keys.issue(acme, creator=ada, name=CANARY, scopes=WRITE_SCOPES)
    (invitation,) = invitations.invite(
        acme, [f"{CANARY}@example.org"], role=Role.VIEWER, note=CANARY, by=ada
    )
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
            "domain:number": {"private": str(opened.pk), "absent": str(10**9)},
            "claim:number": {"private": str(claimed.pk), "absent": str(10**9)},
            "index:number": {"private": str(index.pk), "absent": str(10**9)},
            "key:number": {"private": str(key.pk), "absent": str(10**9)},
            "member:number": {
                "private": str(acme.memberships.get(user=people[Role.VIEWER]).pk),
                "absent": str(10**9),
            },
            "invitation": {"private": str(invitation.pk), "absent": isolation.unknown()},
            "pk:number": {"private": "1", "absent": "2"},  # of a passkey: nobody has any here
            "slug": {"-": "acme"},
            "object_id": {"private": str(acme.pk), "absent": isolation.unknown()},
            "app_label": {"-": "tenants"},
            "verb": {"-": "suspend"},
            "organization": {"-": str(acme.pk)},
            **{f"{name}:number": {"-": "0"} for name in ("tileMatrix", "tileRow", "tileCol")},
            "rest": {"-": "nowhere"},
        },
        keys=made,
        people={**people, "cyd": person("cyd"), "oda": person("oda"), "olga": an_operator()},
        served=acme,
        other=other,
    )


def ask(world: World, who: str, door: tuple[str | None, str], method: str, path: str):
    """The status and the body; what it did is undone."""
    host, prefix = door
    client = world.client(who, host)
    with transaction.atomic():
        response = client.generic(method, prefix + path, b"{}", "application/json")
        body = response.getvalue().decode(errors="replace")
        transaction.set_rollback(True)
    said, case = body + str(response.headers), f"{who}: {method} {prefix + path}"
    works = who == "olga" and path.startswith("/operators/")  # there she sees records of all
    assert works or OTHERS_CANARY not in said, f"{case} tells what is another's"
    if not works and who in PEOPLE["stranger"] + PEOPLE["bad"] + ("nobody",):
        assert CANARY not in said, f"{case} tells what is private"
    assert response.status_code < 500, f"{case} breaks"
    shown = method == "POST" and SHOWS_A_KEY.match(path)
    assert shown or not isolation.secrets_in(body), f"{case} tells a secret"
    return str(response.status_code), body


SHOWS_A_KEY = re.compile(r"/(api/)?keys/")  # the new one, this once


class Walk:
    """Asks everything of everyone, and notes what is answered in the table's form.

    Few are asked where the table says that a method is there for nobody, and by HEAD and OPTIONS.
    As soon as one of these is answered otherwise, everyone is asked; `thorough` asks all, always.
    """

    def __init__(self, world: World, declared: Table, doors, everyone, thorough: bool) -> None:
        self.world, self.declared, self.doors = world, declared, doors
        self.everyone, self.thorough = everyone, thorough
        self.bodies: dict[tuple[Route, str, str], dict[str, str]] = {}

    def answers(self, route: Route, thing: str, method: str) -> Answers:
        known = self.declared.get(Row(route.name, thing, method), {})
        asked = [who for who in self.everyone if who in self._sample(route, thing, method, known)]
        found = {who: self._answer(route, thing, method, who) for who in asked}
        if any(known.get(who) != found[who] for who in found):
            asked = list(self.everyone)
            found = {who: self._answer(route, thing, method, who) for who in asked}
        return {who: found.get(who) or known[who] for who in self.everyone}

    def _sample(self, route: Route, thing: str, method: str, known: Answers) -> tuple[str, ...]:
        if self.thorough or known.keys() != set(self.everyone):
            return self.everyone
        absent = {status for who, status in known.items() if who != "bad"} == {"405"}
        if absent or method in ("HEAD", "OPTIONS"):
            return FEW
        if thing == "absent":
            return FOR_NOTHING
        return self.everyone if route.takes_keys else AT_PAGES

    def _answer(self, route: Route, thing: str, method: str, who: str) -> str:
        """One status, if all of a kind get the same at all doors; else each."""
        path = self.world.path(route, thing)
        found = set()
        for name in self._names(route, method, who):
            for door in self._doors(method, name, who):
                status, body = ask(self.world, name, door, method, path)
                found.add(status)
                if door == self.doors[0] and who in OUTSIDE:
                    self._compare(route, thing, method, name, body, path)
        return "/".join(sorted(found))

    def _names(self, route: Route, method: str, who: str) -> tuple[str, ...]:
        matters = method in ("GET", "POST") and (route.takes_keys or who != "bad")
        names = PEOPLE[who] if self.thorough or matters else PEOPLE[who][-1:]
        apart = "operator" in self.everyone and who == "stranger"
        return tuple(name for name in names if not (apart and name == "olga"))

    def _doors(self, method: str, name: str, who: str):
        both = self.thorough or (method == "GET" and name in ("nobody", "oda", "owner"))
        return self.doors if both else self.doors[:1]

    def _compare(self, route, thing: str, method: str, name: str, body: str, path: str) -> None:
        """Private is as absent, to the letter."""
        if thing not in ("private", "absent") or method in ("HEAD", "OPTIONS"):
            return
        bodies = self.bodies.setdefault((route, method, name), {})
        bodies[thing] = isolation.comparable(body, path)
        if len(bodies) == 2:
            assert bodies["private"] == bodies["absent"], (name, method, path)


def walk(
    world: World, urlconf: str, file: str, doors, methods=METHODS, everyone=EVERYONE, thorough=False
):
    declared = (TABLES / file).read_text()
    going = Walk(world, matrix.read(declared, everyone), doors, everyone, thorough)
    answered = {
        Row(route.name, thing, method): going.answers(route, thing, method)
        for route in isolation.routes(urlconf)
        for thing, method in itertools.product(route.objects, methods)
    }
    if found := matrix.differences(declared, answered, everyone):
        pytest.fail(f"{REMEDY}\n{found}", pytrace=False)


@contextmanager
def one_is_served(world: World, *, fills_caches: bool = True) -> Iterator[None]:
    """PostgreSQL's own counters of the other's tables do not move; nothing else names it either."""
    watch = isolation.Watch(world.served, world.other)
    others, own = counters(world.other), counters(world.served)
    with watch.watching():
        yield
    assert counters(world.other) == others, "tables of another organization were touched"
    assert counters(world.served) != own
    assert watch.faults == []
    assert watch.cached or not fills_caches
    lines = "\n".join(watch.lines)
    assert str(world.served.pk) in lines
    assert str(world.other.pk) not in lines
    assert not isolation.secrets_in(lines)
    assert CANARY not in lines
    assert OTHERS_CANARY not in lines


def counters(organization: Organization) -> dict[str, tuple[int, ...]]:
    """What PostgreSQL has seen this transaction do to the organization's tables, undone or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, seq_scan, idx_scan, n_tup_ins, n_tup_upd, n_tup_del, n_tup_hot_upd"
            " FROM pg_stat_xact_user_tables WHERE schemaname = %s",
            [organization.schema_name],
        )
        return {name: tuple(counts) for name, *counts in cursor.fetchall()}


def test_an_organizations_routes_answer_as_declared(world):
    with one_is_served(world):
        walk(world, ORGANIZATION, "organization.txt", DOORS)


@pytest.mark.long
def test_they_do_for_everyone_at_every_door(world):
    with one_is_served(world):
        walk(world, ORGANIZATION, "organization.txt", DOORS, thorough=True)


def test_the_platforms_routes_answer_as_declared(world):
    methods = ("GET", "POST")
    walk(world, PLATFORM, "platform.txt", [(None, "")], methods, ON_PLATFORM)


@pytest.mark.parametrize(
    "methods",
    [("GET", "POST", "DELETE"), pytest.param(METHODS, marks=pytest.mark.long)],
    ids=["some", "all"],
)
def test_an_operator_who_sees_as_a_member_sees_no_more_and_changes_nothing(world, methods):
    """Every route answers as to an editor, and refuses methods that change anything."""
    declared = matrix.read((TABLES / "organization.txt").read_text())
    client, email = at_work(world.people["olga"]), world.people[Role.EDITOR].email
    path = f"/operators/tenants/organization/{world.served.pk}/do/see/"
    assert client.post(path, {"member": email, "reason": "asked"}).status_code == 302
    wrong = []
    with one_is_served(world, fills_caches=False):
        for route in isolation.routes(ORGANIZATION):
            if route.name == "doors:sign-out":
                continue  # as everywhere
            for thing, method in itertools.product(route.objects, methods):
                asked = f"/o/acme{world.path(route, thing)}"
                with transaction.atomic():
                    answer = client.generic(method, asked, b"{}", "application/json")
                    body = answer.getvalue().decode(errors="replace")
                    transaction.set_rollback(True)
                expected = "403"
                if method in ("GET", "HEAD", "OPTIONS"):
                    expected = declared[Row(route.name, thing, method)][Role.EDITOR]
                if str(answer.status_code) != expected:
                    wrong.append(f"{method} {asked}: {answer.status_code}, not {expected}")
                assert OTHERS_CANARY not in body
                assert not isolation.secrets_in(body)
    assert wrong == []


def test_anothers_ids_are_as_absent(world):
    """The owner of one organization asks at home for what only the other one has."""
    for route in isolation.routes(ORGANIZATION):
        if "collection" not in dict(route.parameters):
            continue
        absent, _ = ask(world, "owner", DOORS[0], "GET", world.path(route, "absent"))
        for id in ("othr", "othp"):
            world.things["collection"]["foreign"] = id
            world.things["item"]["foreign"] = f"{id}-item"
            world.things["key"]["foreign"] = "data"
            assert ask(world, "owner", DOORS[0], "GET", world.path(route, "foreign"))[0] == absent


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
        found = json.loads(ask(world, who, DOORS[0], "GET", f"{path}?{query}")[1])
        for name in ("features", "collections"):
            assert all("open" in thing["id"] for thing in found.get(name, []))
        assert found.get("numberMatched", 0) <= 1
