"""Answers held against the STAC schemas, offline."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from pystac.validation.local_validator import get_local_schema_cache
from referencing import Registry
from referencing.jsonschema import DRAFT7

from catalogs.stac import validation

STAC = "https://schemas.stacspec.org/v{}/{}-spec/json-schema/{}.json"


@cache
def _registry() -> Registry[Any]:
    schemas: dict[str, Any] = dict(get_local_schema_cache())
    folder = Path(os.environ.get("GISTAC_SHARED", "")) / "schemas"
    if os.environ.get("GISTAC_SHARED") and (folder / "map.json").is_file():
        known = json.loads((folder / "map.json").read_text())
        schemas |= {name: json.loads((folder / path).read_text()) for name, path in known.items()}
    resources = []
    for name, schema in schemas.items():
        schema = {k: v for k, v in schema.items() if k != "$id"} | {"$id": name}
        resources.append((name, DRAFT7.create_resource(schema)))
    return Registry().with_resources(resources)


def has_original_of(version: str) -> bool:
    return STAC.format(version, "item", "item") in _registry()


def faults(document: dict[str, Any]) -> list[str]:
    """What the schema of the document's own version says against it."""
    kind = {"Feature": "item", "Collection": "collection", "Catalog": "catalog"}[document["type"]]
    address = STAC.format(document["stac_version"], kind, kind)
    if address not in _registry():
        validation.check(document)
        return []
    validator = Draft7Validator({"$ref": address}, registry=_registry())
    return [
        f"{list(fault.absolute_path)}: {fault.message}" for fault in validator.iter_errors(document)
    ]


def assert_valid(document: dict[str, Any]) -> None:
    """An Item, Collection or Catalog, or a list of either as the API sends it."""
    if document.get("type") == "FeatureCollection":
        assert {"features", "links", "numberReturned", "timeStamp"} <= set(document)
        assert document["numberReturned"] == len(document["features"])
        parts = document["features"]
    else:
        parts = document.get("collections", [document])
    for part in parts:
        assert faults(part) == []
    for link in document["links"]:
        assert {"rel", "href", "type", "title"} <= set(link), link
        assert link["href"].startswith("http"), link
