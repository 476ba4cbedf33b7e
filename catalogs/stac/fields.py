"""Which members of a document are sent (STAC API Fields extension 1.0.0).

A path like `properties.eo:cloud_cover` or `assets.data.href` names a member; names may hold dots
themselves, and `properties.` may be left out. What a document does not have is no error. Of the
paths to a member the longest decides, and `include` before `exclude`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import Invalid

MOST_PATHS = 100
LONGEST_PATH = 512  # characters
DEEPEST = 10  # levels

Document = dict[str, Any]
Path = tuple[str, ...]


@dataclass(frozen=True)
class Fields:
    include: Sequence[str] | None  # None: not said, which is more than none said
    exclude: Sequence[str]


def read_text(text: str) -> Fields:
    """`a,+b,-c`, whose plus may have become a space; a text cannot leave `include` unsaid."""
    parts = [part for part in text.split(",") if part]
    plain = [part[1:] if part[0] in "+ " else part for part in parts if part[0] != "-"]
    return _checked(plain, [part[1:] for part in parts if part[0] == "-"])


def read(given: Any) -> Fields:
    """{"include": [...], "exclude": [...]}, each of which may be null or left out."""
    if not isinstance(given, dict) or given.keys() - {"include", "exclude"}:
        raise Invalid('it is like {"include": ["id"], "exclude": ["links"]}.')
    plain = {side: [] if paths is None else paths for side, paths in given.items()}
    exclude = plain.get("exclude", [])
    # Nothing at all asks for what is usual, and not for everything.
    return _checked(plain.get("include", None if exclude else []), exclude)


def _checked(include: Any, exclude: Any) -> Fields:
    for side in ([] if include is None else include, exclude):
        if not isinstance(side, list) or not all(isinstance(path, str) for path in side):
            raise Invalid("include and exclude are lists of names.")
    paths = [*(include or ()), *exclude]
    if len(paths) > MOST_PATHS:
        raise Invalid(f"it names at most {MOST_PATHS} fields.")
    if any(len(path) > LONGEST_PATH or path.count(".") >= DEEPEST for path in paths):
        raise Invalid(f"a field has at most {LONGEST_PATH} characters and {DEEPEST} levels.")
    return Fields(include, exclude)


@dataclass
class _Branch:
    keep: bool | None = None  # None: as what it is in
    members: dict[str, "_Branch"] = field(default_factory=dict)

    def at(self, path: Path) -> "_Branch":
        branch = self
        for name in path:
            branch = branch.members.setdefault(name, _Branch())
        return branch


def pick(
    document: Document, fields: Fields, always: Sequence[str], usual: Sequence[str]
) -> Document:
    """The part of the document that was asked for.

    `always` is sent with what is included, `usual` where nothing is.
    """
    tree = _Branch(keep=fields.include is None)
    if fields.include is not None:
        for path in _paths(document, always if fields.include else usual):
            tree.at(path).keep = True
    for path in _paths(document, fields.exclude):
        branch = tree.at(path)
        branch.keep, branch.members = False, {}
    for path in _paths(document, fields.include or ()):
        tree.at(path).keep = True
    return _pruned(document, tree, bool(tree.keep))


def _paths(document: Document, names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        found = list(_found(document, name))
        properties = document.get("properties")
        if not found and isinstance(properties, dict):
            found = [("properties", *path) for path in _found(properties, name)]
        yield from found


def _found(document: Document, name: str) -> Iterator[Path]:
    """The members that the name may mean: a dot leads deeper, or belongs to a name."""
    if name in document:
        yield (name,)
    at = name.find(".")
    while at >= 0:
        inner = document.get(name[:at])
        if isinstance(inner, dict):
            yield from ((name[:at], *path) for path in _found(inner, name[at + 1 :]))
        at = name.find(".", at + 1)


def _pruned(document: Document, tree: _Branch, keep: bool) -> Document:
    found = {}
    for name, value in document.items():
        branch = tree.members.get(name)
        is_kept = keep if branch is None or branch.keep is None else branch.keep
        if branch is not None and branch.members and isinstance(value, dict):
            value = _pruned(value, branch, is_kept)
            is_kept = is_kept or bool(value)
        if is_kept:
            found[name] = value
    return found
