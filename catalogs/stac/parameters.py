"""What can be asked, by GET and by POST alike; a name that is not here is refused."""

import math
import re
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any, ClassVar, Self

from django.db.models import Q
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from . import boxes, cql2, fields, freetext, query, sorting, times
from .cql2 import operands
from .cql2.collections import name as of_collections
from .cql2.operands import Names
from .errors import Invalid, Refused
from .geometry import QUERY_VERTICES, GeometryField
from .parsers import parse

USUAL_LIMIT = 10
LARGEST_LIMIT = 10_000  # a larger one is cut to this (OGC API Features 1, 7.15.2)
MOST_NAMES = 1_000
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


class Parameter(serializers.Field):  # type: ignore[type-arg]
    """One parameter; its faults carry its name."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"required": False, **more})

    @property
    def by_post(self) -> bool:
        """Whether it stood in a JSON body, where a list is a list and no text with commas."""
        return bool(self.context.get("posted"))

    def fault(self, message: str) -> Refused:
        return Invalid(f"{self.field_name}: {message}", parameter=self.field_name)


@extend_schema_field({"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}})
class BoxParameter(Parameter):
    """4 or 6 numbers, in degrees and metres; west may be greater than east."""

    def to_internal_value(self, data: Any) -> list[float]:
        given = data.split(",") if isinstance(data, str) and not self.by_post else data
        if not isinstance(given, list) or len(given) not in (4, 6):
            raise self.fault("it has 4 numbers (west, south, east, north), or 6 with elevations.")
        numbers = [self.number(one) for one in given]
        box = boxes.flat(numbers)
        if not (-180 <= box.west <= 180 and -180 <= box.east <= 180):
            raise self.fault("longitudes run from -180 to 180.")
        if not -90 <= box.south <= box.north <= 90:
            raise self.fault("latitudes run from -90 to 90, the southern one first.")
        if len(numbers) == 6 and numbers[2] > numbers[5]:
            raise self.fault("the lower elevation comes first.")
        return numbers

    def number(self, given: Any) -> float:
        number = boxes.number(given)
        if math.isnan(number):
            raise self.fault(f"{str(given)[:40]!r} is not a number.")
        return number


@extend_schema_field({"type": "string", "example": "2020-01-01T00:00:00Z/.."})
class TimeParameter(Parameter):
    def to_internal_value(self, data: Any) -> times.Interval:
        if not isinstance(data, str):
            raise self.fault("it is a text, a date and time or two with '/' between.")
        try:
            return times.interval(data)
        except Invalid as wrong:
            raise self.fault(wrong.message) from wrong


@extend_schema_field({"type": "object", "description": "A GeoJSON geometry"})
class ShapeParameter(Parameter):
    def to_internal_value(self, data: Any) -> Any:
        value = self.read(data) if isinstance(data, str) else data
        field = GeometryField(vertices=QUERY_VERTICES, at="/intersects")
        try:
            return field.to_internal_value(value).shape
        except Invalid as wrong:
            raise Invalid(
                f"{self.field_name}: {wrong.message}",
                parameter=self.field_name,
                pointer=wrong.pointer,
            ) from wrong

    def read(self, data: str) -> Any:
        try:
            return parse(data.encode(errors="replace"))
        except Invalid as wrong:
            raise self.fault(wrong.message) from wrong


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class NamesParameter(Parameter):
    """Ids: a list, or a text with commas between; some clients send one id as a text."""

    def to_internal_value(self, data: Any) -> list[str]:
        names = data.split(",") if isinstance(data, str) else data
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self.fault("it is a list of ids.")
        if len(names) > MOST_NAMES:
            raise self.fault(f"it may name at most {MOST_NAMES:,}.")
        if any("\x00" in name for name in names):
            raise self.fault("an id has no character U+0000.")
        return names


@extend_schema_field(
    {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": USUAL_LIMIT}
)
class LimitParameter(Parameter):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not re.fullmatch(r"0*[1-9]\d{0,17}", str(data), re.ASCII):
            raise self.fault("it is a whole number from 1.")
        return min(int(data), LARGEST_LIMIT)


@extend_schema_field({"type": "string", "description": "From a `next` or `prev` link"})
class TokenParameter(Parameter):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not data:
            raise self.fault("it is a text from a `next` or `prev` link.")
        return data


@extend_schema_field({"type": "string", "enum": ["json", "html"]})
class FormatParameter(Parameter):
    """The form of the answer; which there are, the view knows (formats.py)."""

    def to_internal_value(self, data: Any) -> str:
        return str(data)


@extend_schema_field({"type": "string", "enum": ["json", "geojson", "html"]})
class ItemFormatParameter(FormatParameter):
    """Of one item."""


@extend_schema_field(
    {"type": "string", "enum": ["json", "geojson", "html", "ndjson", "csv", "parquet"]}
)
class ItemsFormatParameter(FormatParameter):
    """Of many items."""


@extend_schema_field(
    {
        "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        "description": 'Words: any of those between commas; or with AND, OR, +, -, ", brackets',
        "example": "EO,Earth Observation",
    }
)
class WordsParameter(Parameter):
    def to_internal_value(self, data: Any) -> Q:
        if not isinstance(data, str | list):
            raise self.fault("it is a text or a list of texts.")
        try:
            return freetext.condition(data, posted=self.by_post)
        except Invalid as wrong:
            raise self.fault(wrong.message) from wrong


@extend_schema_field(
    {
        "oneOf": [{"type": "string"}, {"type": "object"}, {"type": "boolean"}],
        "description": "CQL2 as text, or as JSON",
        "example": "eo:cloud_cover < 10",
    }
)
class FilterParameter(Parameter):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str | dict | bool):
            raise self.fault("it is CQL2, as a text or as a JSON object.")
        return data


@extend_schema_field({"type": "string", "enum": [cql2.TEXT, cql2.JSON]})
class FilterLanguageParameter(Parameter):
    def to_internal_value(self, data: Any) -> str:
        if data not in (cql2.TEXT, cql2.JSON):
            raise self.fault(f"it is {cql2.TEXT} or {cql2.JSON}.")
        return str(data)


@extend_schema_field({"type": "string", "enum": [CRS84], "default": CRS84})
class FilterCrsParameter(Parameter):
    def to_internal_value(self, data: Any) -> str:
        if data != CRS84:
            raise self.fault(f"geometries of a filter are in {CRS84}.")
        return str(data)


_FIELD_TO_SORT = {
    "type": "object",
    "required": ["field"],
    "properties": {
        "field": {"type": "string"},
        "direction": {"type": "string", "enum": ["asc", "desc"], "default": "asc"},
    },
    "additionalProperties": False,
}


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "example": "+datetime,-id"},
            {
                "type": "array",
                "minItems": 1,
                "maxItems": sorting.MOST_KEYS,
                "items": _FIELD_TO_SORT,
            },
        ]
    }
)
class SortParameter(Parameter):
    """Sort extension 1.1.0: a text, or a list of objects."""

    def to_internal_value(self, data: Any) -> list[sorting.By]:
        try:
            return sorting.read(None if isinstance(data, str) and self.by_post else data)
        except Invalid as wrong:
            raise self.fault(wrong.message) from wrong


_PATHS = {"type": "array", "items": {"type": "string"}, "nullable": True}


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "example": "id,properties,-properties.created"},
            {
                "type": "object",
                "properties": {"include": _PATHS, "exclude": _PATHS},
                "additionalProperties": False,
            },
        ]
    }
)
class FieldsParameter(Parameter):
    """Fields extension 1.0.0: a text by GET, an object by POST, which is not null."""

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return (False, data) if data is None else super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> fields.Fields:
        is_text = isinstance(data, str) and not self.by_post
        try:
            return fields.read_text(data) if is_text else fields.read(data)
        except Invalid as wrong:
            raise self.fault(wrong.message) from wrong


@extend_schema_field({"type": "object", "example": {"eo:cloud_cover": {"lt": 10}}})
class QueryParameter(Parameter):
    """Query extension 1.0.0: an object, by GET as JSON text."""

    def to_internal_value(self, data: Any) -> Q:
        is_text = isinstance(data, str) and not self.by_post
        try:
            sent = parse(data.encode(errors="replace")) if is_text else data
            lists: Any = self.parent
            return query.condition(sent, lists.names)
        except Invalid as wrong:
            raise self.fault(wrong.message) from wrong


class Parameters(serializers.Serializer[Any]):
    """What every resource takes (OGC API Features 1, requirement query-param-unknown)."""

    f = FormatParameter()

    @classmethod
    def read(cls, given: Mapping[str, Any], *, posted: bool = False) -> dict[str, Any]:
        """The checked parameters of an address, or of what was `posted`; null is as absent.

        Raises `Invalid` naming one.
        """
        asked = {name: v for name, v in given.items() if v is not None or name == "fields"}
        parameters = cls._made(posted)
        for name in given:
            if name not in parameters.fields:
                known = ", ".join(sorted(parameters.fields))
                raise Invalid(
                    f"There is no parameter {name[:80]!r} here; there is {known}.", parameter=name
                )
        found = {name: field.get_default() for name, field in parameters.preset}
        found |= {name: parameters.fields[name].run_validation(v) for name, v in asked.items()}
        return parameters.validate(found)  # type: ignore[no-any-return]

    @classmethod
    @cache
    def _made(cls, posted: bool) -> Self:
        """Made once, for its fields keep nothing of what they look at."""
        return cls(context={"posted": posted})

    @cached_property
    def preset(self) -> list[tuple[str, Any]]:
        """The fields that have a value where none is given."""
        return [each for each in self.fields.items() if each[1].default is not serializers.empty]


class ItemParameters(Parameters):
    f = ItemFormatParameter()


class PageParameters(Parameters):
    limit = LimitParameter()
    token = TokenParameter()


class FilterParameters(PageParameters):
    """OGC API Features 3, "filter"; a text is CQL2 text unless `filter-lang` says otherwise."""

    names: ClassVar[Names] = staticmethod(operands.name)
    filter = FilterParameter()

    def get_fields(self) -> dict[str, Any]:
        named = {"filter-lang": FilterLanguageParameter(), "filter-crs": FilterCrsParameter()}
        return {**super().get_fields(), **named}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """`filter` becomes the condition that it stands for."""
        lang, _ = attrs.pop("filter-lang", None), attrs.pop("filter-crs", None)
        if "filter" in attrs:
            attrs["filter"] = self.condition(attrs["filter"], lang)
        return attrs

    def condition(self, given: Any, lang: str | None) -> Q:
        usual, at = (cql2.TEXT, "") if isinstance(given, str) else (cql2.JSON, "/filter")
        return cql2.condition(given, lang or usual, at, self.names)


class ListParameters(FilterParameters):
    """What lists of items and of collections take alike."""

    f = ItemsFormatParameter()
    sortby = SortParameter()
    query = QueryParameter()
    bbox = BoxParameter()
    datetime = TimeParameter()
    q = WordsParameter()

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "fields": FieldsParameter()}


class CollectionsParameters(ListParameters):
    """OGC API Common 2, simple-query; Collection Search 1.0.0-rc.1."""

    names = staticmethod(of_collections)


class ItemsParameters(ListParameters):
    """OGC API Features 1, 7.15; clients send ids and collections here too."""

    ids = NamesParameter()
    collections = NamesParameter()


class SearchParameters(ItemsParameters):
    """STAC API 1.0.0, item-search, "Query Parameters and Fields"."""

    intersects = ShapeParameter()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "bbox" in attrs and "intersects" in attrs:
            raise Invalid("Give bbox or intersects, not both.", parameter="intersects")
        return super().validate(attrs)
