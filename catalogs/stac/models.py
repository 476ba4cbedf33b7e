"""What a catalog holds. The STAC document is the truth; the columns are its index."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.gis.db import models
from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db.models import F, Func, GeneratedField, Q, Value
from django.utils import timezone

from . import boxes, documents, freetext, ranks, times, validation
from .errors import Invalid
from .geometry import ITEM_VERTICES, Footprint, GeometryField
from .remembered import Answered, Job, JobRefusal
from .search import (
    MOMENT,
    MOMENT_OF_RANGE,
    OF_RANGE,
    PERIOD,
    SECOND,
    AssetQuerySet,
    CollectionQuerySet,
    ItemQuerySet,
    TrashedQuerySet,
    rising_moment,
)
from .sight import NAMED
from .speed import Asked, PropertyIndex
from .validation import Report

__all__ = [
    "Answered",
    "Asked",
    "Asset",
    "Collection",
    "Item",
    "Job",
    "JobRefusal",
    "Named",
    "PropertyIndex",
    "Queryable",
    "Trashed",
]

Document = documents.Document

# Ids compare byte by byte, as the pages of a search are ordered.
_ID: dict[str, Any] = {"max_length": documents.LONGEST_ID, "db_collation": "C"}


def _span() -> GeneratedField:
    """The range of time as PostgreSQL searches it; a missing side is open."""
    return GeneratedField(
        expression=Func(F("start"), F("end"), Value("[]"), function="tstzrange"),
        output_field=DateTimeRangeField(),
        db_persist=True,
    )


class Stored(models.Model):
    """A document as the text it is sent as, its own addresses behind the mark."""

    body = models.TextField()
    revision = models.PositiveIntegerField(default=1)
    etag = models.CharField(max_length=40)  # without its quotes; strong (RFC 9110, 8.8.3)
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(default=timezone.now)
    # How the document that was just written stands to its extensions; not kept.
    report = Report()

    class Meta:
        abstract = True

    def to_stac(self, root: str) -> Document:
        """The document as it is sent from this root (absolute, ends with a slash)."""
        return documents.read(self.body, root)

    def keep(self, body: str) -> None:
        self.body = body
        self.etag = documents.etag(body, self.revision)


class Boxed(models.Model):
    """A box in degrees; west > east crosses the antimeridian; null covers nothing known."""

    west = models.FloatField(null=True)
    south = models.FloatField(null=True)
    east = models.FloatField(null=True)
    north = models.FloatField(null=True)

    class Meta:
        abstract = True

    @property
    def box(self) -> boxes.Box | None:
        if self.west is None or self.south is None or self.east is None or self.north is None:
            return None
        return boxes.Box(self.west, self.south, self.east, self.north)

    @box.setter
    def box(self, box: boxes.Box | None) -> None:
        self.west, self.south, self.east, self.north = box or (None, None, None, None)


class Collection(Stored, Boxed):
    """A STAC Collection (STAC 1.1.0, collection-spec).

    Where `derived`, extent and item_assets follow the items: the whole world and open time while
    there are none. Else they are its author's, and the extent only grows to hold the items.
    """

    class Visibility(models.TextChoices):
        MEMBERS = "members"  # who may view the catalog
        NAMED = "named"  # of these, who stands on its list (Named)
        PUBLIC = "public"  # everyone

    class Strictness(models.TextChoices):
        """What is done about documents that break the schema of an extension that they name."""

        OFF = validation.OFF  # extensions are not looked at
        WARN = validation.WARN  # they are taken, and whoever wrote them is told
        REJECT = validation.REJECT  # they are refused

    id = models.CharField(primary_key=True, **_ID)
    visibility = models.CharField(max_length=8, choices=Visibility, default=Visibility.MEMBERS)
    derived = models.BooleanField(default=False)
    strictness = models.CharField(max_length=6, choices=Strictness, default=Strictness.WARN)
    # Whether changes must say which version they saw (RFC 6585, 3).
    require_if_match = models.BooleanField(default=False)
    title = models.TextField(blank=True)
    description = models.TextField(blank=True)
    extent = models.GeometryField(srid=4326, spatial_index=False)
    start = models.DateTimeField(null=True)
    end = models.DateTimeField(null=True)
    span = _span()
    properties = models.JSONField(default=dict)  # what can be asked of it (documents.members)
    words = freetext.vector("id")
    count = models.BigIntegerField(default=0)  # its items
    contents = models.UUIDField(default=uuid.uuid4)  # another one after every write of its items

    objects = CollectionQuerySet.as_manager()

    class Meta:
        indexes = [
            GinIndex(fields=["words"], name="collection_by_word"),
            GinIndex(
                fields=["properties"], name="collection_by_property", opclasses=["jsonb_path_ops"]
            ),
            # Asked at every read by those who do not see all: which they do not see (sight.py).
            models.Index("id", name="collection_for_named", condition=Q(visibility=NAMED)),
        ]
        permissions = [
            ("view_every_collection", "Can view collections that are for named ones"),
        ]

    def __str__(self) -> str:
        return self.title or self.id

    @classmethod
    def from_stac(cls, document: Document, *, derived: bool = False) -> "Collection":
        """An unsaved Collection of a STAC 1.0 or 1.1 document; raises `Invalid`."""
        collection = cls(derived=derived)
        collection.take(document)
        return collection

    def take(
        self, document: Document, held: Iterable[str] = (), strictness: str = validation.OFF
    ) -> None:
        """Makes this document the collection's, and derives its columns."""
        documents.check_type(document, "Collection")
        self.id = documents.check_id(document.get("id"))
        if self.derived:
            document = {**document, "extent": self.known_extent()}
        body, self.report = documents.collection_body(document, held, strictness)
        self.keep(body)
        self.properties = documents.members(document)
        self.title = document.get("title") or ""
        self.description = document.get("description") or ""
        if not self.derived:
            self.box, (self.start, self.end) = _declared(document["extent"])
        self.extent = boxes.shape(self.box or boxes.WORLD)

    def held_keys(self) -> list[str]:
        """Keys of the collection's own assets whose bytes we hold."""
        return list(self.held_assets.filter(item=None).values_list("key", flat=True))

    def known_extent(self) -> dict[str, Any]:
        """The Extent Object of the columns (STAC 1.1.0, collection-spec, "Extent Object")."""
        interval = [moment and times.text(moment) for moment in (self.start, self.end)]
        return {
            "spatial": {"bbox": [list(self.box or boxes.WORLD)]},
            "temporal": {"interval": [interval]},
        }


