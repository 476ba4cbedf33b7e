"""STAC fields as people read them: grouped by extension, with labels, units and formatted values.

The names are those of npm's stac-fields, which static/generate.py writes to static/dist.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ui import values

CORE = "General"
DEEPEST = 4  # lists and objects below this are shown as JSON


@dataclass(frozen=True)
class Row:
    key: str
    label: str
    explain: str
    value: SafeString
    wide: bool  # a table or a text of its own, not a word beside the label


@dataclass
class Group:
    label: str
    explain: str
    rows: list[Row] = field(default_factory=list)


@lru_cache(maxsize=1)
def known() -> dict[str, Any]:
    found = finders.find("fields.json")
    if not found:
        raise ImproperlyConfigured("static/dist/fields.json is missing: run `npm run build`.")
    read: dict[str, Any] = json.loads(Path(str(found)).read_text(encoding="utf-8"))
    return read


def spec_of(key: str) -> dict[str, Any]:
    found: dict[str, Any] = known()["metadata"].get(key) or known()["assets"].get(key) or {}
    while alias := found.get("alias"):
        if alias == key:
            break
        key, found = alias, {**known()["metadata"].get(alias, {}), **found, "alias": None}
    return found


def label_of(key: str, spec: Mapping[str, Any] | None = None) -> str:
    """`eo:cloud_cover` is "Cloud Cover"; what nobody has named is made readable."""
    given = (spec if spec is not None else spec_of(key)).get("label")
    if given:
        return str(given)
    bare = key.rpartition(":")[2].replace("_", " ").replace("-", " ").strip()
    return bare[:1].upper() + bare[1:] if bare else key


def groups(properties: Mapping[str, Any], without: Iterable[str] = ()) -> list[Group]:
    """Core first, then the extensions by name; fields in the order of the document."""
    found: dict[str, Group] = {}
    for key, value in properties.items():
        if key in without:
            continue
        spec = spec_of(key)
        prefix = str(spec.get("ext") or (key.partition(":")[0] if ":" in key else ""))
        group = found.setdefault(prefix, _group(prefix))
        group.rows.append(row(key, value, spec))
    ordered = sorted(found.items(), key=lambda pair: (pair[0] != "", pair[1].label.casefold()))
    return [group for _, group in ordered]


def _group(prefix: str) -> Group:
    extension = known()["extensions"].get(prefix, {}) if prefix else {"label": CORE}
    return Group(str(extension.get("label") or prefix), str(extension.get("explain") or ""))


def row(key: str, value: Any, spec: Mapping[str, Any] | None = None) -> Row:
    spec = spec_of(key) if spec is None else spec
    shown = show(value, spec)
    wide = shown.startswith(("<table", "<dl", "<pre", "<div"))
    return Row(key, label_of(key, spec), str(spec.get("explain") or ""), shown, wide)


def show(value: Any, spec: Mapping[str, Any], depth: int = 0) -> SafeString:
    """One value as safe HTML."""
    if value is None:
        return format_html('<span class="text-muted">{}</span>', spec.get("null") or "not given")
    if named := _named(value, spec):
        return named
    written = values.FORMATS.get(str(spec.get("format")))
    if written is not None and (shown := written(value)) is not None:
        return shown
    if depth >= DEEPEST and isinstance(value, (list, dict)):
        return values.as_json(value)
    if isinstance(value, dict):
        return _object(value, spec, depth)
    if isinstance(value, list):
        return _list(value, spec, depth)
    return values.plain(value, str(spec.get("unit") or ""))


def _named(value: Any, spec: Mapping[str, Any]) -> SafeString | None:
    """The name that the specification gives to a coded value."""
    names = spec.get("mapping")
    if not isinstance(names, dict) or isinstance(value, (list, dict)):
        return None
    name = names.get(str(value).lower() if isinstance(value, bool) else str(value))
    return None if name is None else format_html("{}", name)


def _object(value: dict[str, Any], spec: Mapping[str, Any], depth: int) -> SafeString:
    if not value:
        return format_html('<span class="text-muted">{}</span>', "none")
    inner = spec.get("properties") or {}
    items = spec.get("items") or {}
    if items and all(isinstance(one, dict) for one in value.values()):
        rows = [{"": name, **one} for name, one in value.items()]
        return _table(rows, {"": {"label": "Name"}, **items}, depth)
    pairs = (
        (label_of(key, known_spec), show(one, known_spec, depth + 1))
        for key, one in value.items()
        for known_spec in [inner.get(key) or items.get(key) or spec_of(key)]
    )
    terms = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", pairs)
    return format_html('<dl class="facts-inner">{}</dl>', terms)


def _list(value: list[Any], spec: Mapping[str, Any], depth: int) -> SafeString:
    if not value:
        return format_html('<span class="text-muted">{}</span>', "none")
    if all(isinstance(one, dict) for one in value):
        return _table(value, spec.get("items") or {}, depth)
    if any(isinstance(one, (dict, list)) for one in value):
        return values.as_json(value)
    plain = {**spec, "format": None}
    return format_html_join(", ", "{}", ((show(one, plain, depth + 1),) for one in value))


def _table(rows: list[dict[str, Any]], items: Mapping[str, Any], depth: int) -> SafeString:
    """Bands, classes, providers: a line each, a column for every field that one of them has."""
    columns = list(dict.fromkeys(key for one in rows for key in one))
    columns.sort(key=lambda key: (items.get(key) or {}).get("order", 99))
    specs = {key: items.get(key) or spec_of(key) for key in columns}
    head = format_html_join(
        "", '<th scope="col">{}</th>', ((label_of(k, specs[k]),) for k in columns)
    )
    body = format_html_join(
        "", "<tr>{}</tr>", ((_cells(one, columns, specs, depth),) for one in rows)
    )
    return format_html(
        '<div class="table-scroll" tabindex="0" role="group" aria-label="Table">'
        '<table class="table table-xs"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>',
        head,
        body,
    )


def _cells(
    one: dict[str, Any], columns: list[str], specs: Mapping[str, Any], depth: int
) -> SafeString:
    return format_html_join(
        "",
        "<td>{}</td>",
        ((show(one[key], specs[key], depth + 1) if key in one else "",) for key in columns),
    )
