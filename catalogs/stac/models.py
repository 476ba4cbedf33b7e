"""What a catalog holds. The STAC document is the truth; the columns are its index."""

from django.contrib.gis.db import models
from django.contrib.postgres.fields import DateTimeRangeField
from django.db.models import F, Func
from django.utils import timezone


class Collection(models.Model):
    """A STAC Collection (STAC 1.1.0, collection-spec)."""

    class Visibility(models.TextChoices):
        MEMBERS = "members"  # who may view the catalog
        PUBLIC = "public"  # everyone

    id = models.CharField(primary_key=True, max_length=256)
    visibility = models.CharField(
        max_length=8, choices=Visibility, default=Visibility.MEMBERS, db_index=True
    )
    title = models.TextField(blank=True)
    body = models.TextField()  # the JSON text as it is sent, own hrefs behind the mark
    etag = models.CharField(max_length=40)
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.title or self.id


class Item(models.Model):
    """A STAC Item (STAC 1.1.0, item-spec), stored as the bytes it is sent as."""

    key = models.BigAutoField(primary_key=True)
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="items")
    stac_id = models.CharField(max_length=256, db_column="id")
    geometry = models.GeometryField(srid=4326, null=True, dim=3)
    datetime = models.DateTimeField(null=True)
    start = models.DateTimeField()
    end = models.DateTimeField()
    span = models.GeneratedField(
        expression=Func(F("start"), F("end"), models.Value("[]"), function="tstzrange"),
        output_field=DateTimeRangeField(),
        db_persist=True,
    )
    properties = models.JSONField()
    body = models.TextField()
    etag = models.CharField(max_length=40)
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.stac_id


class Asset(models.Model):
    """Bytes that we hold for an item or a collection; assets elsewhere stay hrefs."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="held_assets")
    item = models.ForeignKey(Item, models.CASCADE, null=True, related_name="held_assets")
    key = models.CharField(max_length=256)
    name = models.CharField(max_length=512)  # in storages["assets"]
    size = models.BigIntegerField()
    checksum = models.CharField(max_length=80)  # multihash, as in the File extension
    media_type = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.key
