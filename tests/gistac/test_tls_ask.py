"""The proxy asks before it gets a certificate for a host: anything else could be anybody's."""

import pytest


@pytest.mark.parametrize("host", ["testserver", "acme.testserver", "ACME.testserver."])
def test_it_works(db, client, host):
    answer = client.get("/tls-ask", {"domain": host}, headers={"host": "web:8000"})
    assert answer.status_code == 200


@pytest.mark.parametrize("host", ["", "nobody.testserver", "example.com", "x" * 300, "a\x00b"])
def test_an_unknown_host_gets_none(db, client, host):
    assert client.get("/tls-ask", {"domain": host}).status_code == 404


def test_a_suspended_organization_gets_none(db, client, acme):
    acme.state = "suspended"
    acme.save()
    assert client.get("/tls-ask", {"domain": "acme.testserver"}).status_code == 404
