"""What an organization uses is counted in memory and written in batches; plans stop it."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from tenants import rates, usage
from tenants.current import tenant_scope
from tenants.models import Organization, Plan, Usage
from tests.ui import catalog

STAC = "/o/acme/stac/"


@pytest.fixture(autouse=True)
def one_minute(monkeypatch):
    """Nothing is counted yet, and the clock stands: no minute ends within a test."""
    now = time.time() // 60 * 60 + 10
    monkeypatch.setattr(usage, "_known", {})
    for counting in (usage, rates):
        monkeypatch.setattr(counting, "time", SimpleNamespace(time=lambda: now))


@pytest.fixture
def limited(acme):
    """`limited(items=3)`: acme has a plan with these limits and no others."""

    def give(**limits: int) -> Plan:
        plan, _ = Plan.objects.update_or_create(name="small", defaults=limits)
        Organization.objects.filter(pk=acme.pk).update(plan=plan)
        learn()
        return plan

    return give


def learn() -> None:
    """What the writing thread of a server does every few seconds."""
    assert Client().get(f"{STAC}conformance").status_code == 200
    usage.write()


def of_today(organization) -> Usage:
    return Usage.objects.get(organization=organization)


def test_it_works(acme, other, bucket):
    with tenant_scope(acme):
        scenes = catalog.collection("scenes", "public")
        catalog.item(scenes, "one", held=[catalog.picture()])
    file = f"{STAC}collections/scenes/items/one/assets/thumbnail"
    tile = f"{STAC}tiles/WebMercatorQuad/0/0/0"
    asked = [Client().get(path) for path in (STAC, "/o/acme/", file, f"{STAC}nothing", tile)]
    assert [answer.status_code for answer in asked] == [200, 200, 302, 404, 200]
    assert not Usage.objects.exists()
    Client().get("/o/other/stac/")
    usage.write()
    size = asked[2].signed_bytes
    found = of_today(acme)
    assert (found.requests, found.signed_bytes, found.tiles) == (5, size, 1)
    assert of_today(other).requests == 1
    assert size > 0

    Client().head(file)  # signed for HEAD: no bytes
    usage.write()
    usage.write()
    found = of_today(acme)
    assert (found.requests, found.signed_bytes) == (6, size)


def test_too_many_requests(limited, acme, other):
    limited(requests_per_minute=3)  # one of them is counted already
    answers = [Client().get(STAC) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused = answers[2]
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "TooManyRequests"
    assert 0 < int(refused["Retry-After"]) <= 60
    assert refused["RateLimit-Policy"] == '"organization";q=3;w=60'
    assert refused["RateLimit"] == f'"organization";r=0;t={refused["Retry-After"]}'
    assert answers[0]["RateLimit"].startswith('"organization";r=1;t=')
    page = Client().get("/o/acme/")
    assert (page.status_code, "Ask again in" in page.text) == (429, True)
    unlimited = Client().get("/o/other/stac/")
    assert (unlimited.status_code, unlimited.has_header("RateLimit")) == (200, False)
    usage.write()
    assert of_today(acme).requests == 3


def test_a_key_is_told_of_its_own_limit_where_that_is_tighter(limited, read_key, settings):
    limited(requests_per_minute=100)
    settings.KEY_RATE = 3
    client = Client(headers={"authorization": f"Bearer {read_key}"})
    told = client.get(STAC)
    assert told["RateLimit-Policy"] == '"organization";q=100;w=60, "key";q=3;w=60'
    assert told["RateLimit"] == '"key";r=2;t=50'
    refused = [client.get(STAC) for _ in range(3)][-1]
    assert (refused.status_code, refused["RateLimit"]) == (429, '"key";r=0;t=50')
    settings.KEY_RATE = 1000
    assert client.get(STAC)["RateLimit"].startswith('"organization";r=')


def test_one_address_does_not_use_up_what_is_for_all(
    limited, acme, read_key, ada_client, cyd_client, settings
):
    limited(requests_per_minute=100)
    settings.ADDRESS_RATE = 2
    answers = [Client().get(STAC) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert answers[0]["RateLimit"] == '"address";r=1;t=50'
    assert "Sign in or use a key" in answers[3].json()["detail"]
    assert Client(headers={"authorization": "Bearer junk"}).get("/o/acme/").status_code == 429
    assert Client(headers={"authorization": "Bearer junk"}).get(STAC).status_code == 401
    assert Client(headers={"authorization": f"Bearer {read_key}"}).get(STAC).status_code == 200
    assert ada_client.get("/o/acme/").status_code == 200
    assert cyd_client.get(STAC).status_code == 429  # a stranger, who is signed in
    assert Client(REMOTE_ADDR="10.1.2.3").get(STAC).status_code == 200
    usage.write()
    assert of_today(acme).requests == 1 + 2 + 4  # the one that `limited` asks, and no refused one


def test_wrong_keys_do_not_use_up_what_is_for_all(limited, acme):
    limited(requests_per_minute=100)
    network = [f"2001:db8:1:2::{number}" for number in range(1, 41)]
    wrong = {"authorization": "Bearer junk"}
    answers = [Client(headers=wrong, REMOTE_ADDR=each).get(STAC) for each in network]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429] * 10
    usage.write()
    assert of_today(acme).requests == 1 + 30  # the one that `limited` asks, and those looked at


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_who_has_one_address_of_a_network_has_all(address, whose):
    assert rates.neighbours(address) == whose


def test_all_processes_share_a_limit(limited, acme):
    limited(requests_per_minute=10)
    Usage.objects.update(in_minute=8)  # seven were asked of another process
    learn()
    answers = [Client().get(STAC).status_code for _ in range(2)]
    assert answers == [200, 429]


def test_signed_bytes_are_used_up(limited, acme, bucket):
    with tenant_scope(acme):
        scenes = catalog.collection("scenes", "public")
        catalog.item(scenes, "one", held=[catalog.picture()])
    file = f"{STAC}collections/scenes/items/one/assets/thumbnail"
    limited(signed_bytes_per_month=1)
    answers = [Client().get(file) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 402]  # the last may go past it
    assert answers[1].json()["code"] == "LimitReached"
    assert "next month" in answers[1].json()["detail"]
    assert Client().get(STAC).status_code == 200
    usage.write()
    assert Client().get(file).status_code == 402
    Usage.objects.update(day=date(2020, 1, 31))  # of another month
    learn()
    assert Client().get(file).status_code == 302


def test_another_plan_holds_from_the_next_writing(limited):
    limited(requests_per_minute=1)
    assert Client().get(STAC).status_code == 429
    Plan.objects.update(requests_per_minute=None)
    usage._known.clear()  # as the next minute would
    learn()
    assert Client().get(STAC).status_code == 200


def test_nothing_counted_twice_or_lost_by_threads(acme):
    def ask(_: int) -> None:
        for _ in range(500):
            usage.request(acme.pk)
            usage.take(acme.pk, "tiles", 2)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
        usage.write()
    usage.write()
    found = of_today(acme)
    assert (found.requests, found.in_minute, found.tiles) == (2000, 2000, 4000)


def write_where_there_is_no_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tenants_usage RENAME TO away")
    usage.write()


def test_what_cannot_be_written_is_written_later(acme):
    usage.request(acme.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        write_where_there_is_no_table()
    usage.write()
    assert of_today(acme).requests == 1


def test_what_is_refused_after_it_was_written_stays_counted(acme, other):
    usage.request(acme.pk)
    usage.write()
    usage.uncount(acme.pk)
    usage.request(other.pk)
    usage.write()  # of all, also while nobody asks acme again
    assert (of_today(acme).requests, of_today(acme).in_minute) == (1, 1)
    assert of_today(other).requests == 1


def test_an_organization_that_is_gone_is_left_out(acme):
    usage.request(Organization().pk)
    usage.request(acme.pk)
    usage.write()
    assert of_today(acme).requests == 1
