"""The page of what happened, and all of it as a file."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalogs import collections, items
from catalogs.audit import Actor
from catalogs.models import AuditRecord as CatalogRecord
from tenants import audit, keys
from tenants.current import tenant_scope
from tenants.models import Membership, Organization
from tenants.roles import READ_SCOPES, Role
from tests.stac.documents import collection, item
from ui.audit import words

PAGE = "/o/acme/audit/"
EXPORT = "/o/acme/api/audit"


@pytest.fixture
def happened(acme, ada) -> Organization:
    """Two things in the catalog, then one with keys; and something in another organization."""
    with tenant_scope(acme):
        made = collections.create(collection("coast"), actor=Actor.of(ada))
        items.create(made, item("tide"), actor=Actor("key", "7", "=loader"))
    keys.issue(acme, creator=ada, name="laptop", scopes=READ_SCOPES)
    return acme


@pytest.fixture
def audit_client(acme, ada) -> Client:
    _, text = keys.issue(acme, creator=ada, name="siem", scopes=["audit:read"])
    return Client(headers={"authorization": f"Bearer {text}"})


def exported(client: Client, **query: str) -> list[dict]:
    answer = client.get(EXPORT, query)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.getvalue().splitlines()]


def test_it_works(ada_client, happened):
    text = ada_client.get(PAGE).text
    shown = ("Made a key", "Created an item", "Created a collection")
    places = [text.index(f"</span> {words}</p>") for words in shown]
    assert places == sorted(places)
    assert 'href="/o/acme/collections/coast/items/tide/"' in text
    assert 'href="/o/acme/keys/"' in text


def test_what_is_gone_has_no_link(ada_client, happened):
    with tenant_scope(happened):
        CatalogRecord.objects.create(
            actor_kind="system",
            actor_name="GiSTAC",
            action="collection.delete",
            objects_named={"collection": "dunes"},
        )
    text = ada_client.get(PAGE).text
    assert "dunes" in text
    assert "/collections/dunes/" not in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"actor": "LOADER"}, ["item.create"]),
        ({"action": "key.create"}, ["key.create"]),
        ({"object": "coast"}, ["item.create", "collection.create"]),
        ({"object": "laptop"}, ["key.create"]),
        ({"object": "lap"}, []),
        ({"actor": "ada", "object": "coast"}, ["collection.create"]),
        ({"since": str(timezone.now().date() + timedelta(days=2))}, []),
        ({"until": str(timezone.now().date() - timedelta(days=2))}, []),
        ({"since": "2020-01-01", "until": "9999-12-31", "action": "key.create"}, ["key.create"]),
    ],
)
def test_what_is_looked_for(ada_client, happened, query, found):
    assert [line["action"] for line in exported(ada_client, **query)] == found
    text = ada_client.get(PAGE, query).text
    shown = [words(action) for action in found]
    assert ("Nothing like this" in text) == (not found)
    assert all(f"</span> {each}</p>" in text for each in shown)


@pytest.mark.parametrize(
    "query",
    [{"since": "soon"}, {"action": "none"}, {"actor": "a\0"}, {"object": "x" * 300}],
)
def test_what_makes_no_sense_is_refused(ada_client, happened, query):
    assert ada_client.get(PAGE, query).status_code == 422
    refused = ada_client.get(EXPORT, query)
    assert refused.status_code == 400
    assert refused.json()["parameter"] in query
    assert ada_client.get(EXPORT, {"f": "xml"}).status_code == 400


def test_pages_go_on_by_key_through_both_tables(ada_client, happened, ada):
    """Several at the same moment, too: none is lost and none comes twice."""
    now = timezone.now()
    for number in range(70):
        audit.record(happened, ada, "key.revoke", key=f"k{number}")
    with tenant_scope(happened):
        many = [
            CatalogRecord(
                at=now, actor_name="x", action="item.write", objects_named={"job": f"{n}"}
            )
            for n in range(70)
        ]
        CatalogRecord.objects.bulk_create(many)
    seen, address = [], PAGE
    while address:
        answer = ada_client.get(address)
        seen += [(line.record.table, line.record.pk) for line in answer.context["lines"]]
        address = PAGE + answer.context["page"].next if answer.context["page"].next else ""
    assert len(seen) == len(set(seen)) == 143
    back = ada_client.get(PAGE + answer.context["page"].previous)
    assert [(line.record.table, line.record.pk) for line in back.context["lines"]] == seen[50:100]
    assert len(exported(ada_client)) == 143
    assert ada_client.get(f"{PAGE}?page=nonsense").status_code == 200


def test_a_spreadsheet_runs_nothing_of_it(ada_client, happened):
    answer = ada_client.get(EXPORT, {"f": "csv"})
    assert answer["Content-Disposition"] == 'attachment; filename="audit-acme.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [row["action"] for row in rows] == ["key.create", "item.create", "collection.create"]
    assert rows[1]["actor"] == "'=loader"
    assert json.loads(rows[2]["objects"]) == {"collection": "coast"}


def test_an_export_is_read_while_it_is_sent(
    ada_client, happened, ada, django_assert_max_num_queries
):
    for _ in range(1200):
        audit.record(happened, ada, "key.revoke", key="k")
    answer = ada_client.get(EXPORT)
    parts = [part.count(b"\n") for part in answer.streaming_content]
    assert parts == [500, 500, 203]


def test_who_may_read_it(sign_in, ben_client, cyd_client, client, key_client, acme, cyd, happened):
    assert (client.get(PAGE).status_code, client.get(EXPORT).status_code) == (302, 404)
    for who, page, export in ((ben_client, 403, 403), (cyd_client, 404, 404)):
        assert (who.get(PAGE).status_code, who.get(EXPORT).status_code) == (page, export)
    assert key_client.get(EXPORT).status_code == 403
    Membership.objects.create(user=cyd, organization=acme, role=Role.ADMIN)
    admin = sign_in(cyd)
    assert (admin.get(PAGE).status_code, admin.get(EXPORT).status_code) == (200, 200)


def test_a_key_may(audit_client, happened):
    assert {line["action"] for line in exported(audit_client)} == {
        *("key.create", "item.create", "collection.create")
    }
    assert audit_client.get("/o/acme/stac/collections/coast").status_code == 404


def test_another_organizations_records_are_not_here(sign_in, oda, happened):
    there = sign_in(oda)
    assert "laptop" not in there.get("/o/other/audit/").text
    assert there.get("/o/other/api/audit").getvalue() == b""


def test_a_record_shows_what_changed(ada_client, happened):
    with tenant_scope(happened):
        CatalogRecord.objects.create(
            actor_kind="user",
            actor_name="<b>Eve",
            action="something.new_here",
            before={"title": "old"},
            after={"title": "<i>"},
            address="192.0.2.1",
        )
    text = " ".join(ada_client.get(PAGE).text.split())
    assert "Something: new here" in text
    assert "&lt;b&gt;Eve" in text
    assert 'old <span class="text-muted">became</span> &lt;i&gt;' in text
    assert "from 192.0.2.1" in text
