"""What a search finds, as map tiles: OGC API Tiles 1 (WebMercatorQuad), Mapbox Vector Tile 2.1.

A tile draws the `footprints`, each with `collection` and `id`, as long as there are no more than
`MOST_DRAWN`; else a grid of `cells`, each with the `count` of footprints whose box touches it. Up
to `MOST_COUNTED` all are counted; beyond, a sample of the table's pages tells, and the cells are
`estimated`: what a tile costs does not grow with the catalog.
"""

import hashlib
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from django.contrib.gis.geos import Polygon
from django.db import connections
from django.db.models import F, Func, QuerySet, Value
from django.db.models.aggregates import StringAgg
from django.db.models.functions import MD5
from django.db.models.sql.datastructures import BaseTable

from . import sql
from .errors import Invalid
from .search import CollectionQuerySet, ItemQuerySet

MOST_DRAWN = 5_000
MOST_COUNTED = 10_000
SAMPLED = 6_000  # pages of the table, of 8 kB
WIDE = 5  # zoom from which on tiles cover little
DEEPEST = 24  # zoom
MOST_KEPT = 32 * 2**20  # bytes of tiles that a process keeps
ENTRY = 300  # bytes that keeping one costs, also one where nothing lies
EXTENT = 4_096  # units across a tile
BUFFER = 64  # units around it, so that no outline ends at its edge
CELLS = 32  # across a tile
SMALLEST = EXTENT // 1024  # units: half a pixel of a tile that is drawn with 512
NORTHERNMOST = 85.0511287798066  # degrees; web mercator ends there

_SIDES = ("west", "south", "east", "north")


@dataclass(frozen=True)
class Tile:
    """By the names of OGC 17-083r4: row 0 is the northernmost, column 0 begins at 180° west."""

    matrix: int
    row: int
    column: int

    @classmethod
    def at(cls, matrix: int, row: int, column: int) -> Self:
        """Raises `Invalid` for what is not on the map."""
        if matrix > DEEPEST:
            message = f"tileMatrix: it is a whole number from 0 to {DEEPEST}."
            raise Invalid(message, parameter="tileMatrix")
        last = 2**matrix - 1
        for name, number in (("tileRow", row), ("tileCol", column)):
            if number > last:
                raise Invalid(f"{name}: at this zoom it runs from 0 to {last}.", parameter=name)
        return cls(matrix, row, column)

    @property
    def box(self) -> Polygon:
        """In degrees, with the buffer around it."""
        over, across = BUFFER / EXTENT, 2**self.matrix
        west, east = (x / across * 360 - 180 for x in (self.column - over, self.column + 1 + over))
        south, north = (_latitude(y / across) for y in (self.row + 1 + over, self.row - over))
        box = Polygon.from_bbox((max(west, -180), south, min(east, 180), north))
        box.srid = 4326
        return box

    @property
    def words(self) -> dict[str, Any]:
        """What the statements below say of it."""
        return {
            "is_wide": self.matrix < WIDE,
            "most_drawn": MOST_DRAWN,
            "most_counted": MOST_COUNTED,
            "extent": EXTENT,
            "buffer": BUFFER,
            "smallest": SMALLEST,
            "northernmost": NORTHERNMOST,
            "cells": CELLS,
            "side": EXTENT // CELLS,
            "envelope": f"ST_TileEnvelope({self.matrix}, {self.column}, {self.row})",
            "unit": 40_075_016.68557849 / 2**self.matrix / EXTENT,  # metres, of the projection
            "across": 2**self.matrix * CELLS,  # cells around the Earth
            "left": self.column * CELLS,
            "top": self.row * CELLS,
        }


def _latitude(down: float) -> float:
    """Of a place on the map between its upper edge (0) and its lower one (1)."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * min(max(down, 0), 1)))))


# PostgreSQL works a part out when it is asked for, so what a tile does not need is not read. Where
# a tile covers much of the Earth the sample says first whether it is worth looking for the rows.
_STATEMENT = """
WITH sample AS MATERIALIZED ({sample}),
    many AS MATERIALIZED (SELECT * FROM ({boxes}) AS found LIMIT {most_counted} + 1)
SELECT CASE
    WHEN {is_wide} AND (SELECT count(*) FROM sample) / {share} > {most_counted} THEN ({estimated})
    WHEN NOT EXISTS (SELECT FROM many OFFSET {most_drawn}) THEN ({footprints})
    WHEN NOT EXISTS (SELECT FROM many OFFSET {most_counted}) THEN ({counted})
    ELSE ({estimated})
