"""Both doors of an organization, and what stands before none."""

import pytest
from django.test import Client

from tenants.models import Domain, Organization

HOST = "acme.testserver"


@pytest.fixture
def client(db) -> Client:
    return Client()


def at(host: str, path: str = "/stac/", **headers: str):
    return Client(headers={"host": host, **headers}).get(path)


def links(document: dict) -> set[str]:
    return {link["href"] for link in document["links"]}


def test_it_works(client, acme):
    by_path = client.get("/o/acme/stac/").json()
    by_host = at(HOST).json()
    assert by_path["id"] == by_host["id"]
    assert all(href.startswith("http://testserver/o/acme/") for href in links(by_path))
    assert all(href.startswith(f"http://{HOST}/") for href in links(by_host))


@pytest.mark.parametrize(
    "host", [HOST.upper(), f"{HOST}.", f"{HOST}:8000", "maps.example.com", "Maps.Example.Com."]
)
def test_a_host_is_found_however_it_is_written(acme, host):
    Domain.objects.create(tenant=acme, domain="maps.example.com", is_primary=False)
    assert at(host).status_code == 200


@pytest.mark.parametrize("host", ["example.com", "www.acme.testserver", "x.testserver", "10.0.0.1"])
def test_an_unknown_host_is_not_found(db, host):
    assert at(host).status_code == at(host, "/").status_code == 404


@pytest.mark.parametrize("host", ["a@b", "a b", "a/b", "[::1", "acme.testserver\x00"])
def test_a_broken_host_is_refused(db, host):
    assert at(host).status_code in (400, 404)


@pytest.mark.parametrize("header", ["x-forwarded-host", "x-original-host", "x-host", "forwarded"])
def test_no_other_header_opens_a_door(acme, header):
    assert at("unknown.testserver", **{header: HOST}).status_code == 404
    assert at("testserver", "/stac/", **{header: HOST}).status_code == 404


@pytest.mark.parametrize(
    "path", ["/o/nobody/", "/o/ACME/stac/", "/o/", "/o//stac/", "/o/acme\x00/stac/", "/o/www/stac/"]
)
def test_an_unknown_slug_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_a_path_door_gets_its_slash(client, acme):
    response = client.get("/o/acme")
    assert (response.status_code, response.headers["location"]) == (301, "/o/acme/")


def test_a_path_door_is_none_on_an_organizations_host(acme, other):
    assert at(HOST, "/o/other/stac/").status_code == 404
    assert at(HOST, "/accounts/login/").status_code == 404


@pytest.mark.parametrize("state", [Organization.State.SUSPENDED, Organization.State.DELETING])
@pytest.mark.parametrize("path", ["/o/acme/stac/", "/o/acme/", "/o/acme"])
def test_an_inactive_organization_is_as_absent(client, acme, path, state):
    absent = client.get(path.replace("acme", "none"))
    acme.state = state
    acme.save()
    inactive = client.get(path)
    assert inactive.status_code == absent.status_code == 404
    assert inactive.content.replace(b"acme", b"none") == absent.content
    assert at(HOST).status_code == 404


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_is_asked_by_address(db, path):
    assert at("10.1.2.3:80", path).status_code == 200


def test_a_cookie_that_came_twice_is_trusted_neither_time(ada_client):
    session = ada_client.cookies["session"].value
    response = Client(headers={"cookie": f"session={session}; session=planted"}).get("/")
    assert response.status_code == 400


def test_redirects_keep_the_door(client, acme):
    assert client.get("/o/acme/map").headers["location"] == "/o/acme/map/"
    assert at(HOST, "/map").headers["location"] == "/map/"


@pytest.mark.parametrize("host", ["testserver", HOST])
def test_links_carry_no_port_that_was_only_asked_for(acme, host):
    path = "/o/acme/stac/" if host == "testserver" else "/stac/"
    answer = at(f"{host}:6666", path)
    assert answer.status_code == 200
    assert "6666" not in answer.text
    assert "6666" not in at(f"{host}:6666", path.removesuffix("/")).headers.get("location", "")


def test_links_carry_the_port_of_the_platform(acme, settings):
    settings.PLATFORM_URL = "http://testserver:8123"
    for host in ("testserver", "testserver:80"):
        assert all(
            href.startswith("http://testserver:8123/o/acme/")
            for href in links(at(host, "/o/acme/stac/").json())
        )
    assert all(href.startswith(f"http://{HOST}:8123/") for href in links(at(HOST, "/stac/").json()))
