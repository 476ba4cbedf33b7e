"""What a key may do at most, and from where; limits narrowed and widened."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalogs.stac import transactions
from tenants import keys
from tenants.key_limits import KeyRefused, Limits
from tenants.models import ApiKey, AuditRecord
from tenants.roles import READ_SCOPES, WRITE_SCOPES
from tests.stac import documents

LANDING = "/o/acme/stac/"
MANAGE = (*READ_SCOPES, "keys:manage")


@pytest.fixture
def make(acme, ada):
    def issue(**changes):
        wanted = {"creator": ada, "name": "limited", "scopes": READ_SCOPES, **changes}
        return keys.issue(acme, **wanted)

    return issue


def ask(text: str, address: str):
    headers = {"authorization": f"Bearer {text}"}
    return Client(headers=headers, REMOTE_ADDR=address).get(LANDING)


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("192.0.3.7", False),
        ("2001:db8::9", True),
        ("2001:db9::9", False),
        ("fe80::1%eth0", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_a_key_works_from_its_addresses_alone(make, address, good):
    _, text = make(addresses=["192.0.2.0/24", "2001:db8::/32"])
    answer, unknown = ask(text, address), ask("nonsense", "198.51.100.1")
    assert answer.status_code == (200 if good else 401)
    if not good:
        assert answer.content == unknown.content
        assert answer.headers["www-authenticate"] == unknown.headers["www-authenticate"]


def test_addresses_are_kept_as_networks(make):
    key, _ = make(addresses=[" 192.0.2.7 ", "192.0.2.9/24", "2001:DB8::1", "192.0.2.7"])
    assert key.addresses == ["192.0.2.7", "192.0.2.0/24", "2001:db8::1"]


@pytest.mark.parametrize(
    "limit",
    [
        {"addresses": ["example.org"]},
        {"addresses": ["192.0.2.0/33"]},
        {"addresses": [""]},
        {"addresses": ["1.2.3.4\0"]},
        {"addresses": [f"10.0.0.{n}" for n in range(51)]},
        {"collections": []},
        {"collections": [""]},
        {"collections": ["a\0"]},
        {"collections": ["é" * 129]},
        {"collections": [str(n) for n in range(201)]},
    ],
)
def test_what_is_no_limit_is_refused(make, limit):
    with pytest.raises(KeyRefused):
        make(**limit)
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("inner", "outer", "within"),
    [
        ((["a"],), (["a", "b"],), True),
        ((["a", "b"],), (["a"],), False),
        ((["a"], ["c"]), (["a"],), True),
        ((["a"],), (["a"], ["c"]), False),
        ((["a"], ["c"]), (["a"], ["c", "d"]), True),
        ((["a"], None, ["10.1.0.0/16"]), (["a"], None, ["10.0.0.0/8"]), True),
        ((["a"], None, ["10.0.0.0/8"]), (["a"], None, ["10.1.0.0/16"]), False),
        ((["a"], None, []), (["a"], None, ["10.1.0.0/16"]), False),
        ((["a"], None, ["::1"]), (["a"], None, ["10.1.0.0/16", "::/0"]), True),
    ],
)
def test_what_lies_within_what(inner, outer, within):
    assert Limits.read(*inner).within(Limits.read(*outer)) is within


def test_a_change_is_kept_with_what_was(make, ada):
    key, text = make(scopes=WRITE_SCOPES)
    changed = keys.change(key, by=ada, name="less", scopes=READ_SCOPES, addresses=["::1"])
    assert (changed.name, changed.scopes) == ("less", sorted(READ_SCOPES))
    assert ask(text, "127.0.0.1").status_code == 401
    assert AuditRecord.objects.filter(action="key.change").count() == 1
    keys.change(key, by=ada, name="less", scopes=READ_SCOPES, addresses=["::1"])  # nothing new
    assert AuditRecord.objects.filter(action="key.change").count() == 1


def test_who_widens_must_be_able_to_make_such_a_key(make, ada, ben):
    key, _ = make()
    with pytest.raises(KeyRefused, match="Your role allows no key"):
        keys.change(key, by=ben, name="more", scopes=WRITE_SCOPES)
    keys.change(key, by=ada, name="more", scopes=WRITE_SCOPES)


def test_a_key_gives_no_other_more_than_it_has(acme, ada, make):
    manager, _ = make(scopes=MANAGE, collections=["a", "b"], addresses=["10.0.0.0/8"])
    fits = {"collections": ["a"], "addresses": ["10.1.0.0/16"]}
    made, _ = make(creator=manager, **fits)
    assert made.creator == ada
    for wider in (
        {**fits, "scopes": WRITE_SCOPES},
        {**fits, "collections": None},
        {**fits, "collections": ["a", "c"]},
        {**fits, "addresses": []},
        {**fits, "expires": keys.NEVER},
    ):
        with pytest.raises(KeyRefused):
            make(creator=manager, **wider)
    with pytest.raises(KeyRefused):
        keys.change(made, by=manager, name="x", scopes=READ_SCOPES)
    assert ApiKey.objects.count() == 2


def test_one_that_is_over_cannot_be_changed(make, ada):
    key, _ = make()
    ApiKey.objects.update(expires=timezone.now() - timedelta(seconds=1))
    with pytest.raises(KeyRefused, match="works no more"):
        keys.change(key, by=ada, name="x", scopes=READ_SCOPES)
    with pytest.raises(KeyRefused, match="works no more"):
        keys.roll(key, by=ada)


@pytest.fixture
def catalogs(in_acme):
    """Two collections with an item each, and a public one."""
    for id, visibility in (("a", "members"), ("b", "members"), ("open", "public")):
        made = transactions.create_collection(documents.collection(id), visibility)
        transactions.create_item(made, documents.item(f"{id}-item"))


def client(text: str) -> Client:
    return Client(headers={"authorization": f"Bearer {text}"})


@pytest.mark.usefixtures("catalogs")
def test_a_key_sees_its_collections_alone(make):
    asks = client(make(collections=["a"])[1])
    listed = asks.get(f"{LANDING}collections").json()["collections"]
    assert [each["id"] for each in listed] == ["a"]
    found = asks.get(f"{LANDING}search").json()["features"]
    assert [each["id"] for each in found] == ["a-item"]
    counted = asks.get(f"{LANDING}aggregate?aggregations=total_count").json()["aggregations"]
    assert counted[0]["value"] == 1
    for id in ("b", "open"):
        assert asks.get(f"{LANDING}collections/{id}").status_code == 404
        assert asks.get(f"{LANDING}collections/{id}/items/{id}-item").status_code == 404


@pytest.mark.usefixtures("catalogs")
def test_a_key_writes_in_its_collections_alone(make):
    asks = client(make(scopes=WRITE_SCOPES, collections=["a"])[1])
    kind = "application/json"
    for id, status in (("a", 201), ("b", 404), ("open", 404)):
        answer = asks.post(f"{LANDING}collections/{id}/items", documents.item("new"), kind)
        assert answer.status_code == status
    assert asks.post(f"{LANDING}collections", documents.collection("c"), kind).status_code == 403
    assert asks.delete(f"{LANDING}collections/b").status_code == 404
    wanted = {"filename": "x.tif", "size": 1000, "collection": "b"}
    assert asks.post("/o/acme/api/uploads/", wanted, kind).status_code == 400
    assert asks.get("/o/acme/api/uploads/").json() == {"uploads": []}
