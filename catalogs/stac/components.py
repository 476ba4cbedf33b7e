"""The forms that the OpenAPI document names: what is read and written, as JSON Schema.

They say what a client can rely on; the specifications' own schemas say all of it.
"""

from typing import Any

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: list[str], properties: Schema, **more: Any) -> Schema:
    return {"type": "object", "required": required, "properties": properties, **more}


def _list(of: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": of, **more}


_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_ADDRESS: Schema = {"type": "string", "minLength": 1}
_NUMBER: Schema = {"type": "number"}
_BOX = _list(_NUMBER, minItems=4, maxItems=6, description="Degrees, and metres where 6")
_ID: Schema = {"type": "string", "minLength": 1, "pattern": r"^[^/\x00-\x1f\x7f]+$"}
_VERSION: Schema = {"type": "string", "enum": ["1.0.0", "1.1.0"]}
_LINKS = _list(ref("Link"))
_POSITION = _list(_NUMBER, minItems=2, maxItems=3)
_RING = _list(_POSITION, minItems=4)
_COORDINATES: dict[str, Schema] = {
    "Point": _POSITION,
    "MultiPoint": _list(_POSITION),
    "LineString": _list(_POSITION, minItems=2),
    "MultiLineString": _list(_list(_POSITION, minItems=2)),
    "Polygon": _list(_RING, minItems=1),
    "MultiPolygon": _list(_list(_RING, minItems=1)),
}
_GEOMETRIES = [
    _object(
        ["type", "coordinates"],
        {"type": {"type": "string", "enum": [kind]}, "coordinates": coordinates},
    )
    for kind, coordinates in _COORDINATES.items()
]
_EXTENT = _object(
    ["spatial", "temporal"],
    {
        "spatial": _object(["bbox"], {"bbox": _list(_BOX, minItems=1)}),
        "temporal": _object(
            ["interval"],
            {
                "interval": _list(
                    _list({**_TIME, "nullable": True}, minItems=2, maxItems=2), minItems=1
                )
            },
        ),
    },
)
_PAGE: Schema = {
    "links": _LINKS,
    "numberMatched": {"type": "integer", "minimum": 0},
    "numberReturned": {"type": "integer", "minimum": 0},
    "timeStamp": _TIME,
}

COUNTS = ("created", "replaced", "skipped", "refused")
COMPONENTS: dict[str, Schema] = {
    "Link": _object(
        ["rel", "href"],
        {
            "rel": {**_TEXT, "minLength": 1},
            "href": _ADDRESS,
            "type": _TEXT,
            "title": _TEXT,
            "method": _TEXT,
        },
    ),
    "Asset": _object(
        ["href"],
        {
            "href": _ADDRESS,
            "type": _TEXT,
            "title": _TEXT,
            "description": _TEXT,
            "roles": _list(_TEXT),
        },
    ),
    "Geometry": {"oneOf": _GEOMETRIES, "description": "GeoJSON (RFC 7946), in WGS 84"},
    "Item": _object(
        ["type", "stac_version", "id", "geometry", "properties", "links", "assets"],
        {
            "type": {"type": "string", "enum": ["Feature"]},
            "stac_version": _VERSION,
            "stac_extensions": _list(_ADDRESS),
            "id": _ID,
            "collection": _ID,
            "geometry": {"nullable": True, "allOf": [ref("Geometry")]},
            "bbox": _BOX,
            "properties": _object(["datetime"], {"datetime": {**_TIME, "nullable": True}}),
            "links": _LINKS,
            "assets": {"type": "object", "additionalProperties": ref("Asset")},
        },
        description="A STAC Item (STAC 1.1.0, item-spec)",
    ),
    "ItemCollection": _object(
        ["type", "features"],
        {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            # With `fields`, an item is sent in part.
            "features": _list({"type": "object"}),
            **_PAGE,
        },
        description="A page of Items (STAC API 1.0.0, item-search)",
    ),
    "NewItems": _object(
        ["type", "features"],
        {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": _list(ref("Item")),
        },
        description="Items to write together",
    ),
    "Written": _object(
        ["received", *COUNTS],
        {
            **{name: {"type": "integer", "minimum": 0} for name in ("received", *COUNTS)},
            "items": _list(ref("WrittenItem")),
        },
        description="How many items were written; where lenient, what became of each",
    ),
    "Job": _object(
        ["jobID", "type", "status", "message", "progress", "created", "updated", "links"],
        {
            "jobID": {"type": "string", "format": "uuid"},
            "type": _TEXT,
            "processID": _TEXT,
            "status": {
                "type": "string",
                "enum": ["accepted", "running", "successful", "failed", "dismissed"],
            },
            "message": _TEXT,
            "progress": {"type": "integer", "minimum": 0, "maximum": 100},
            **dict.fromkeys(("created", "started", "finished", "updated"), _TIME),
            **dict.fromkeys(("collection", "method", "handling"), _TEXT),
            **{name: {"type": "integer", "minimum": 0} for name in ("received", *COUNTS)},
            "problem": {"type": "object"},
            "errors": _list(ref("WrittenItem"), description="The first of what was refused"),
            "links": _LINKS,
        },
        description="Items that are written beside the request (OGC API Processes 1, 7.12)",
    ),
    "Jobs": _object(["jobs", "links"], {"jobs": _list(ref("Job")), "links": _LINKS}),
    "WrittenItem": _object(
        ["index", "status", "code"],
        {
            "index": {"type": "integer", "minimum": 0, "description": "Its place in the body"},
            "id": _TEXT,
            "status": {"type": "integer"},
            "code": _TEXT,
            "description": _TEXT,
            "pointer": {**_TEXT, "description": "JSON pointer (RFC 6901) into the item"},
        },
    ),
    "Collection": _object(
        ["type", "stac_version", "id", "description", "license", "extent", "links"],
        {
            "type": {"type": "string", "enum": ["Collection"]},
            "stac_version": _VERSION,
            "stac_extensions": _list(_ADDRESS),
            "id": _ID,
            "title": _TEXT,
            "description": {**_TEXT, "minLength": 1},
            "keywords": _list(_TEXT),
            "license": {**_TEXT, "minLength": 1},
            "extent": _EXTENT,
            "links": _LINKS,
            "assets": {"type": "object", "additionalProperties": ref("Asset")},
        },
        description="A STAC Collection (STAC 1.1.0, collection-spec)",
    ),
    "Collections": _object(
        ["collections", "links"],
        {"collections": _list({"type": "object"}), **_PAGE},
        description="A page of Collections (STAC API 1.0.0, collections)",
    ),
    "Children": _object(
        ["children", "links"],
        {
            "children": _list({"oneOf": [ref("Catalog"), ref("Collection")]}),
            "links": _LINKS,
            "numberReturned": {"type": "integer", "minimum": 0},
        },
    ),
    "Aggregations": _object(
        ["aggregations", "links"],
        {
            "aggregations": _list(
                _object(["name", "data_type"], {"name": _TEXT, "data_type": _TEXT})
            ),
            "links": _LINKS,
        },
    ),
    "AggregationCollection": _object(
        ["type", "aggregations"],
        {
            "type": {"type": "string", "enum": ["AggregationCollection"]},
            "aggregations": _list(
                _object(
                    ["name", "data_type"],
                    {
                        "name": _TEXT,
                        "data_type": _TEXT,
                        "value": {"description": "Of a single value", "nullable": True},
                        "buckets": _list(
                            _object(
                                ["key", "data_type", "frequency"],
                                {
                                    "key": _TEXT,
                                    "data_type": _TEXT,
                                    "frequency": {"type": "integer", "minimum": 0},
                                    "from": _NUMBER,
                                    "to": _NUMBER,
                                },
                            )
                        ),
                        "overflow": {"type": "integer", "minimum": 0},
                    },
                )
            ),
            "links": _LINKS,
        },
    ),
    "Catalog": _object(
        ["type", "stac_version", "id", "description", "links"],
        {
            "type": {"type": "string", "enum": ["Catalog"]},
            "stac_version": _VERSION,
            "id": _TEXT,
            "title": _TEXT,
            "description": _TEXT,
            "conformsTo": _list(_TEXT),
            "links": _LINKS,
        },
        description="A STAC Catalog; as the landing page it says what the API conforms to",
    ),
    "Conformance": _object(["conformsTo"], {"conformsTo": _list(_TEXT)}),
    "JSONSchema": _object(
        ["$schema", "$id", "type", "properties"],
        {"$schema": _TEXT, "$id": _TEXT, "type": _TEXT, "properties": {"type": "object"}},
        description="A JSON Schema (draft 2020-12)",
    ),
    "MergePatch": {"type": "object", "description": "RFC 7396: null takes a member away"},
    "JSONPatch": _list(
        _object(
            ["op", "path"],
            {
                "op": {
                    "type": "string",
                    "enum": ["add", "remove", "replace", "move", "copy", "test"],
                },
                "path": _TEXT,
                "from": _TEXT,
                "value": {},
            },
        ),
        description="RFC 6902",
    ),
    "Fault": _object(
        ["pointer", "description"],
        {
            "pointer": {**_TEXT, "description": "JSON pointer (RFC 6901)"},
            "description": _TEXT,
            "schema": {**_TEXT, "description": "Address of the schema that says so"},
        },
    ),
    "ValidationReport": _object(
        ["valid", "strictness", "errors", "checked", "unchecked", "links"],
        {
            "valid": {"type": "boolean", "description": "No fault was found"},
            "strictness": {"type": "string", "enum": ["off", "warn", "reject"]},
            "errors": _list(ref("Fault")),
            "checked": _list(_TEXT, description="Addresses of the schemas it was held against"),
            "unchecked": _list(
                _object(["schema", "description"], {"schema": _TEXT, "description": _TEXT})
            ),
            "links": _LINKS,
        },
        description="How a document stands to the extensions that it names",
    ),
    "Problem": _object(
        ["type", "title", "status", "detail", "code", "description"],
        {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "code": _TEXT,
            "description": _TEXT,
            "parameter": {**_TEXT, "description": "The query parameter at fault"},
            "pointer": {**_TEXT, "description": "JSON pointer (RFC 6901) to what is at fault"},
            "errors": _list(ref("Fault"), description="All faults of the body, the first too"),
        },
        description="A refusal that says why (RFC 9457)",
    ),
}
