"""What a filter may ask for at most; all of it is looked at before anything is compiled."""

import re
from typing import Any

import orjson

from ..errors import Invalid

LONGEST_TEXT = 4 * 1024  # bytes; a GET's address holds no more anyway
LONGEST_JSON = 64 * 1024  # bytes; room for a polygon of some thousand positions
DEEPEST = 20  # levels of operators; people write three or four
MOST_NODES = 200  # operators, names and values; each is work for every item
MOST_VALUES = 100  # of one IN list or array
MOST_WILDCARDS = 5  # `%` in one LIKE; each may walk the text anew

# How deep JSON may lie: an operator takes two levels, a geometry six.
_DEEPEST_JSON = 2 * DEEPEST + 6
_QUOTED = re.compile(r"'(?:''|\\'|[^'])*'|\"(?:\"\"|[^\"])*\"")


def check_text(text: str) -> None:
    """Length, characters and nesting of CQL2 text, before a parser sees it."""
    check_length(text, LONGEST_TEXT)
    deep = 0
    for bracket in re.findall(r"[()]", _QUOTED.sub("''", text)):
        deep += 1 if bracket == "(" else -1
        if deep > DEEPEST:
            raise Invalid(f"Brackets lie deeper than {DEEPEST} levels.")


def check_length(text: str, most: int) -> None:
    if len(_bytes(text, "")) > most:
        raise Invalid(f"The filter is longer than {most:,} bytes.")


def check(tree: Any, at: str) -> None:
    """Size, depth, number of nodes, and the characters of every text in the tree."""
    stack: list[tuple[Any, str, int, int]] = [(tree, at, 1, 1)]
    nodes = 0
    while stack:
        value, here, level, depth = stack.pop()
        nodes += not isinstance(value, list)
        if nodes > MOST_NODES:
            raise Invalid(f"The filter has more than {MOST_NODES} parts.", pointer=at)
        if level > DEEPEST or depth > _DEEPEST_JSON:
            raise Invalid(f"The filter is deeper than {DEEPEST} levels.", pointer=at)
        if isinstance(value, dict) and "op" in value:
            arguments = value.get("args")
            stack.append((value["op"], f"{here}/op", level, depth + 1))
            nodes -= 1  # an operator and its name are one part
            stack += _members(arguments, f"{here}/args", level + 1, depth + 2)
        elif isinstance(value, dict):
            _plain(value, here)
        elif isinstance(value, list):
            stack += _members(value, here, level, depth + 1)
        elif isinstance(value, str):
            _bytes(value, here)
    if len(orjson.dumps(tree)) > LONGEST_JSON:
        raise Invalid(f"The filter is longer than {LONGEST_JSON:,} bytes.", pointer=at)


def _members(value: Any, at: str, level: int, depth: int) -> list[tuple[Any, str, int, int]]:
    members = value if isinstance(value, list) else [value]
    return [(member, f"{at}/{n}", level, depth) for n, member in enumerate(members)]


def _plain(value: dict[str, Any], at: str) -> None:
    """A name, a literal or a geometry: one part, however many numbers it has."""
    stack: list[tuple[Any, int]] = [(value, 0)]
    while stack:
        part, depth = stack.pop()
        if depth > 8:
            raise Invalid("This is nested too deep for a literal.", pointer=at)
        if isinstance(part, dict):
            stack += [(member, depth + 1) for pair in part.items() for member in pair]
        elif isinstance(part, list):
            stack += [(member, depth + 1) for member in part]
        elif isinstance(part, str):
            _bytes(part, at)


def _bytes(text: str, at: str) -> bytes:
    """The text in UTF-8; refuses what PostgreSQL cannot hold."""
    if "\0" in text:
        raise Invalid("A text may not hold the character U+0000.", pointer=at or None)
    try:
        return text.encode()
    except UnicodeEncodeError as fault:
        raise Invalid("A text holds half of a surrogate pair.", pointer=at or None) from fault
