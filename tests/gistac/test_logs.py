"""Each request is one line of JSON with its id and its organization, and no secret in it."""

import json
import logging

import pytest

from gistac.logs import JsonFormatter, request_id


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="gistac.request")

    def written() -> list[dict]:
        return [
            json.loads(JsonFormatter().format(record))
            for record in caplog.records
            if record.name == "gistac.request"
        ]

    return written


def test_it_works(db, client, acme, lines):
    response = client.get("/o/acme/nothing?token=secret")
    (line,) = lines()
    assert (line["method"], line["path"], line["status"]) == ("GET", "/o/acme/nothing", 404)
    assert line["organization"] == str(acme.pk)
    assert len(response["X-Request-ID"]) == 32
    assert "secret" not in json.dumps(line)


def test_the_platform_has_no_organization(db, client, lines):
    client.get("/nothing")
    assert lines()[0]["organization"] == ""


def test_a_trusted_proxy_may_name_the_request(db, client, settings):
    settings.TRUSTED_PROXIES = 1
    assert client.get("/", headers={"x-request-id": "edge-1"})["X-Request-ID"] == "edge-1"
    assert client.get("/", headers={"x-request-id": 'a"b'})["X-Request-ID"] != 'a"b'


def test_nobody_else_may(db, client):
    assert client.get("/", headers={"x-request-id": "mine"})["X-Request-ID"] != "mine"


def test_a_line_in_an_organization_names_request_and_organization(in_acme):
    token = request_id.set("r1")
    try:
        record = logging.makeLogRecord({"name": "any", "msg": "done %s", "args": ("it",)})
        line = json.loads(JsonFormatter().format(record))
    finally:
        request_id.reset(token)
    assert (line["request"], line["organization"]) == ("r1", str(in_acme.pk))
    assert line["message"] == "done it"
