"""How much work a schema can make, counted before it is used.

References may lead to references, each twice, so that a few lines of schema are applied a million
times to one value. So it is counted how often parts of the schema can be applied to the same value
of a document: in place (`allOf`, `$ref`, ...), and by the ways that lead down to it. A part that
refers back to where it came from counts once: how deep that goes is up to the document, which is
bounded itself.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

MOST = 100_000  # parts applied to one value; the largest known have 33,000

_SAME_VALUE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")
_BY_NAME = ("dependencies", "dependentSchemas")  # to the same value, where it has a member
_ANY = ("patternProperties", "additionalProperties", "items", "prefixItems", "additionalItems",
        "contains", "propertyNames", "unevaluatedProperties", "unevaluatedItems")  # fmt: skip

Place = tuple[str, str]  # the schema's address, and the JSON pointer in it


class TooMuch(Exception):
    """The schema would make too much work."""


def weigh(schemas: dict[str, Any], address: str) -> int:
    """How many parts of this schema can be applied to one value; raises `TooMuch`."""
    try:
        return _Scales(schemas).most((address, ""), schemas.get(address))
    except RecursionError as fault:
        raise TooMuch from fault


@dataclass
class _Scales:
    schemas: dict[str, Any]
    known: dict[Place, tuple[int, Counter[str]]] = field(default_factory=dict)
    above: set[Place] = field(default_factory=set)

    def most(self, place: Place, part: Any) -> int:
        """To the value that this part is applied to, or any below it."""
        here, below = self.load(place, part)
        anywhere = below.get("", 0)
        return max(here, anywhere, *(count + anywhere for count in below.values()), 1)

    def load(self, place: Place, part: Any) -> tuple[int, Counter[str]]:
        """Parts applied to the same value, and to each member of it by name ("" for any)."""
        if place in self.known or place in self.above:
            return self.known.get(place, (1, Counter()))
        self.above.add(place)
        here, below = 1, Counter[str]()
        for name, inner, value in _parts(self.schemas, place, part):
            if name is None:
                more, deeper = self.load(inner, value)
                here += more
                below.update(deeper)
            else:
                below[name] += self.most(inner, value)
            if here > MOST or below.get(name or "", 0) > MOST:
                raise TooMuch
        if below and max(below.values()) > MOST:
            raise TooMuch
        self.above.discard(place)
        self.known[place] = here, below
        return here, below


def _parts(
    schemas: dict[str, Any], place: Place, part: Any
) -> Iterator[tuple[str | None, Place, Any]]:
    """The parts inside: applied to the same value (None), or to members of this name."""
    if not isinstance(part, dict):
        return
    address, pointer = place
    for key, value in part.items():
        at = f"{pointer}/{key}"
        if key == "$ref" and isinstance(value, str):
            yield None, *_target(schemas, address, value)
        elif key in _SAME_VALUE or key in _BY_NAME:
            for inner, each in _each(address, at, value, by_name=key in _BY_NAME):
                yield None, inner, each
        elif key == "properties" and isinstance(value, dict):
            for name, each in value.items():
                yield name or " ", (address, f"{at}/{_escaped(name)}"), each
        elif key in _ANY:
            for inner, each in _each(address, at, value, by_name=key == "patternProperties"):
                yield "", inner, each


def _each(address: str, at: str, value: Any, by_name: bool) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield (address, f"{at}/{number}"), each
    elif by_name and isinstance(value, dict):
        for name, each in value.items():
            yield (address, f"{at}/{_escaped(name)}"), each
    else:
        yield (address, at), value


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _target(schemas: dict[str, Any], address: str, reference: str) -> tuple[Place, Any]:
    whole, fragment = urldefrag(urljoin(address, reference))
    pointer = unquote(fragment).rstrip("/")
    value = schemas.get(whole)
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return (whole, pointer), value
