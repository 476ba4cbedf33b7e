"""What searches asked is written for each organization, whatever becomes of the others."""

from django.db import connection

from catalogs.stac import asked, cql2, transactions
from catalogs.stac.models import Asked
from gistac.asked import write
from tenants.current import tenant_scope
from tenants.models import Organization
from tenants.signup import create_organization
from tests.stac.documents import collection, item


def search(organization: Organization) -> None:
    with tenant_scope(organization):
        home = transactions.create_collection(collection("c"))
        transactions.create_item(home, item("i", properties={"gsd": 1}))
        with asked.counted([cql2.condition("gsd < 1")], []):
            pass


def test_a_schema_that_cannot_be_written_keeps_no_other_waiting(live, monkeypatch):
    monkeypatch.setattr(asked, "_catalogs", {})
    second = create_organization(name="Second", slug="live-second", owner=live.owner)
    search(live.organization)
    search(second)
    with tenant_scope(live.organization), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE stac_asked RENAME TO away")
    write()
    with tenant_scope(second):
        assert Asked.objects.get().count == 1
    with tenant_scope(live.organization):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO stac_asked")
        assert not Asked.objects.exists()
    write()
    with tenant_scope(live.organization):
        assert Asked.objects.get().count == 1
