"""Schemas fetched from the address that a document names, and all the ways it must not go."""

import ipaddress
import ssl
import time
from urllib.parse import urlsplit

import orjson
import pytest

from catalogs.stac import schemas
from catalogs.stac.fetching import Fetcher, is_public
from tests.stac import documents, schema_server
from tests.stac.schema_server import HOST

EO = f"https://{HOST}/eo/v1/schema.json"
REFERS = {"properties": {"properties": {"$ref": "../../common.json#/definitions/fields"}}}
COMMON = {"definitions": {"fields": {"properties": {"x:cover": {"maximum": 100}}}}}


def answer(text, status=200, **headers):
    return lambda server: server.send(text, status, **headers)


ANSWERS = {
    "/eo/v1/schema.json": answer(orjson.dumps(REFERS)),
    "/common.json": answer(orjson.dumps(COMMON)),
    "/page": answer(b"<html>"),
    "/large": answer(b" " * (2**20 + 1)),
    "/away": answer(b"", 302, Location=f"https://{HOST}/common.json"),
    "/broken": answer(b"", 500),
    "/slow": lambda server: server.drip(12),
}


@pytest.fixture
def asked(settings, tmp_path):
    settings.STAC_SCHEMAS = tmp_path / "schemas"
    settings.STAC_SCHEMA_HOSTS = [HOST]
    settings.STAC_SCHEMA_FETCHER = "tests.stac.schema_server.fetcher"
    with schema_server.serving(tmp_path, ANSWERS) as asked:
        yield asked


@pytest.fixture
def home(stac, asked):
    assert stac.post("collections", documents.collection()).status_code == 201
    return stac


def write(client, address, id="i", **properties):
    document = documents.item(id, stac_extensions=[address], properties=properties)
    assert client.post("collections/c/items", document).status_code == 201
    return client.get(f"collections/c/items/{id}/validation")


def test_it_works(home, asked):
    told = write(home, EO, **{"x:cover": 500})
    assert [each["pointer"] for each in told["errors"]] == ["/properties/x:cover"]
    write(home, EO, "j")
    assert asked == {"/eo/v1/schema.json": 1, "/common.json": 1}


def test_a_reader_fetches_nothing(home, asked, settings):
    settings.STAC_SCHEMA_HOSTS = []
    write(home, EO)
    settings.STAC_SCHEMA_HOSTS = [HOST]
    assert home.get("collections/c/items/i/validation")["unchecked"]
    assert home("collections/c/items/i").status_code == 200
    assert asked == {}


def test_each_way_of_writing_learns(home, asked):
    home.post("collections/c/items", documents.item())
    patch = [{"op": "add", "path": "/stac_extensions", "value": [EO]}]
    kind = "application/json-patch+json"
    assert home("collections/c/items/i", "PATCH", patch, kind).status_code == 204
    assert home.get("collections/c/items/i/validation")["checked"] == [EO]


REFUSED = {
    "not there": ("/none", "Its schema could not be fetched: extensions.example answered 404."),
    "broken": ("/broken", "Its schema could not be fetched: extensions.example answered 500."),
    "sent elsewhere": (
        "/away",
        "Its schema could not be fetched: extensions.example answered 302.",
    ),
    "a page": ("/page", "What lies at its address is not JSON."),
    "large": ("/large", "Its schema is larger than 1 MiB."),
}


@pytest.mark.parametrize(("path", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_had_is_said_and_left_alone(home, asked, path, reason):
    address = f"https://{HOST}{path}"
    assert write(home, address)["unchecked"] == [{"schema": address, "description": reason}]
    write(home, address, "j")
    assert asked == {path: 1}


def test_a_slow_server_holds_nobody_up(home, asked):
    began = time.monotonic()
    write(home, f"https://{HOST}/slow")
    write(home, f"https://{HOST}/slow", "j")
    assert time.monotonic() - began < 11  # the server would go on for 12
    assert asked["/slow"] == 1


NEVER = {
    "another host": "https://elsewhere.example/schema.json",
    "plain http": f"http://{HOST}/eo/v1/schema.json",
    "another port": f"https://{HOST}:8443/eo/v1/schema.json",
    "with a name": f"https://me:secret@{HOST}/eo/v1/schema.json",
    "a number": "https://127.0.0.1/schema.json",
    "a number in brackets": "https://[::1]/schema.json",
    "an ending": f"https://{HOST}.evil.example/schema.json",
    "a beginning": f"https://evil{HOST}/schema.json",
    "another script": f"https://{HOST}/é.json",
    "a broken one": "https://[/schema.json",
    "no port": f"https://{HOST}:port/schema.json",
    "a file": "file:///etc/passwd",
    "the same by a query": f"{EO}?1",
    "the same by an escape": f"https://{HOST}/eo/v1/%73chema.json",
    "the same by two slashes": f"https://{HOST}/eo//v1/schema.json",
    "the same by a way back": f"https://{HOST}/eo/v1/../v1/schema.json",
    "no path": f"https://{HOST}",
}


@pytest.mark.parametrize("address", NEVER.values(), ids=NEVER)
def test_where_it_never_goes(asked, address):
    with pytest.raises(schemas.Missing):
        schema_server.fetcher(address, [HOST])
    assert asked == {}


def test_the_folder_has_an_end(home, asked, monkeypatch):
    monkeypatch.setattr(schemas, "MOST_KEPT", 0)
    sent = home.post("collections/c/items", documents.item(stac_extensions=[EO]))
    assert sent.status_code == 201
    [unchecked] = home.get("collections/c/items/i/validation")["unchecked"]
    assert "already" in unchecked["description"]


def test_lines_cannot_be_smuggled_in(asked):
    with pytest.raises(schemas.Missing):
        schema_server.fetcher(f"https://{HOST}/a\r\nX: y", [HOST])
    assert not any("X" in path for path in asked)


PRIVATE = """
127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1
255.255.255.255 198.18.0.1 192.0.2.1 ::1 :: fe80::1 fc00::1 ff02::1 ::ffff:127.0.0.1
::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 2002:7f00:1:: 2001:0:1::1 2001:db8::1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_private_addresses_are_refused(address):
    assert not is_public(ipaddress.ip_address(address))
    fetcher = Fetcher(resolve=lambda host, port: ["185.199.108.153", address])
    with pytest.raises(schemas.Missing, match="no public address"):
        fetcher(EO, [HOST])


@pytest.mark.parametrize("address", ["185.199.108.153", "2606:50c0:8000::153"])
def test_public_addresses_are_not(address):
    assert is_public(ipaddress.ip_address(address))


def test_the_address_that_was_looked_at_is_used(asked):
    """The name is asked once; what it means a moment later is of no account."""
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])
    local = schema_server.fetcher
    fetcher = Fetcher(lambda host, port: next(answers), local.is_public, local.context, local.port)
    assert orjson.loads(fetcher(EO, [HOST])) == REFERS


def test_the_certificate_must_be_the_hosts(asked):
    local = schema_server.fetcher
    stranger = Fetcher(local.resolve, local.is_public, ssl.create_default_context(), local.port)
    with pytest.raises(schemas.Missing, match="could not be fetched"):
        stranger(EO, [HOST])
    with pytest.raises(schemas.Missing, match="could not be fetched"):
        local(EO.replace(HOST, "other.example"), ["other.example"])


def test_a_name_that_means_nothing():
    def nowhere(host, port):
        raise OSError

    with pytest.raises(schemas.Missing, match=urlsplit(EO).hostname):
        Fetcher(resolve=nowhere)(EO, [HOST])
