"""JSON as it is taken from strangers: strict, bounded, and never silently altered."""

import json
import re
from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from .errors import Invalid, TooLarge

LARGEST_BODY = 32 * 2**20  # bytes of one request
DEEPEST = 64
LARGEST_NUMBER = 2**53  # beyond, JSON readers differ (RFC 8259, 6)

_NO_BRACKETS = bytes(set(range(256)) - set(b'"[]{}'))
# Digits as 0, and as a comma whatever may stand before a number.
_NUMBERS = bytes.maketrans(b"123456789[:- \t\r\n", b"000000000,,,,,,,")
_LONG_NUMBER = re.compile(rb"[\[,:\s]-?(\d{16,})(?![\d.eE])")


def parse(raw: bytes) -> Any:
    """The value of JSON text (RFC 8259) in UTF-8; raises `Invalid` with a pointer where it can.

    Refused: what is not JSON (NaN, 1e400, lone surrogates, a byte order mark), members that come
    twice, nesting deeper than 64, whole numbers beyond 2**53, and U+0000 in any string.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as fault:
        raise Invalid(f"This is not JSON: {fault}.") from fault
    has_escapes = b"\\" in raw
    if (has_escapes and b"\\u0000" in raw) or _is_deep(raw):
        walk(value)
    again = _dumped(value, raw)
    # A colon is lost with a member that came twice; an escape may be one too (U+003A).
    if raw.count(b":") != again.count(b":") or (has_escapes and b"\\u003" in raw):
        json.loads(raw, object_pairs_hook=_once)
    return value


def _dumped(value: Any, raw: bytes) -> bytes:
    """Its text again; refuses whole numbers beyond the largest that all readers agree on."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
        # One of 19 digits and more may have become a fraction; of others, orjson tells.
        is_plain = b"," + b"0" * 19 not in (b"," + raw).translate(_NUMBERS)
    except orjson.JSONEncodeError:
        text, is_plain = orjson.dumps(value), False
    if not is_plain and _has_large(b"".join(_without_quotes(raw).split(b'"')[::2])):
        raise Invalid("Whole numbers may not go beyond 2**53: send them as text.")
    return text


def _without_quotes(raw: bytes) -> bytes:
    """Without those that stand escaped in a string: what is left begins or ends one."""
    return raw.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in raw else raw


def _has_large(skeleton: bytes) -> bool:
    """Whether there is one in what stands between the strings."""
    return any(int(number) > LARGEST_NUMBER for number in _LONG_NUMBER.findall(b"," + skeleton))


def _is_deep(raw: bytes) -> bool:
    """Whether brackets outside of strings may be nested too deep; each round takes the innermost
    away. Of strings, those without a bracket go first: one's end and the next one's begin."""
    brackets = _without_quotes(raw).translate(None, _NO_BRACKETS).replace(b'""', b"")
    if b'"' in brackets:
        brackets = b"".join(brackets.split(b'"')[::2])
    for _ in range(DEEPEST):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return bool(brackets)


def walk(value: Any, pointer: str = "", depth: int = 1) -> int:
    """Refuses what is nested too deep or holds U+0000; counts the members of all objects."""
    if depth > DEEPEST + 1:
        raise Invalid(f"This is nested deeper than {DEEPEST} levels.", pointer=pointer)
    if isinstance(value, str):
        if "\x00" in value:
            raise Invalid("Text may not hold the character U+0000.", pointer=pointer)
        return 0
    if isinstance(value, dict):
        members = len(value)
        for name, inner in value.items():
            if "\x00" in name:
                raise Invalid("A name may not hold the character U+0000.", pointer=pointer)
            if isinstance(inner, str | dict | list):
                members += walk(inner, f"{pointer}/{name}", depth + 1)
        return members
    if isinstance(value, list):
        return sum(
            walk(inner, f"{pointer}/{number}", depth + 1)
            for number, inner in enumerate(value)
            if isinstance(inner, str | dict | list)
        )
    return 0


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Invalid(f"The member {twice[:80]!r} comes twice in one object.")
    return found


def in_utf8(media_type: str | None) -> None:
    """Refuses a body that says it is written in anything else."""
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", media_type or "", re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(media_type or "", detail="JSON is sent in UTF-8 only.")


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        in_utf8(media_type)
        raw = stream.read(LARGEST_BODY + 1)
        if len(raw) > LARGEST_BODY:
            raise TooLarge(f"A request may carry {LARGEST_BODY // 2**20} MiB.")
        return parse(raw)


class GeoJSONParser(JSONParser):
    media_type = "application/geo+json"


class MergePatchParser(JSONParser):
    media_type = "application/merge-patch+json"


class JSONPatchParser(JSONParser):
    media_type = "application/json-patch+json"
