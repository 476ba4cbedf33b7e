"""An organization suspended, deleted, taken back, removed: what each door answers meanwhile."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalogs import reaper
from catalogs.storage import assets
from gistac import removal
from tenants import keys, lifecycle
from tenants.models import ApiKey, AuditRecord, Membership, Organization, User
from tenants.roles import READ_SCOPES
from tenants.signup import OrganizationRefused, create_organization
from tenants.slugs import slug_problem

DELETE = "/o/acme/settings/delete/"
KEEP = "/organizations/acme/keep/"
State = Organization.State


def delete(client: Client, slug: str = "acme"):
    return client.post(f"/o/{slug}/settings/delete/", {"slug": slug}, follow=True)


def make_due(organization: Organization) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Organization.objects.filter(pk=organization.pk).update(state=State.DELETING, deletion_due=past)


def actions(organization: Organization) -> list[str]:
    found = AuditRecord.objects.filter(organization_id=organization.pk)
    return list(found.order_by("id").values_list("action", flat=True))


def schema_exists(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_namespace WHERE nspname = %s", [name])
        return cursor.fetchone() is not None


def test_it_works(ada_client, acme, read_key):
    program = Client(headers={"authorization": f"Bearer {read_key}"})
    assert program.get("/o/acme/stac/").status_code == 200
    assert "Type “acme”" in ada_client.get(DELETE).text
    answer = delete(ada_client)
    assert "Acme is deleted." in answer.text
    assert "Everything is removed on" in answer.text
    acme.refresh_from_db()
    assert acme.state == State.DELETING
    assert acme.deletion_due - timezone.now() > timedelta(days=29)
    for path in ("/o/acme/", "/o/acme/stac/"):
        assert ada_client.get(path).status_code == program.get(path).status_code == 404
    assert program.get("/stac/", headers={"host": "acme.testserver"}).status_code == 404
    assert Client().get("/tls-ask?domain=acme.testserver").status_code == 404
    assert actions(acme)[-1] == "organization.delete"


def test_within_the_grace_an_owner_takes_it_back(ada_client, acme, read_key):
    delete(ada_client)
    assert "Acme is back, as it was." in ada_client.post(KEEP, follow=True).text
    program = Client(headers={"authorization": f"Bearer {read_key}"})
    assert program.get("/o/acme/stac/").status_code == 200
    acme.refresh_from_db()
    assert (acme.state, acme.deletion_due) == (State.ACTIVE, None)
    assert actions(acme)[-2:] == ["organization.delete", "organization.keep"]


@pytest.mark.parametrize("typed", ["", "Acme", "other", "acme\0", "x" * 10_000])
def test_nobody_deletes_by_mistake(ada_client, acme, typed):
    assert ada_client.post(DELETE, {"slug": typed}).status_code == 422
    acme.refresh_from_db()
    assert acme.state == State.ACTIVE


def test_only_owners_delete_and_take_back(sign_in, ben_client, cyd_client, ada_client, acme, cyd):
    Membership.objects.create(user=cyd, organization=acme, role="admin")
    for client in (ben_client, cyd_client):
        assert client.get(DELETE).status_code == client.post(DELETE).status_code == 403
    delete(ada_client)
    assert "Deleted" in cyd_client.get("/organizations/").text
    assert "/keep/" not in cyd_client.get("/organizations/").text
    assert "/keep/" in ada_client.get("/organizations/").text
    assert cyd_client.post(KEEP).status_code == 403
    assert sign_in(User.objects.get(email="oda@example.org")).post(KEEP).status_code == 404
    acme.refresh_from_db()
    assert acme.state == State.DELETING


def test_after_the_grace_nobody_takes_it_back(ada_client, acme):
    make_due(acme)
    assert "it is being removed" in ada_client.post(KEEP, follow=True).text
    acme.refresh_from_db()
    assert acme.state == State.DELETING


def test_what_is_not_deleted_is_not_taken_back(ada_client, acme):
    assert "It is not being deleted." in ada_client.post(KEEP, follow=True).text


def test_suspended_it_is_kept_and_served_to_nobody(ada_client, acme, read_key):
    lifecycle.suspend(acme, reason="unpaid")
    program = Client(headers={"authorization": f"Bearer {read_key}"})
    assert program.get("/o/acme/stac/").status_code == 404
    assert ada_client.get("/o/acme/").status_code == 404
    assert "Suspended by the platform" in ada_client.get("/organizations/").text
    assert "/o/acme/" not in ada_client.get("/organizations/", headers={"HX-Request": "1"}).text
    with pytest.raises(lifecycle.LifecycleRefused, match="suspended already"):
        lifecycle.suspend(acme, reason="twice")
    lifecycle.resume(acme)
    assert program.get("/o/acme/stac/").status_code == 200
    assert actions(acme)[-2:] == ["organization.suspend", "organization.resume"]
    with pytest.raises(lifecycle.LifecycleRefused, match="not suspended"):
        lifecycle.resume(acme)


@pytest.fixture
def doomed(bucket, cyd) -> Organization:
    """Due for removal: with a key, a file, and an upload that never ended."""
    made = create_organization(name="Doomed", slug="doomed", owner=cyd)
    keys.issue(made, creator=cyd, name="dead", scopes=READ_SCOPES)
    bucket.put_object(Key=f"o/{made.pk}/u/one/data.tif", Body=b"data")
    assets().begin(f"o/{made.pk}/u/two/data.tif", "image/tiff")
    make_due(made)
    return made


def nothing_is_left(doomed: Organization) -> bool:
    return (
        not schema_exists(doomed.schema_name)
        and reaper.is_empty(doomed.pk)
        and not Organization.objects.filter(pk=doomed.pk).exists()
        and not ApiKey.objects.filter(name="dead").exists()
    )


def test_removed_nothing_is_left_but_the_audit(doomed, acme, bucket, cyd):
    key = f"o/{acme.pk}/u/mine/data.tif"
    bucket.put_object(Key=key, Body=b"mine")
    call_command("sweep", "--once", stdout=io.StringIO())
    assert nothing_is_left(doomed)
    record = AuditRecord.objects.get(action="organization.removed", organization_id=doomed.pk)
    assert record.objects_named["objects"] == "1"
    assert actions(doomed)[0] == "key.create"
    assert schema_exists(acme.schema_name)
    assert assets().size(key) == 4
    assert slug_problem("doomed") == "“doomed” is taken."
    with pytest.raises(OrganizationRefused, match="is taken"):
        create_organization(name="Heir", slug="doomed", owner=cyd)
    bucket.Object(key).delete()


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_killed_after_any_step_it_goes_on(doomed, steps):
    """Each step may have been the last one before the kill, and may be done twice."""
    done = [
        lambda: reaper.remove_all(doomed.pk),
        lambda: lifecycle.drop_schema(doomed),
        lambda: lifecycle.forget(doomed, objects=1),
    ]
    for step in done[:steps]:
        step()
    removal.remove_due()
    assert nothing_is_left(doomed)
    removal.remove(doomed)
    assert actions(doomed).count("organization.removed") == 1


def test_the_row_stays_while_something_is_left(doomed):
    with pytest.raises(lifecycle.LifecycleRefused, match="schema is still there"):
        lifecycle.forget(doomed, objects=0)
    assert Organization.objects.filter(pk=doomed.pk).exists()


def test_before_it_is_due_nothing_is_removed(ada_client, acme):
    delete(ada_client)
    removal.remove_due()
    assert schema_exists(acme.schema_name)
    lifecycle.forget(acme, objects=0)
    assert Organization.objects.filter(pk=acme.pk).exists()


@pytest.mark.parametrize("owner", ["", "o", "../x"])
def test_no_other_prefix_is_ever_emptied(owner):
    with pytest.raises(ValueError):
        reaper.remove_all(owner)
