"""The page of how searches ask, and of the indexes made for it."""

from datetime import UTC, datetime

import pytest

from catalogs.models import AuditRecord
from catalogs.stac import asked, transactions
from catalogs.stac.models import Asked, PropertyIndex
from gistac.asked import write
from tenants.current import tenant_scope
from tests.stac.documents import collection, item

PAGE = "/o/acme/settings/speed/"
ODD = "<b>'\"%s 雲</b>"


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(asked, "_catalogs", {})


@pytest.fixture
def searched(acme, ada_client):
    """Asked often, and slowly."""
    with tenant_scope(acme):
        home = transactions.create_collection(collection("c"), "public")
        transactions.create_item(home, item("i", properties={"gsd": 1, ODD: "x"}))
    assert ada_client.get("/o/acme/stac/search", {"sortby": "-gsd"}).status_code == 200
    ada_client.get("/o/acme/stac/search", {"filter": f"\"{ODD.replace(chr(34), '')}\" = 'x'"})
    write()
    with tenant_scope(acme):
        day = datetime.now(UTC).date()
        words = {"day": day, "slowness": 10}
        Asked.objects.create(name="gsd", kind="number", use="falling", count=1239, **words)
        Asked.objects.create(name=ODD, kind="string", use="filter", count=2, **words)


def test_it_works(acme, searched, ada_client, ben_client):
    page = ada_client.get(PAGE).text
    assert "1,240 searches in 30 days: 1,240 sort, highest first; median 0.8 s." in page
    assert "An index would take about" in page
    assert "&lt;b&gt;" in page
    assert ada_client.post(f"{PAGE}make/", {"name": "gsd", "kind": "number", "order": "falling"})
    ada_client.post(f"{PAGE}make/", {"name": ODD, "kind": "string", "order": "rising"})
    page = ada_client.get(PAGE).text
    assert page.count("Being made") == 2
    assert "every 3s" in page
    assert "<html" not in ada_client.get(PAGE, headers={"HX-Request": "true"}).text
    with tenant_scope(acme):
        first, second = PropertyIndex.objects.order_by("pk")
        assert (first.name, first.descending, second.name) == ("gsd", True, ODD)
        PropertyIndex.objects.update(state="ready")
    page = ada_client.get(PAGE).text
    assert (page.count("Has an index"), "every 3s" in page) == (2, False)
    ada_client.post(f"{PAGE}{first.pk}/drop/")
    assert "Being dropped" in ada_client.get(PAGE).text
    with tenant_scope(acme):
        records = AuditRecord.objects.filter(action__startswith="index.").order_by("-pk")[:3]
        assert [each.action for each in records] == ["index.drop", "index.make", "index.make"]
        assert records[0].objects_named["property"] == "gsd"
    assert "Had an index dropped" in ada_client.get("/o/acme/audit/").text


def test_one_that_failed_is_tried_again(acme, searched, ada_client):
    with tenant_scope(acme):
        words = {"name": "gsd", "kind": "number", "descending": True}
        row = PropertyIndex.objects.create(**words, state="failed", problem="No space.", tries=3)
    assert "It could not be made: No space." in ada_client.get(PAGE).text
    ada_client.post(f"{PAGE}make/", {"name": "gsd", "kind": "number", "order": "falling"})
    with tenant_scope(acme):
        row.refresh_from_db()
    assert (row.state, row.tries) == ("building", 0)


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"name": "gsd", "kind": "string"},
        {"name": "gsd", "kind": "drop table"},
        {"name": "gsd\0", "kind": "number"},
        {"name": "x" * 10_000, "kind": "number"},
        {"name": "gsd", "kind": "number", "order": "falling"},
    ],
)
def test_what_is_refused(acme, searched, ada_client, words):
    ada_client.post(f"{PAGE}make/", {"name": "gsd", "kind": "number", "order": "falling"})
    page = ada_client.post(f"{PAGE}make/", words, follow=True)
    assert [each.level_tag for each in page.context["messages"]] == ["success", "error"]
    with tenant_scope(acme):
        assert PropertyIndex.objects.count() == 1
    gone = ada_client.post(f"{PAGE}0/drop/", follow=True)
    assert "gone already" in gone.text


def test_who_may_not(acme, searched, ben_client, cyd_client):
    assert ben_client.get(PAGE).status_code == 403
    for address in (f"{PAGE}make/", f"{PAGE}1/drop/"):
        assert ben_client.post(address).status_code == 403
        assert cyd_client.post(address).status_code == 404
