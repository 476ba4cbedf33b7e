"""Is it alive, and can it serve? Asked at every door, with and without a database."""

from unittest import mock

import pytest
from django.db import OperationalError, connection
from django.test import Client

HOSTS = ("testserver", "acme.testserver", "127.0.0.1", "nobody.example")


@pytest.mark.parametrize("host", HOSTS)
def test_it_works(db, host):
    for address in ("/livez", "/readyz"):
        response = Client().get(address, headers={"host": host})
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.fixture
def no_database(db):
    """Taken away for the length of a `with` block, and back for what cleans up after the test."""

    def refuse(*_, **__):
        raise OperationalError("the server closed the connection unexpectedly")

    return mock.patch.object(connection, "cursor", refuse)


def test_livez_answers_without_a_database(no_database, client):
    client.cookies["session"] = "whose"
    with no_database:
        assert client.get("/livez").status_code == 200


def test_readyz_says_that_the_database_is_away(no_database, client):
    with no_database:
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "the database does not answer"}


@pytest.mark.parametrize(
    ("address", "media_type"),
    [("/o/acme/stac/search", "application/problem+json"), ("/o/acme/", "text/html; charset=utf-8")],
)
def test_a_database_that_is_away_is_503_with_the_time_to_wait(no_database, address, media_type):
    with no_database:
        response = Client(raise_request_exception=False).get(address)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response["Content-Type"] == media_type