END
"""

# Beyond the ends of the map nothing can be projected. What is too small to be seen is a point.
_FOOTPRINTS = """
SELECT ST_AsMVT(drawn, 'footprints', {extent}, 'shape') FROM (
    SELECT ST_AsMVTGeom(
        CASE WHEN greatest(ST_XMax(flat) - ST_XMin(flat), ST_YMax(flat) - ST_YMin(flat))
            < {smallest} * {unit} THEN ST_Centroid(flat)
            ELSE ST_Simplify(flat, {smallest} * {unit}, true) END,
        {envelope}, {extent}, {buffer}, true
    ) AS shape, collection, id
    FROM (
        SELECT collection_id AS collection, stac_id AS id, ST_Transform(ST_ClipByBox2D(
            footprint, ST_MakeEnvelope(-180, -{northernmost}, 180, {northernmost}, 4326)
        ), 3857) AS flat
        FROM ({shapes} LIMIT {most_drawn}) AS few OFFSET 0
    ) AS flattened
) AS drawn WHERE shape IS NOT NULL
"""

# Each box adds one from its first cell on and takes it away after its last, across and down; the
# running sums of these are what lies over each cell. So boxes of many cells cost what others do.
_CELLS = """
WITH boxes AS (
    SELECT greatest(x0, 0)::int AS x0, least(greatest(x1, x0), {cells} - 1)::int AS x1,
           greatest(y0, 0)::int AS y0, least(greatest(y1, y0), {cells} - 1)::int AS y1,
           count(*) AS n
    FROM (
        SELECT least(floor((half.w + 180) / 360 * {across}), {across} - 1) - {left} AS x0,
               ceil((half.e + 180) / 360 * {across}) - 1 - {left} AS x1,
               floor((1 - asinh(tand(least(north, {northernmost}))) / pi()) / 2 * {across}) - {top}
                   AS y0,
               ceil((1 - asinh(tand(greatest(south, -{northernmost}))) / pi()) / 2 * {across}) - 1
                   - {top} AS y1
        FROM {rows}, LATERAL (
            SELECT west, CASE WHEN west > east THEN 180 ELSE east END
            UNION ALL SELECT -180, east WHERE west > east
        ) AS half (w, e)
    ) AS placed
    WHERE x0 < {cells} AND greatest(x1, x0) >= 0 AND y0 < {cells} AND greatest(y1, y0) >= 0
    GROUP BY 1, 2, 3, 4
), corners AS (
    SELECT x, y, sum(change) AS change FROM boxes, LATERAL (VALUES
        (x0, y0, n), (x1 + 1, y0, -n), (x0, y1 + 1, -n), (x1 + 1, y1 + 1, n)
    ) AS corner (x, y, change) GROUP BY x, y
), grid AS (
    SELECT x, y, sum(above) OVER (PARTITION BY y ORDER BY x) AS n FROM (
        SELECT x, y, sum(coalesce(change, 0)) OVER (PARTITION BY x ORDER BY y) AS above
        FROM generate_series(0, {cells} - 1) AS x CROSS JOIN generate_series(0, {cells} - 1) AS y
            LEFT JOIN corners USING (x, y)
    ) AS columns
)
SELECT ST_AsMVT(cell, 'cells', {extent}, 'shape') FROM (
    SELECT ST_ForcePolygonCCW(ST_MakeEnvelope(x * {side}, y * {side}, (x + 1) * {side},
        (y + 1) * {side})) AS shape, round(n / {share})::bigint AS count, {share} < 1 AS estimated
    FROM grid WHERE n > 0
) AS cell
"""


class _Sample(BaseTable):
    """So many pages of the table, always the same ones; filters are asked of their rows."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        said, parameters = super().as_sql(compiler, connection)
        return f"{said} TABLESAMPLE SYSTEM (100 * {_share()}) REPEATABLE (0)", parameters


def _share() -> str:
    """Of the table, that the sample is."""
    return f"least(1, {SAMPLED} * 8192.0 / greatest(pg_relation_size('stac_item'), 1))"


def statement(found: ItemQuerySet, tile: Tile) -> str:
    """The SQL that makes the tile, its values in it."""
    inside = found.filter(geometry__bboverlaps=tile.box).order_by()
    boxes = inside.values(*_SIDES)
    shape = Func(F("geometry"), template="%(expressions)s", output_field=sql.TEXT)
    words = {**tile.words, "share": _share()}
    return _STATEMENT.format(
        **words,
        sample=_text(_sampled(boxes)),
        boxes=_text(boxes),
        footprints=_FOOTPRINTS.format(
            **words, shapes=_text(inside.values("collection_id", "stac_id", footprint=shape))
        ),
        counted=_CELLS.format(**{**words, "share": 1}, rows="many"),
        estimated=_CELLS.format(**words, rows="sample"),
    )


def _sampled(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    sampled = rows.all()
    alias = sampled.query.get_initial_alias()
    table = _Sample(sampled.model._meta.db_table, alias)
    sampled.query.alias_map = {**sampled.query.alias_map, alias: table}
    return sampled


def _text(rows: QuerySet[Any, Any]) -> str:
    """A list of no ids finds nothing, and is SQL all the same."""
    said, parameters = rows.query.get_compiler(rows.db, elide_empty=False).as_sql()
    operations: Any = connections[rows.db].ops
    text: str = operations.compose_sql(said, parameters)
    return text


def version(statement: str, homes: CollectionQuerySet) -> str:
    """Another one whenever the tile could be: by what is asked, and what `homes` contain."""
    each = sql.infix("||", F("pk"), F("contents"), sql.TEXT)
    states = homes.aggregate(all=MD5(StringAgg(each, Value(","), order_by="pk")))["all"]
    return hashlib.sha256(f"{states} {statement}".encode()).hexdigest()[:32]


def draw(statement: str, found: ItemQuerySet) -> bytes:
    """The tile; nothing where nothing lies."""
    with connections[found.db].cursor() as cursor:
        cursor.execute(statement)
        return bytes(cursor.fetchone()[0] or b"")


class Drawn:
    """Tiles that were drawn lately, by their versions: what many look at is drawn once."""

    def __init__(self, most: int) -> None:
        self.most = most  # bytes
        self.size = 0
        self.tiles: OrderedDict[str, bytes] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, version: str, draw: Callable[[], bytes]) -> bytes:
        with self.lock:
            if version in self.tiles:
                self.tiles.move_to_end(version)
                return self.tiles[version]
        tile = draw()
        with self.lock:
            if version not in self.tiles:
                self.tiles[version] = tile
                self.size += len(tile) + ENTRY
            while self.size > self.most:
                self.size -= len(self.tiles.popitem(last=False)[1]) + ENTRY
        return tile


drawn = Drawn(MOST_KEPT)
