"""What can be counted over the items of a search (STAC API Aggregation 0.3.0).

Each frequency has one key an item, so that no item is counted twice; an item without a key (no
geometry, no datetime, no such property) and the rarest keys beyond `MOST_BUCKETS` are `overflow`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.db import connections
from django.db.models import Case, F, Func, IntegerField, Max, Min, QuerySet, When

from . import sql, times
from .cql2.operands import Kind, Member
from .models import Collection

MOST_BUCKETS = 10_000
MOST_PERIODS = 100  # where the asker names no interval, the shortest that makes no more
GEOHASH = (1, 12)  # characters
GEOTILE = (0, 29)  # zoom
NORTHERNMOST = 85.0511287798066  # degrees; web mercator ends there

# Seconds, on average; their names are those of `data_type` (README, "Aggregation fields").
INTERVALS = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "day": 86_400,
    "week": 604_800,
    "month": 2_629_746,
    "year": 31_556_952,
}

Bucket = dict[str, Any]
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Aggregation:
    """`key` is the expression that puts an item into a bucket, `bucket` tells it; a single value
    has none. `property` is the member of `properties` that it is about."""

    name: str
    data_type: str
    key: Callable[[Settings], Any] | None = None
    bucket: Callable[[Any], Bucket | None] = lambda key: {"key": key, "data_type": "string"}
    property: str = ""
    in_order: bool = False  # of the keys; else the most frequent first
    always: Sequence[int] = ()  # keys whose buckets are there though empty

    def told(self) -> dict[str, str]:
        """As `/aggregations` lists it."""
        if self.key is None:
            return {"name": self.name, "data_type": self.data_type}
        kind = "frequency_distribution"
        of = {"frequency_distribution_data_type": self.data_type}
        return {"name": self.name, "data_type": kind, **of}


def _terms(name: str, property: str) -> Aggregation:
    member = Member("", Kind.UNKNOWN, property)
    return Aggregation(name, "string", lambda _: member.text(), property=property)


def _ranges(name: str, property: str, bounds: range) -> Aggregation:
    """From each bound (inclusive) to the next (exclusive); the last one is open."""
    member = Member("", Kind.UNKNOWN, property)
    lows = list(bounds)

    def key(_: Settings) -> Func:
        template = f"width_bucket(%(expressions)s, ARRAY[{','.join(map(str, lows))}]::numeric[])"
        return Func(member.number(), template=template, output_field=IntegerField())

    def bucket(number: int) -> Bucket | None:
        if number == 0:
            return None
        low, high = lows[number - 1], lows[number] if number < len(lows) else None
        told = {"key": f"{low}-{'*' if high is None else high}", "data_type": "numeric"}
        return told | {"from": low} | ({} if high is None else {"to": high})

    every = range(1, len(lows) + 1)
    return Aggregation(name, "numeric", key, bucket, property, in_order=True, always=every)


def _period(settings: Settings) -> Func:
    unit = sql.text(settings["datetime_frequency_interval"])
    template = "date_trunc(%(expressions)s, 'UTC')"
    return Func(unit, F("datetime"), template=template, output_field=sql.TIME)


def _centre() -> Func:
    """Of the footprint as it lies on Earth: where it crosses the antimeridian it is one piece."""
    shape = GeometryField()
    east = Func(F("geometry"), function="ST_ShiftLongitude", output_field=shape)
    whole = Case(When(west__gt=F("east"), then=east), default=F("geometry"), output_field=shape)
    template = "ST_WrapX(ST_Centroid(%(expressions)s), 180, -360)"
    return Func(whole, template=template, output_field=shape)


def _geohash(settings: Settings) -> Func:
    precision = int(settings["centroid_geohash_grid_frequency_precision"])
    template = f"ST_GeoHash(%(expressions)s, {precision})"
    return Func(_centre(), template=template, output_field=sql.TEXT)


# OFFSET keeps the centre from being made anew wherever it is named.
_TILE = """(
SELECT '%(zoom)d/' || LEAST(floor((ST_X(c) + 180) / 360 * n), n - 1)::bigint || '/' ||
    floor((1 - asinh(tand(ST_Y(c))) / pi()) / 2 * n)::bigint
FROM (SELECT %%(expressions)s AS c, %(across)r::float8 AS n OFFSET 0) AS centre
WHERE abs(ST_Y(c)) < %(most)r
)"""


def _geotile(settings: Settings) -> Func:
    """`z/x/y` of the web mercator tile (OGC 17-083r4, WebMercatorQuad); beyond it none."""
    zoom = int(settings["centroid_geotile_grid_frequency_precision"])
    template = _TILE % {"zoom": zoom, "across": float(2**zoom), "most": NORTHERNMOST}
    return Func(_centre(), template=template, output_field=sql.TEXT)


def _moment(value: datetime | None) -> str | None:
    return None if value is None else times.text(value)


ALL = {
    one.name: one
    for one in (
        Aggregation("total_count", "numeric"),
        Aggregation("datetime_min", "datetime"),
        Aggregation("datetime_max", "datetime"),
        Aggregation(
            "datetime_frequency",
            "datetime",
            _period,
            lambda start: {"key": _moment(start), "data_type": "datetime"},
            in_order=True,
        ),
        Aggregation("collection_frequency", "string", lambda _: F("collection_id")),
        _ranges("cloud_cover_frequency", "eo:cloud_cover", range(0, 100, 10)),
        _ranges("sun_elevation_frequency", "view:sun_elevation", range(-90, 90, 10)),
        _ranges("sun_azimuth_frequency", "view:sun_azimuth", range(0, 360, 30)),
        _ranges("off_nadir_frequency", "view:off_nadir", range(0, 90, 5)),
        _terms("platform_frequency", "platform"),
        _terms("constellation_frequency", "constellation"),
        _terms("grid_code_frequency", "grid:code"),
        Aggregation("centroid_geohash_grid_frequency", "string", _geohash),
        Aggregation("centroid_geotile_grid_frequency", "string", _geotile),
    )
}


def of_collection(collection: Collection) -> list[Aggregation]:
    """What can be counted of its items: nothing that is about a property which none has."""
    wanted = [one.property for one in ALL.values() if one.property]
    there = collection.queryables.filter(name__in=wanted).values_list("name", flat=True)
    names = {"", *there}
    return [one for one in ALL.values() if one.property in names]


def aggregate(
    found: QuerySet[Any], names: Sequence[str], settings: Settings
) -> list[dict[str, Any]]:
    """The Aggregations of these names, each once, over what a search found.

    `settings` has `datetime_frequency_interval`, or not, and the precision of each grid.
    """
    asked = [ALL[name] for name in names]
    if not asked:
        return []
    if "datetime_frequency" in names and "datetime_frequency_interval" not in settings:
        settings = {**settings, "datetime_frequency_interval": interval(found)}
    single, counted = _count(found, [one for one in asked if one.key], settings)
    return [
        _frequencies(one, counted[one.name], single["total_count"], settings)
        if one.key
        else {"name": one.name, "data_type": one.data_type, "value": single[one.name]}
        for one in asked
    ]


def interval(found: QuerySet[Any]) -> str:
    """The shortest period of which no more than `MOST_PERIODS` or so span all the items."""
    ends = found.aggregate(low=Min("datetime"), high=Max("datetime"))
    if ends["low"] is None:
        return "day"
    span = (ends["high"] - ends["low"]).total_seconds()
    return next((name for name, long in INTERVALS.items() if span < long * MOST_PERIODS), "year")


# One scan of what was found, however many aggregations: each is a grouping set of its own key.
_COUNT = """
WITH found AS ({found})
SELECT * FROM (
    SELECT COUNT(*), MIN(moment), MAX(moment), {sets} ROW_NUMBER() OVER (
        {partition} ORDER BY COUNT(*) DESC {keys}
    ) AS place
    FROM found GROUP BY GROUPING SETS (() {groups})
) AS counted
WHERE place <= %s ORDER BY place
"""

Counted = dict[str, list[tuple[Any, int]]]


def _count(
    found: QuerySet[Any], asked: Sequence[Aggregation], settings: Settings
) -> tuple[dict[str, Any], Counted]:
    """The single values, and for each frequency its keys and how many, most frequent first."""
    names = [f"k{number}" for number in range(len(asked))]
    keys = {name: one.key(settings) for name, one in zip(names, asked, strict=True) if one.key}
    rows = found.values(moment=F("datetime"), **keys)
    rows.query.clear_ordering(force=False)  # but the first so many of an order stay those
    compiler = rows.query.get_compiler(found.db, elide_empty=False)  # an empty list of ids counts 0
    inner, parameters = compiler.as_sql()
    query = _COUNT.format(
        found=inner,
        sets="".join(f"GROUPING({name}), {name}, " for name in names),
        partition="PARTITION BY " + ", ".join(f"GROUPING({name})" for name in names)
        if names
        else "",
        keys="".join(f", {name}" for name in names),
        groups="".join(f", ({name})" for name in names),
    )
    with connections[found.db].cursor() as cursor:
        cursor.execute(query, [*parameters, MOST_BUCKETS + 1])
        return _sorted_out(cursor.fetchall(), asked)


def _sorted_out(
    rows: Sequence[Sequence[Any]], asked: Sequence[Aggregation]
) -> tuple[dict[str, Any], Counted]:
    """Of a row, GROUPING is 0 beside the key that it was grouped by."""
    single: dict[str, Any] = {}
    counted: Counted = {one.name: [] for one in asked}
    for frequency, low, high, *sets, _place in rows:
        pairs = zip(asked, sets[::2], sets[1::2], strict=True)
        own = next(((one, key) for one, grouping, key in pairs if grouping == 0), None)
        if own is None:
            single = {"total_count": frequency}
            single |= {"datetime_min": _moment(low), "datetime_max": _moment(high)}
        elif own[1] is not None:
            counted[own[0].name].append((own[1], frequency))
    return single, counted


def _frequencies(
    one: Aggregation, counted: list[tuple[Any, int]], total: int, settings: Settings
) -> dict[str, Any]:
    counted = counted[:MOST_BUCKETS]
    there = {key for key, _ in counted}
    counted += [(key, 0) for key in one.always if key not in there]
    counted.sort(key=lambda pair: pair[0] if one.in_order else (-pair[1], pair[0]))
    told = [(one.bucket(key), frequency) for key, frequency in counted]
    buckets = [{**bucket, "frequency": frequency} for bucket, frequency in told if bucket]
    is_time = one.name == "datetime_frequency"
    return {
        "name": one.name,
        "data_type": f"interval_{settings['datetime_frequency_interval']}"
        if is_time
        else one.data_type,
        "buckets": buckets,
        "overflow": total - sum(bucket["frequency"] for bucket in buckets),
    }
