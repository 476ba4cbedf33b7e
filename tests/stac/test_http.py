"""HTTP in full: HEAD, OPTIONS, CORS, caches, conditions."""

import gzip

import orjson
import pytest

from tests.stac import documents
from tests.stac.client import body

ITEM = "collections/c/items/i"
PATHS = [
    "",
    "conformance",
    "api",
    "collections",
    "collections/c",
    "collections/c/items",
    ITEM,
    "search",
]


@pytest.fixture
def filled(stac):
    stac.post("collections", documents.collection())
    assert stac.post("collections/c/items", documents.item()).status_code == 201


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_a_body(stac, filled, path):
    got, head = stac(path), stac(path, "HEAD")
    assert head.status_code == 200
    assert head.content == b""
    assert head["Content-Type"] == got["Content-Type"]


@pytest.mark.parametrize(
    ("path", "reads", "writes"),
    [
        ("collections", "GET, HEAD, OPTIONS", "GET, POST, HEAD, OPTIONS"),
        ("collections/c", "GET, HEAD, OPTIONS", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ("collections/c/items", "GET, HEAD, OPTIONS", "GET, POST, HEAD, OPTIONS"),
        (ITEM, "GET, HEAD, OPTIONS", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ("search", "GET, POST, HEAD, OPTIONS", "GET, POST, HEAD, OPTIONS"),
    ],
)
def test_options_tells_what_the_asker_may_do(stac, reader, stranger, filled, path, reads, writes):
    assert set(stac(path, "OPTIONS")["Allow"].split(", ")) == set(writes.split(", "))
    for client in (reader, stranger):
        answer = client(path, "OPTIONS")
        assert answer.status_code == 200
        assert set(answer["Allow"].split(", ")) == set(reads.split(", "))
        assert set(answer["Access-Control-Allow-Methods"].split(", ")) == set(writes.split(", "))


@pytest.mark.parametrize("path", PATHS)
def test_any_origin_may_read_without_credentials(stac, filled, path):
    answer = stac(path)
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer
    exposed = answer["Access-Control-Expose-Headers"]
    assert all(name in exposed for name in ("ETag", "Location", "Link", "Retry-After", "Allow"))


def test_preflight_lets_keys_and_conditions_pass(stranger):
    answer = stranger(ITEM, "OPTIONS", headers={"Origin": "https://example.org"})
    allowed = answer["Access-Control-Allow-Headers"]
    assert all(name in allowed for name in ("Authorization", "If-Match", "X-Api-Key"))


def test_private_answers_are_not_shared_by_caches(stac, stranger, filled):
    assert "private" in stac("collections")["Cache-Control"]
    assert "private" not in stranger("collections")["Cache-Control"]
    for client in (stac, stranger):
        vary = client("collections")["Vary"]
        assert all(name in vary for name in ("Accept", "Accept-Encoding", "Authorization"))


@pytest.mark.parametrize("path", ["collections/c", ITEM])
def test_unchanged_is_304(stac, filled, path):
    read = stac(path)
    assert read["ETag"].startswith('"')
    again = stac(path, headers={"If-None-Match": read["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    since = stac(path, headers={"If-Modified-Since": read["Last-Modified"]})
    assert since.status_code == 304
    assert stac(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_methods_that_are_not_there_are_405(stac, filled):
    answer = stac("conformance", "POST", {})
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json"
    assert set(answer["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_accept_is_not_held_against_anyone(stranger):
    for accept in ("text/html", "application/geo+json", "image/png", "nonsense", ""):
        assert stranger("search", headers={"Accept": accept}).status_code == 200


@pytest.mark.parametrize("path", ["", "search", "collections"])
def test_wrong_keys_are_401(wrong_key, path):
    answer = wrong_key(path)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"]
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Content-Type"] == "application/problem+json"


def test_lists_are_compressed_and_documents_keep_their_etag(stac, filled):
    for number in range(5):
        stac.post("collections/c/items", documents.item(f"n{number}"))
    plain = stac("search")
    packed = stac("search", headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert packed["Content-Encoding"] == "gzip"
    unpacked = orjson.loads(gzip.decompress(packed.content))
    assert unpacked["features"] == plain.json()["features"]
    assert len(packed.content) < len(plain.content) / 3
    assert "Accept-Encoding" in plain["Vary"]
    for refused in ("gzip;q=0", "identity", "br", ""):
        answer = stac("search", headers={"Accept-Encoding": refused})
        assert not answer.has_header("Content-Encoding")
    one = stac(ITEM, headers={"Accept-Encoding": "gzip"})
    assert not one.has_header("Content-Encoding")
    assert stac(ITEM, "PUT", one.json(), headers={"If-Match": one["ETag"]}).status_code == 204


def test_what_a_browser_gets_is_padded(stac, filled):
    """By a name in gzip's header, of a length by chance; another site cannot send keys."""

    def is_padded(**sent: str) -> bool:
        answers = [stac("search", headers={"Accept-Encoding": "gzip", **sent}) for _ in range(5)]
        assert {answer["Content-Encoding"] for answer in answers} == {"gzip"}
        return any(answer.content[3] & 8 for answer in answers)

    assert is_padded(Cookie="sessionid=x")
    assert not is_padded()


def test_whole_results_are_compressed_as_they_go_and_parquet_is_already(stac, filled):
    packed = stac("search", headers={"Accept-Encoding": "gzip"}, f="ndjson")
    assert packed["Content-Encoding"] == "gzip"
    assert orjson.loads(gzip.decompress(body(packed)))["id"] == "i"
    table = stac("search", headers={"Accept-Encoding": "gzip"}, f="parquet")
    assert not table.has_header("Content-Encoding")
    assert body(table).startswith(b"PAR1")
    for answer in (packed, table):
        assert "private" in answer["Cache-Control"]
        assert answer["Access-Control-Allow-Origin"] == "*"
