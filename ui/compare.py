"""Two versions of a document, side by side: what differs, and one made of both."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ui import fields

Document = dict[str, Any]

_OPENED = ("properties", "assets", "summaries", "item_assets")  # compared member by member
_LEFT_OUT = ("links", "stac_version", "bbox")  # made by us, or following from the rest
_MISSING = object()
_NAMES = {
    "title": "Title",
    "description": "Description",
    "geometry": "Geometry",
    "keywords": "Keywords",
    "license": "License",
    "providers": "Providers",
    "extent": "Extent",
    "stac_extensions": "Extensions",
}


@dataclass(frozen=True)
class Difference:
    path: tuple[str, ...]
    yours: Any
    theirs: Any
    choose: str  # "yours" where you changed it, else "theirs"

    @property
    def pointer(self) -> str:
        return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in self.path)

    @property
    def label(self) -> str:
        if self.path[0] == "assets":
            return f"Asset {self.path[1]}"
        return _NAMES.get(self.path[-1]) or fields.label_of(self.path[-1])

    @property
    def yours_shown(self) -> str:
        return _shown(self.yours)

    @property
    def theirs_shown(self) -> str:
        return _shown(self.theirs)


def differences(yours: Document, theirs: Document, before: Document) -> list[Difference]:
    """Where the two disagree; `before` is what you started from."""
    found = []
    for path in _paths(yours, theirs):
        mine, other = _at(yours, path), _at(theirs, path)
        if mine != other:
            choose = "yours" if mine != _at(before, path) else "theirs"
            found.append(Difference(path, mine, other, choose))
    return found


def joined(yours: Document, theirs: Document, chosen: Callable[[str], str]) -> Document:
    """Their version, with what is chosen of yours; `chosen` is asked by JSON pointer."""
    whole = copy.deepcopy(theirs)
    for each in differences(yours, theirs, theirs):
        if chosen(each.pointer) == "yours":
            _put(whole, each.path, each.yours)
    return whole


def _paths(one: Document, other: Document) -> Iterator[tuple[str, ...]]:
    for key in dict.fromkeys([*one, *other]):
        if key in _LEFT_OUT:
            continue
        inner = [side.get(key) for side in (one, other)]
        if key in _OPENED and all(isinstance(side, dict | None) for side in inner):
            for name in dict.fromkeys(name for side in inner for name in side or ()):
                yield (key, name)
        else:
            yield (key,)


def _at(document: Document, path: tuple[str, ...]) -> Any:
    value: Any = document
    for part in path:
        if not isinstance(value, dict) or part not in value:
            return _MISSING
        value = value[part]
    return value


def _put(document: Document, path: tuple[str, ...], value: Any) -> None:
    *way, last = path
    inside = document
    for part in way:
        inside = inside.setdefault(part, {})
    if value is _MISSING:
        inside.pop(last, None)
    else:
        inside[last] = value


def _shown(value: Any) -> str:
    if value is _MISSING:
        return "(not there)"
    if value is None:
        return "(empty)"
    if isinstance(value, str):
        return value
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return text if len(text) <= 2000 else f"{text[:2000]} …"
