"""Every record says where the request came from, and the database lets nobody change one."""

import pytest
from django.db import DatabaseError, connection, transaction

from catalogs import collections, items
from catalogs.audit import LONGEST, SYSTEM, Actor
from catalogs.audit import record as record_in_catalog
from catalogs.models import AuditRecord as CatalogRecord
from tenants import audit, keys
from tenants.current import tenant_scope
from tenants.models import AuditRecord
from tenants.roles import READ_SCOPES
from tenants.signup import create_organization
from tests.stac.documents import collection, item

KEYS = "/o/acme/keys/"
NEW_KEY = {"name": "a script", "preset": "read", "expiry": "30"}


def test_it_works(ada_client, acme, ada):
    answer = ada_client.post(KEYS, NEW_KEY)
    made = AuditRecord.objects.filter(action="key.create").latest("pk")
    assert (made.actor_kind, made.actor_id) == ("user", str(ada.pk))
    assert (made.address, made.request) == ("127.0.0.1", answer["X-Request-ID"])


def test_the_catalogs_records_say_so_too(key_client, acme, in_acme):
    root = "/o/acme/stac/collections"
    answer = key_client.post(root, collection("c"), content_type="application/json")
    made = CatalogRecord.objects.get(action="collection.create")
    assert made.actor_kind == "key"
    assert (made.address, made.request) == ("127.0.0.1", answer["X-Request-ID"])


def test_the_address_is_what_a_trusted_proxy_says(ada_client, settings):
    forwarded = {"x-forwarded-for": "203.0.113.9"}
    ada_client.post(KEYS, NEW_KEY, headers=forwarded)
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    ada_client.post(KEYS, NEW_KEY, headers=forwarded)
    ada_client.post(KEYS, NEW_KEY, headers={"x-forwarded-for": "<script>"})
    found = AuditRecord.objects.order_by("pk").values_list("address", flat=True)
    assert list(found)[-3:] == ["127.0.0.1", "203.0.113.9", None]


def test_what_no_request_did_has_no_address(in_acme, ada):
    audit.record(in_acme, None, "organization.suspend")
    record_in_catalog(SYSTEM, "upload.abort")
    for made in (AuditRecord.objects.latest("pk"), CatalogRecord.objects.latest("pk")):
        assert (made.actor_kind, made.address, made.request) == ("system", None, "")


def test_a_change_is_kept_as_it_was_and_as_it_is(in_acme, ada):
    actor = Actor.of(ada)
    made = collections.create(collection("c"), actor=actor)
    first = items.create(made, item("i", properties={"title": "old", "gone": 1}), actor=actor)
    items.update(first, {"properties": {"title": "new", "gone": None}}, actor=actor)
    changed = CatalogRecord.objects.get(action="item.update")
    assert changed.before == {"properties.gone": 1, "properties.title": "old"}
    assert changed.after == {"properties.title": "new"}
    collections.show_to(made, "public", actor=actor)
    shown = CatalogRecord.objects.get(action="collection.show")
    assert (shown.before, shown.after) == ({"visibility": "members"}, {"visibility": "public"})


def test_a_change_is_kept_in_bounded_size(in_acme, ada):
    actor = Actor.of(ada)
    made = collections.create(collection("c"), actor=actor)
    first = items.create(made, item("i"), actor=actor)
    many = {f"p{number}": "x" * 10_000 for number in range(200)}
    items.update(first, {"properties": many}, actor=actor)
    changed = CatalogRecord.objects.get(action="item.update")
    assert len(changed.after) == 50
    assert max(len(value) for value in changed.after.values()) < LONGEST


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET action = ''",
        "UPDATE {} SET address = NULL, request = '', before = NULL, after = NULL",
        "DELETE FROM {}",
        "TRUNCATE {}",
    ],
)
def test_records_are_only_ever_added(ada, acme, statement):
    """In an organization that was made a moment ago, too."""
    keys.issue(acme, creator=ada, name="k", scopes=READ_SCOPES)
    refused(statement.format("tenants_auditrecord"))
    later = create_organization(name="Later", slug="later-one", owner=ada)
    for organization in (acme, later):
        with tenant_scope(organization):
            record_in_catalog(SYSTEM, "upload.abort")
            refused(statement.format("catalogs_auditrecord"))
            assert CatalogRecord.objects.count() == 1


def refused(statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="only ever added"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
