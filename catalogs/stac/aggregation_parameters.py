"""What `/aggregate` takes: all that chooses items, and what to count of them."""

import re
from typing import Any

from drf_spectacular.utils import extend_schema_field

from .aggregation import ALL, GEOHASH, GEOTILE, INTERVALS
from .listing import OF_THE_ANSWER
from .parameters import FormatParameter, NamesParameter, Parameter, SearchParameters


@extend_schema_field({"type": "array", "items": {"type": "string", "enum": [*ALL]}})
class AggregationsParameter(NamesParameter):
    """Names of aggregations; a name that comes twice is counted once."""

    def to_internal_value(self, data: Any) -> list[str]:
        names = super().to_internal_value(data)
        unknown = next((name for name in names if name not in ALL), None)
        if unknown is not None:
            raise self.fault(f"there is no {unknown[:80]!r}; there is {', '.join(ALL)}.")
        return list(dict.fromkeys(names))


@extend_schema_field({"type": "string", "enum": [*INTERVALS]})
class IntervalParameter(Parameter):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in INTERVALS:
            raise self.fault(f"it is one of {', '.join(INTERVALS)}.")
        return data


class PrecisionParameter(Parameter):
    """A whole number between two bounds."""

    bounds: tuple[int, int]

    def to_internal_value(self, data: Any) -> int:
        least, most = self.bounds
        is_whole = not isinstance(data, bool) and re.fullmatch(r"\d{1,4}", str(data), re.ASCII)
        if not is_whole or not least <= int(data) <= most:
            raise self.fault(f"it is a whole number from {least} to {most}.")
        return int(data)


@extend_schema_field({"type": "integer", "minimum": GEOHASH[0], "maximum": GEOHASH[1]})
class GeohashParameter(PrecisionParameter):
    bounds = GEOHASH


@extend_schema_field({"type": "integer", "minimum": GEOTILE[0], "maximum": GEOTILE[1]})
class GeotileParameter(PrecisionParameter):
    bounds = GEOTILE


class ChoiceParameters(SearchParameters):
    """What chooses items; pages, and all that is about them, have no meaning here."""

    f = FormatParameter()  # type: ignore[assignment]

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields().items()
        return {name: field for name, field in fields if name not in OF_THE_ANSWER - {"f"}}


@extend_schema_field({"type": "string", "enum": ["mvt"]})
class TileFormatParameter(FormatParameter):
    """Of a map tile."""


class TileParameters(ChoiceParameters):
    f = TileFormatParameter()


class AggregateParameters(ChoiceParameters):
    """STAC API Aggregation 0.3.0, "Filter Parameters and Fields"."""

    aggregations = AggregationsParameter(default=list, help_text="What to count.")
    datetime_frequency_interval = IntervalParameter(
        help_text="Where it is left out, one that suits the time which the items span."
    )
    centroid_geohash_grid_frequency_precision = GeohashParameter(
        default=3, help_text="Characters of each geohash."
    )
    centroid_geotile_grid_frequency_precision = GeotileParameter(
        default=5, help_text="The zoom of the tiles, z/x/y of web mercator."
    )


# What says how to count; all else chooses the items.
OF_THE_COUNT = frozenset(AggregateParameters().fields) - frozenset(SearchParameters().fields)
