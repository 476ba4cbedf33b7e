"""Bad bodies: each a clear sentence and the right status, never a 500."""

import pytest

from catalogs.stac.errors import Invalid
from catalogs.stac.parsers import parse
from tests.stac import documents


def nested(depth):
    return b'{"a":' * depth + b"1" + b"}" * depth


BAD = {
    "not JSON": b"{",
    "NaN": b'{"a": NaN}',
    "infinite": b'{"a": 1e400}',
    "NUL in a text": b'{"a": "\\u0000"}',
    "NUL in a name": b'{"\\u0000": 1}',
    "lone surrogate": b'{"a": "\\ud800"}',
    "bad UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "twice": b'{"a": 1, "a": 2}',
    "twice, deep": b'{"x": [{"a:b": 1, "a:b": {"c": "\\":"}}]}',
    "deep": nested(70),
    "very deep": nested(5000),
    "large number": b'{"a": 9007199254740993}',
    "huge number": b'{"a": ' + b"1" * 5000 + b"}",
    "a list": b"[1]",
    "a text": b'"a"',
    "null": b"null",
}


@pytest.fixture
def home(stac):
    stac.post("collections", documents.collection())
    return stac


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "search"),
        ("POST", "collections"),
        ("POST", "collections/c/items"),
        ("PUT", "collections/c"),
        ("PATCH", "collections/c"),
    ],
)
def test_it_is_refused(home, method, path, body):
    answer = home(path, method, body)
    assert 400 <= answer.status_code < 500, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert {"code", "description", "title", "status", "detail"} <= set(answer.json())


def test_an_empty_body_is_an_empty_search_and_no_document(home):
    assert home("search", "POST", b"").status_code == 200
    assert home("collections", "POST", b"").status_code == 400
    assert home("collections/c", "PUT", b"").status_code == 400


def test_what_only_looks_bad_is_taken(home):
    body = rb'{"ids": ["a:b", "{\"c\": 1}", "1234567890123456789", "\\"], "limit": 1}'
    assert home("search", "POST", body).status_code == 200


def test_the_place_of_a_fault_is_told(home):
    bad = documents.item(properties={"a": [{"b": "\x00"}]})
    assert home.post("collections/c/items", bad).json()["pointer"] == "/properties/a/0/b"


def test_media_types(home):
    def status(content_type):
        return home("search", "POST", {}, content_type).status_code

    assert status("application/json; charset=utf-8") == 200
    assert status("application/geo+json") == 200
    assert status("application/json; charset=bogus") == 415
    assert status("text/plain") == 415
    assert status("application/x-www-form-urlencoded") == 415


def test_too_large_is_413(home):
    body = b'{"ids": ["' + b"a" * (32 * 2**20) + b'"]}'
    assert home("search", "POST", body).status_code == 413


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("digits", ["9007199254740993", "9223372036854775809", "1" * 20, "1" * 60])
def test_whole_numbers_that_readers_would_round(sign, digits):
    """Also those that orjson itself has rounded."""
    for text in (f'{{"a": {sign}{digits}}}', f"[1,{sign}{digits}]", sign + digits):
        with pytest.raises(Invalid, match=r"2\*\*53"):
            parse(text.encode())


@pytest.mark.parametrize(
    "text", ["9007199254740992", "-9007199254740992", "1e20", "12345678901234567890.5"]
)
def test_other_long_numbers_are_taken(text):
    assert parse(f'{{"a": {text}, "b": "{"1" * 30}"}}'.encode())["a"] == float(text)


def test_brackets_in_texts_do_not_nest():
    assert parse(b'["' + b"[" * 100 + b'", {"a": "]", "b": "[\\"{["}]')[0] == "[" * 100
    with pytest.raises(Invalid, match="nested deeper than 64"):
        parse(b'["]",' * 70 + b"1" + b"]" * 70)
