"""What is written is held against STAC's core JSON Schemas and those of the extensions it names.

The core is never waived: what breaks it is refused, for the API could not answer with it. How
much extensions count is up to each collection. Nothing is fetched here; `schemas.fetch` is asked
before anything is locked.

pystac ships the schemas of STAC 1.1.0. STAC 1.0.0 asks for a part of the same: 1.1.0 added rules
for bands, data values and links (its changelog), which are taken out for a 1.0 document.
"""

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema_rs
from pystac.validation.local_validator import get_local_schema_cache

from . import advice, schemas
from .advice import Fault
from .errors import Invalid

Document = dict[str, Any]

OFF, WARN, REJECT = "off", "warn", "reject"  # as Collection.Strictness
MOST_EXTENSIONS = 100  # of one document that are looked at

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
_TAKEN = re.compile(r"1\.[01]\.\d+")


@dataclass(frozen=True)
class Report:
    """How a document stands to the extensions that it names."""

    faults: tuple[Fault, ...] = ()
    checked: tuple[str, ...] = ()  # addresses of the schemas it was held against
    unchecked: dict[str, str] = field(default_factory=dict)  # address: why it was not

    def __bool__(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.faults or self.unchecked)

    def to_json(self) -> dict[str, Any]:
        """`errors` as in a refusal, `checked` addresses, and those `unchecked` with the reason."""
        unchecked = [
            {"schema": address, "description": reason} for address, reason in self.unchecked.items()
        ]
        return {
            "errors": _told(self.faults),
            "checked": list(self.checked),
            "unchecked": unchecked,
        }

    def in_short(self) -> str:
        faults, unchecked = len(self.faults), len(self.unchecked)
        parts = [
            f"{faults} fault{'s' if faults > 1 else ''}" if faults else "",
            f"{unchecked} extension{'s' if unchecked > 1 else ''} not checked" if unchecked else "",
        ]
        return ", ".join(filter(None, parts))


def check(document: Document, strictness: str = OFF) -> Report:
    """Holds an Item or a Collection against the core schema of its `stac_version`, and, unless
    `strictness` is "off", against the schemas of its `stac_extensions` that are here.

    Raises `Invalid` with every fault, its JSON pointer and what to do about it, where the core is
    broken, or where strictness is "reject" and an extension is. An extension without a schema is
    never a fault; the report names it.
    """
    _core(document)
    if strictness == OFF:
        return Report()
    report = extensions(document)
    if strictness == REJECT and report.faults:
        raise _invalid(report.faults)
    return report


def _core(document: Document) -> None:
    version = document.get("stac_version")
    if not isinstance(version, str) or not _TAKEN.fullmatch(version):
        raise Invalid(
            f"stac_version is {str(version)[:40]!r}; documents of STAC 1.0 and 1.1 are taken. "
            "Older ones can be upgraded on request: ?upgrade=true.",
            pointer="/stac_version",
        )
    validator = _compiled(document["type"], version[:3])
    if not validator.is_valid(document):
        raise _invalid(advice.faults(validator.iter_errors(document)))


def extensions(document: Document) -> Report:
    """The report on the extensions of a document that the core schema lets pass."""
    named = list(dict.fromkeys(document.get("stac_extensions") or ()))
    unchecked = dict.fromkeys(named[MOST_EXTENSIONS:], f"More than {MOST_EXTENSIONS} are named.")
    usable = []
    for address in named[:MOST_EXTENSIONS]:
        try:
            usable.append(schemas.usable(address))
        except schemas.Missing as missing:
            unchecked[address] = missing.reason
    checked = tuple(sorted(usable))
    if not checked or (validator := schemas.together(checked)).is_valid(document):
        return Report((), checked, unchecked)
    errors = list(validator.iter_errors(document))
    for error in filter(advice.could_not_tell, errors):
        unchecked[checked[_place(error)]] = "A pattern of its schema takes too long."
    faults = advice.faults(each for each in errors if not advice.could_not_tell(each))
    checked = tuple(address for address in checked if address not in unchecked)
    return Report(tuple(faults), checked, unchecked)


def _place(error: jsonschema_rs.ValidationError) -> int:
    """Which of the extensions held together: the path is ["allOf", number, ...]."""
    return int(error.evaluation_path[1])


def _told(faults: Iterable[Fault]) -> list[dict[str, str]]:
    return [
        {"pointer": each.pointer, "description": each.message, "schema": each.schema}
        for each in faults
    ]


def _invalid(faults: Iterable[Fault]) -> Invalid:
    errors = _told(faults)
    return Invalid(errors[0]["description"], pointer=errors[0]["pointer"], errors=errors)


@cache
def _schemas(version: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = copy.deepcopy(get_local_schema_cache())
    if version == "1.0":
        _as_of_1_0(found)
    for address in _KIND.values():
        _version_of(found[address]).pop("const")
    # common.json carries an $id without its dot; its own address is what the others refer to.
    found[_COMMON].pop("$id")
    return found


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


def _as_of_1_0(found: dict[str, Any]) -> None:
    common = found[_COMMON]
    common["allOf"] = [part for part in common["allOf"] if part not in _NEW_IN_1_1]
    item = found[_KIND["Feature"]]["definitions"]
    item["core"]["allOf"][2]["allOf"] = item["core"]["allOf"][2]["allOf"][:1]
    for rule in ("method", "headers", "body"):
        item["link"]["allOf"][0]["properties"].pop(rule)
    item["link"]["allOf"] = item["link"]["allOf"][:1]
    collection = found[_KIND["Collection"]]["definitions"]["collection"]["properties"]
    collection["item_assets"] = _ITEM_ASSETS_1_0
    boxes = collection["extent"]["properties"]["spatial"]["properties"]["bbox"]
    boxes.pop("oneOf")
    boxes["minItems"] = 1
