"""What is written is held against STAC's core JSON Schemas; nothing is fetched.

A compiled validator (jsonschema-rs) says whether a document is valid, in a hundredth of the time;
only for one that is not does the slower jsonschema find out why.

pystac ships the schemas of STAC 1.1.0. STAC 1.0.0 asks for a part of the same: 1.1.0 added rules
for bands, data values and links (its changelog), which are taken out for a 1.0 document.
"""

import copy
from functools import cache
from typing import Any

import jsonschema_rs
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, best_match
from pystac.validation.local_validator import get_local_schema_cache
from referencing import Registry
from referencing.jsonschema import DRAFT7

from .errors import Invalid

_CORE = "https://schemas.stacspec.org/v1.1.0/"
_COMMON = f"{_CORE}item-spec/json-schema/common.json"
_KIND = {
    "Feature": f"{_CORE}item-spec/json-schema/item.json",
    "Collection": f"{_CORE}collection-spec/json-schema/collection.json",
}
# As the Item Assets extension of STAC 1.0 has it; what it leaves open, pages could not show.
_ITEM_ASSETS_1_0 = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "description": {"type": "string"},
            "type": {"type": "string"},
            "roles": {"type": "array", "items": {"type": "string"}},
        },
    },
}
_NEW_IN_1_1 = ({"$ref": "bands.json"}, {"$ref": "data-values.json"})


def check(document: dict[str, Any]) -> None:
    """Holds an Item or a Collection against the core schema of its `stac_version`.

    Raises `Invalid` with the JSON pointer of the first fault and what to do about it.
    """
    version = document.get("stac_version")
    if not isinstance(version, str) or not version.startswith(("1.0.", "1.1.")):
        raise Invalid(
            f"stac_version is {version!r}; documents of STAC 1.0 and 1.1 are taken.",
            pointer="/stac_version",
        )
    kind = document["type"]
    if _compiled(kind, version[:3]).is_valid(document):
        return
    fault = best_match(_validator(kind, version[:3]).iter_errors(document))
    if fault is not None:
        raise Invalid(_advice(fault), pointer=_pointer(fault))


@cache
def _schemas(version: str) -> dict[str, dict[str, Any]]:
    schemas: dict[str, dict[str, Any]] = copy.deepcopy(get_local_schema_cache())
    if version == "1.0":
        _as_of_1_0(schemas)
    for address in _KIND.values():
        _version_of(schemas[address]).pop("const")
    # common.json carries an $id without its dot; its own address is what the others refer to.
    schemas[_COMMON].pop("$id")
    return schemas


@cache
def _validator(kind: str, version: str) -> Draft7Validator:
    resources = [(n, DRAFT7.create_resource(schema)) for n, schema in _schemas(version).items()]
    registry: Registry[Any] = Registry().with_resources(resources)
    return Draft7Validator({"$ref": _KIND[kind]}, registry=registry)


@cache
def _compiled(kind: str, version: str) -> jsonschema_rs.Draft7Validator:
    registry = jsonschema_rs.Registry(list(_schemas(version).items()), draft=jsonschema_rs.Draft7)
    return jsonschema_rs.Draft7Validator(
        {"$ref": _KIND[kind]}, registry=registry, validate_formats=False, offline=True
    )


def _version_of(schema: dict[str, Any]) -> dict[str, Any]:
    """The rule for `stac_version` in the schema of an Item or a Collection."""
    definitions = schema["definitions"]
    core = definitions["collection"] if "collection" in definitions else definitions["core"]
    properties = core.get("properties") or core["allOf"][2]["properties"]
    rule: dict[str, Any] = properties["stac_version"]
    return rule


def _as_of_1_0(schemas: dict[str, Any]) -> None:
    common = schemas[_COMMON]
    common["allOf"] = [part for part in common["allOf"] if part not in _NEW_IN_1_1]
    item = schemas[_KIND["Feature"]]["definitions"]
    item["core"]["allOf"][2]["allOf"] = item["core"]["allOf"][2]["allOf"][:1]
    for rule in ("method", "headers", "body"):
        item["link"]["allOf"][0]["properties"].pop(rule)
    item["link"]["allOf"] = item["link"]["allOf"][:1]
    collection = schemas[_KIND["Collection"]]["definitions"]["collection"]["properties"]
    collection["item_assets"] = _ITEM_ASSETS_1_0
    boxes = collection["extent"]["properties"]["spatial"]["properties"]["bbox"]
    boxes.pop("oneOf")
    boxes["minItems"] = 1


def _pointer(fault: ValidationError) -> str:
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in fault.absolute_path)
    return "".join(f"/{step}" for step in steps)


def _advice(fault: ValidationError) -> str:
    where = _pointer(fault) or "The document"
    if where.startswith("/bbox"):
        return "An item with a geometry has a bbox of 4 or 6 numbers; one without has none."
    if "/spatial/bbox" in where:
        return "A spatial extent is one box, or one around all and two or more parts of it."
    rule: Any = fault.validator_value
    given: Any = fault.instance
    match fault.validator:
        case "required":
            missing = [name for name in rule if name not in given]
            return f"{where} lacks {', '.join(missing)}."
        case "type":
            kinds = rule if isinstance(rule, str) else " or ".join(rule)
            return f"{where} must be of type {kinds}."
        case "pattern" if rule == r"(\+00:00|Z)$":
            return f"{where} must be a time in UTC that ends with Z, like 2020-02-12T23:20:50Z."
        case "pattern":
            return f"{where} is {given!r}; it must match {rule}."
        case "dependencies" | "anyOf" if fault.absolute_path and where == "/properties":
            return (
                "/properties needs `datetime`; where that is null, both `start_datetime` and "
                "`end_datetime`."
            )
        case "not":
            return f"{where} may not stand here, or not with this value."
    return f"{where} is not as the specification has it: {fault.message[:300]}."