def _declared(extent: dict[str, Any]) -> tuple[boxes.Box, times.Interval]:
    box = boxes.on_earth(boxes.flat(extent["spatial"]["bbox"][0]))
    if box is None:
        at = "/extent/spatial/bbox/0"
        raise Invalid("A box is west, south, east, north, in degrees on Earth.", pointer=at)
    at = "/extent/temporal/interval/0"
    start, end = (_instant(side, at) for side in extent["temporal"]["interval"][0])
    if start and end and start > end:
        raise Invalid("The extent ends before it starts.", pointer=at)
    return box, (start, end)


def _instant(text: str | None, pointer: str) -> Any:
    try:
        return None if text is None else times.parse(text)
    except Invalid as fault:
        raise Invalid(fault.message, pointer=pointer) from fault


class Item(Stored, Boxed):
    """A STAC Item (STAC 1.1.0, item-spec), stored as the text it is sent as."""

    key = models.BigAutoField(primary_key=True)
    # No index of its own: the indexes below begin with it.
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="items", db_index=False)
    stac_id = models.CharField(db_column="id", **_ID)
    # Two-dimensional, cut at the antimeridian, valid; the body keeps what was sent.
    geometry = models.GeometryField(srid=4326, null=True, spatial_index=False)
    lowest = models.FloatField(default=0)  # metres; 0 where there are no elevations
    highest = models.FloatField(default=0)
    datetime = models.DateTimeField(null=True)
    start = models.DateTimeField(null=True)
    end = models.DateTimeField(null=True)
    span = _span()
    properties = models.JSONField()
    words = freetext.vector("stac_id")

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("stac_id", "collection", name="one_item_per_id_in_collection")
        ]
        indexes = [
            # Gives what lies in a place in the order of time (near.py).
            GistIndex(PERIOD, F("geometry"), SECOND, name="item_by_place"),
            GistIndex("span", name="item_by_time"),
            GinIndex(fields=["words"], name="item_by_word"),
            models.Index(MOMENT.desc(), "collection", "stac_id", name="item_latest"),
            models.Index("collection", MOMENT.desc(), "stac_id", name="item_latest_in_collection"),
            models.Index(
                rising_moment(F("datetime")), "collection", "stac_id", name="item_earliest"
            ),
            # The newest of these is asked for at every search of a time (search.py).
            models.Index(MOMENT_OF_RANGE.desc(), name="item_of_range", condition=OF_RANGE),
            models.Index(ranks.CLEAREST.key, "collection", "stac_id", name="item_clearest"),
            # What filters ask most: any property equal to something. What else a catalog is asked
            # often gets indexes of its own (indexes.py).
            GinIndex(fields=["properties"], name="item_by_property", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return self.stac_id

    @classmethod
    def from_stac(
        cls,
        document: Document,
        collection: Collection,
        held: Iterable[str] = (),
        strictness: str | None = None,
        footprint: Footprint | None = None,
    ) -> "Item":
        """An unsaved Item of a STAC 1.0 or 1.1 document; raises `Invalid`.

        `held` names the assets whose bytes we hold: their href becomes the gate's. Extensions are
        looked at as the collection has it, unless `strictness` says otherwise. Who knows the
        document's `footprint` spares the look at its geometry.
        """
        item = cls(collection=collection)
        item.take(document, held, strictness, footprint)
        return item

    def take(
        self,
        document: Document,
        held: Iterable[str] = (),
        strictness: str | None = None,
        footprint: Footprint | None = None,
    ) -> None:
        """Makes this document the item's, and derives its columns."""
        documents.check_type(document, "Feature")
        self.stac_id = documents.check_id(document.get("id"))
        if document.get("collection", self.collection_id) != self.collection_id:
            raise Invalid("`collection` names another collection.", pointer="/collection")
        self.place(document, footprint)
        strictness = strictness or self.collection.strictness
        body, self.report = documents.item_body(document, self.collection_id, held, strictness)
        self.keep(body)
        self.properties = document["properties"]
        self.date(self.properties)

    def place(self, document: Document, footprint: Footprint | None = None) -> None:
        """Where it is; a null geometry is nowhere (RFC 7946, 3.2)."""
        self.geometry, self.box, self.lowest, self.highest = None, None, 0, 0
        if found := footprint or self._footprint(document.get("geometry"), document.get("bbox")):
            # Made a geometry when somebody asks for it; most are only written.
            self.geometry, self.box = memoryview(found.ewkb), found.box
            self.lowest, self.highest = found.lowest, found.highest

    def _footprint(self, geometry: Any, bbox: Any) -> Footprint | None:
        if geometry is None:
            return None
        if isinstance(geometry, dict) and geometry.get("type") == "GeometryCollection":
            raise Invalid("An item's geometry is no GeometryCollection.", pointer="/geometry/type")
        field = GeometryField(
            vertices=ITEM_VERTICES, at="/geometry", mend=True, crosses=boxes.says_it_crosses(bbox)
        )
        return field.to_internal_value(geometry)

    def date(self, properties: dict[str, Any]) -> None:
        """When it was: `datetime`, and the range where there is one (item-spec, "Properties")."""
        moments = [
            _instant(properties.get(name), f"/properties/{name}")
            for name in ("datetime", "start_datetime", "end_datetime")
        ]
        self.datetime, start, end = moments
        self.start, self.end = start or self.datetime, end or self.datetime
        if self.start and self.end and self.start > self.end:
            raise Invalid("The item ends before it starts.", pointer="/properties/end_datetime")


class Named(models.Model):
    """Someone whom a collection for named ones is for, as a value (sight.names)."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="named", db_index=False)
    who = models.CharField(max_length=120, db_collation="C")

    class Meta:
        constraints = [models.UniqueConstraint("collection", "who", name="named_once")]

    def __str__(self) -> str:
        return self.who


class Queryable(models.Model):
    """What the items of a collection have under one name in `properties` (queryables.py)."""

    collection = models.ForeignKey(
        Collection, models.CASCADE, related_name="queryables", db_index=False
    )
    name = models.CharField(**_ID)
    kinds = models.JSONField(default=list)  # JSON Schema types, as seen
    format = models.CharField(max_length=10, null=True)  # of all its texts; "" where they differ
    lowest = models.FloatField(null=True)
    highest = models.FloatField(null=True)
    values = models.JSONField(default=list, null=True)  # its texts; null: too many to tell

    class Meta:
        constraints = [models.UniqueConstraint("collection", "name", name="one_queryable_per_name")]

    def __str__(self) -> str:
        return self.name


class Asset(models.Model):
    """Bytes that we hold for an item or a collection; assets elsewhere stay hrefs."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="held_assets")
    item = models.ForeignKey(Item, models.CASCADE, null=True, related_name="held_assets")
    key = models.CharField(max_length=256, db_collation="C")
    name = models.CharField(max_length=512)  # in storages["assets"]
    size = models.BigIntegerField()  # bytes
    checksum = models.CharField(max_length=80)  # multihash, as in the File extension
    media_type = models.CharField(max_length=120)

    objects = AssetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "collection", "item", "key", name="one_asset_per_key", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.key


class Trashed(models.Model):
    """What was deleted, kept for a while to be restored; its files too (trash.py)."""

    class Kind(models.TextChoices):
        COLLECTION = "collection"
        ITEM = "item"
        ASSET = "asset"  # bytes that a newer version of their document no longer names

    kind = models.CharField(max_length=10, choices=Kind)
    collection = models.CharField(**_ID)
    item = models.CharField(blank=True, **_ID)
    title = models.TextField(blank=True)
    body = models.TextField(blank=True)
    # What its row had beside the body; of assets: what the document said of each.
    columns = models.JSONField(default=dict)
    queryables = models.JSONField(default=list)  # of a collection: their columns
    inside = models.PositiveIntegerField(default=0)  # items that went along with a collection
    visibility = models.CharField(max_length=8, choices=Collection.Visibility, blank=True)
    derived = models.BooleanField(default=False)
    held = models.JSONField(default=list)  # as HeldFile
    # An item that went with its collection comes back with it.
    along = models.ForeignKey("self", models.CASCADE, null=True, related_name="items")
    by = models.TextField(blank=True)
    deleted = models.DateTimeField(default=timezone.now, db_index=True)

    objects = TrashedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.item or self.collection
