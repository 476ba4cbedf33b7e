"""One type for each column of a table, found by looking at what items have."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import pyarrow as pa
import shapely

from . import times
from .documents import Document
from .errors import Invalid
from .tables import MOST_COLUMNS

# The times of the common metadata and the Timestamps extension; stac-geoparquet has them as such.
_TIMES = {
    *("datetime", "start_datetime", "end_datetime", "created", "updated"),
    *("expires", "published", "unpublished"),
}
_BOXES: dict[int, tuple[str, ...]] = {4: ("xmin", "ymin", "xmax", "ymax")}
_BOXES[6] = ("xmin", "ymin", "zmin", "xmax", "ymax", "zmax")
_SHAPES = ("geometry", "proj:geometry")
_PLAIN = {bool: "boolean", int: "integer", float: "number", str: "text", bytes: "shape"}
_PLAIN[datetime] = "time"
_ARROW = {
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "shape": pa.binary(),
    "time": pa.timestamp("us", tz="UTC"),
}


def row(item: Document) -> dict[str, Any]:
    """The item as columns: its properties beside its own members, bbox by its corners.

    A property that is named as a member of the item is called `properties.<name>`.
    """
    flat = {name: value for name, value in item.items() if name != "properties"}
    for name, value in (item.get("properties") or {}).items():
        flat[f"properties.{name}" if name in item else name] = value
    corners = _BOXES.get(len(item.get("bbox") or ()))
    if corners:
        flat["bbox"] = dict(zip(corners, map(float, item["bbox"]), strict=True))
    return {name: _told(name, value) for name, value in flat.items()}


def _told(name: str, value: Any) -> Any:
    """Times and shapes as what they are."""
    if name in _TIMES and isinstance(value, str):
        try:
            return times.parse(value)
        except Invalid:
            return value
    if name in _SHAPES and isinstance(value, dict):
        return _wkb(value) or (None if name == "geometry" else value)
    if name == "assets" and isinstance(value, dict):
        return {key: _asset(asset) for key, asset in value.items()}
    return value


def _asset(asset: Any) -> Any:
    if not isinstance(asset, dict) or "proj:geometry" not in asset:
        return asset
    return {**asset, "proj:geometry": _told("proj:geometry", asset["proj:geometry"])}


def _wkb(geometry: Any) -> Any:
    shape = shapely.from_geojson(orjson.dumps(geometry), on_invalid="ignore")
    return None if shape is None else shapely.to_wkb(shape, flavor="iso")


@dataclass
class Column:
    """What was seen under one name: a kind, and for lists and objects what is inside."""

    kind: str = ""  # nothing but null yet
    inside: "Column | None" = None
    members: dict[str, "Column"] = field(default_factory=dict)

    def see(self, value: Any) -> None:
        if value is None or self.kind == "json":
            return
        kind = _kind(value)
        if {kind, self.kind} == {"integer", "number"}:
            kind = self.kind = "number"
        self.kind = self.kind or kind
        if kind != self.kind:
            self.kind = "json"
        elif kind == "list":
            self.inside = self.inside or Column()
            for one in value:
                self.inside.see(one)
        elif kind == "object":
            for name, one in value.items():
                self.members.setdefault(name, Column()).see(one)

    def arrow(self) -> Any:
        if self.kind == "list" and self.inside:
            return pa.list_(self.inside.arrow())
        if self.kind == "object":
            return pa.struct([(name, one.arrow()) for name, one in self.members.items()])
        return _ARROW.get(self.kind, pa.string())

    def fit(self, value: Any) -> Any:
        """The value as `arrow` takes it."""
        if value is None:
            return None
        if self.kind == "json":
            return orjson.dumps(_plain(value)).decode()
        if self.kind == "list" and self.inside:
            return [self.inside.fit(one) for one in value]
        if self.kind == "object":
            return {name: self.members[name].fit(one) for name, one in value.items()}
        return value

    def leaves(self) -> int:
        if self.kind == "list" and self.inside:
            return self.inside.leaves()
        return sum(one.leaves() for one in self.members.values()) if self.members else 1


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "object" if value else "json"  # Parquet has no object without members
    return "list" if isinstance(value, list) else _PLAIN[type(value)]


def _plain(value: Any) -> Any:
    """As JSON has it again."""
    if isinstance(value, bytes):
        return orjson.loads(shapely.to_geojson(shapely.from_wkb(value)))
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


class Columns:
    """All columns of a table of items."""

    def __init__(self) -> None:
        self.known = {name: Column("text") for name in ("type", "stac_version", "id", "collection")}
        self.known |= {"geometry": Column("shape"), "datetime": Column("time")}

    def see(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            if name == "assets" and value == {}:
                continue  # readers put it back where it is missing
            self.known.setdefault(name, Column()).see(value)

    def check(self) -> None:
        """Refuses what is no table any more; asked now and then."""
        if sum(column.leaves() for column in self.known.values()) > MOST_COLUMNS:
            raise Invalid(
                f"These items need more than {MOST_COLUMNS:,} columns, too many for one table. "
                "Ask for fewer properties by `fields`, or for f=ndjson."
            )

    def schema(self) -> Any:
        return pa.schema([(name, column.arrow()) for name, column in self.known.items()])

    def fit(self, values: dict[str, Any]) -> dict[str, Any]:
        whole = {name: column.fit(values.get(name)) for name, column in self.known.items()}
        return whole if values.get("assets") else {**whole, "assets": None}

    @property
    def have_boxes(self) -> bool:
        box = self.known.get("bbox")
        return box is not None and set(_BOXES[4]) <= box.members.keys()

    def is_shape(self, name: str) -> bool:
        return name in self.known and self.known[name].kind == "shape"
