"""Both doors of an organization, and what stands before none."""

import pytest
from django.test import Client

from tenants.models import Organization


@pytest.fixture
def client(db) -> Client:
    return Client()


def test_it_works(client):
    assert client.get("/livez").json() == {"status": "ok"}


def test_unknown_slug_is_not_found(client):
    assert client.get("/o/nobody/").status_code == 404


def test_path_door_gets_its_slash(client):
    response = client.get("/o/acme")
    assert (response.status_code, response.headers["location"]) == (301, "/o/acme/")


def test_suspended_is_as_absent(client, acme):
    absent = client.get("/o/nobody/stac/")
    acme.state = Organization.State.SUSPENDED
    acme.save()
    suspended = client.get("/o/acme/stac/")
    assert suspended.status_code == absent.status_code == 404
    assert suspended.content == absent.content


def test_health_is_asked_by_address(client):
    assert client.get("/readyz", headers={"host": "10.1.2.3:80"}).status_code == 200


def test_unknown_host_is_not_found(client):
    assert client.get("/", headers={"host": "example.com"}).status_code == 404
