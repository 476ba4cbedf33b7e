"""An organization gets another short name; its old addresses lead on, and are nobody else's."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tenants import lifecycle
from tenants.models import AuditRecord, FormerSlug, Membership, Organization
from tenants.signup import OrganizationRefused, create_organization
from tenants.slugs import slug_problem

CHANGE = "/o/acme/settings/slug/"
HOST = "acme.testserver"


def change(client: Client, slug: str, old: str = "acme"):
    return client.post(f"/o/{old}/settings/slug/", {"slug": slug})


@pytest.fixture
def moved(ada_client, acme) -> Organization:
    answer = change(ada_client, "apex")
    assert answer.headers["Location"] == "http://testserver/o/apex/settings/"
    acme.refresh_from_db()
    return acme


def test_it_works(moved, ada_client, client):
    assert moved.slug == "apex"
    root = client.get("/o/apex/stac/").json()
    hrefs = [link["href"] for link in root["links"]]
    assert all(href.startswith("http://testserver/o/apex/") for href in hrefs)
    assert client.get("/stac/", headers={"host": "apex.testserver"}).status_code == 200
    record = AuditRecord.objects.get(action="organization.slug")
    assert (record.before, record.after) == ({"slug": "acme"}, {"slug": "apex"})


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/o/acme", "/o/apex/"),
        ("/o/acme/", "/o/apex/"),
        ("/o/acme/stac/search?limit=2&ids=a%2Cb", "/o/apex/stac/search?limit=2&ids=a%2Cb"),
        (
            "/o/acme/stac/collections/h%C3%B6he%20a%3Fb",
            "/o/apex/stac/collections/h%C3%B6he%20a%3Fb",
        ),
        ("/o/acme//example.com/", "/o/apex//example.com/"),
        ("/o/acme/a%0D%0AX:y", "/o/apex/a%0D%0AX:y"),
    ],
)
def test_old_paths_lead_to_the_same_thing(moved, client, path, leads_to):
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (301, leads_to)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert client.post(path).status_code == client.delete(path).status_code == 308


def test_the_old_host_leads_to_the_new_one(moved, client):
    answer = client.get("/stac/search?limit=2", headers={"host": HOST})
    assert answer.status_code == 301
    assert answer.headers["Location"] == "http://apex.testserver/stac/search?limit=2"
    assert client.post("/stac/search", headers={"host": HOST}).status_code == 308
    assert client.get("/tls-ask", {"domain": HOST}).status_code == 200
    assert client.get("/tls-ask", {"domain": "apex.testserver"}).status_code == 200


def test_nobody_else_gets_a_released_slug(moved, cyd):
    assert slug_problem("acme") == "“acme” is taken."
    with pytest.raises(OrganizationRefused):
        create_organization(name="Acme", slug="acme", owner=cyd)
    FormerSlug.objects.update(until=timezone.now() - timedelta(seconds=1))
    heir = create_organization(name="Acme", slug="acme", owner=cyd)
    assert Client().get("/o/acme/stac/").json()["title"] == "Acme"
    assert heir.domains.get().domain == HOST


def test_after_half_a_year_the_old_address_is_nobodys(moved, client):
    assert FormerSlug.objects.get().until - timezone.now() > timedelta(days=179)
    FormerSlug.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert client.get("/o/acme/stac/").status_code == 404
    assert client.get("/stac/", headers={"host": HOST}).status_code == 404


def test_its_own_old_slug_can_be_taken_back(moved, ada_client, client):
    assert change(ada_client, "acme", old="apex").status_code == 302
    assert client.get("/o/acme/stac/").status_code == 200
    assert client.get("/o/apex/stac/").headers["Location"] == "/o/acme/stac/"
    assert client.get("/stac/", headers={"host": HOST}).status_code == 200


def test_a_deleted_one_leads_nowhere(moved, client, ada):
    lifecycle.delete(moved, by=ada)
    assert client.get("/o/acme/stac/").status_code == 404


@pytest.mark.parametrize("slug", ["", "ab", "www", "other", "a--b", "a\0b", "x" * 10_000, "höhe"])
def test_what_cannot_be_had_is_refused(ada_client, acme, slug):
    assert change(ada_client, slug).status_code == 422
    acme.refresh_from_db()
    assert acme.slug == "acme"


def test_it_is_checked_while_it_is_typed(ada_client):
    htmx = {"HX-Request": "true"}
    taken = ada_client.get(CHANGE, {"slug": "other"}, headers=htmx)
    assert "is taken" in taken.text
    assert "<html" not in taken.text
    assert "/o/coast/stac/" in ada_client.get(CHANGE, {"slug": "coast"}, headers=htmx).text
    assert "is taken" not in ada_client.get(CHANGE, {"slug": "acme"}, headers=htmx).text


def test_only_an_owner_may(ben_client, cyd_client, acme, cyd):
    assert cyd_client.get(CHANGE).status_code == 404
    Membership.objects.create(user=cyd, organization=acme, role="admin")
    for client in (ben_client, cyd_client):
        assert client.get(CHANGE).status_code == change(client, "mine").status_code == 403
