"""What an organization's catalog keeps beside its STAC documents; all in its own schema."""

import uuid
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Func, Value
from django.utils import timezone

from catalogs.storage import part_count, part_size


class Upload(models.Model):
    """One file on its way from somebody's disk into the catalog."""

    class State(models.TextChoices):
        UPLOADING = "uploading", "Uploading"  # parts go from the browser to the bucket
        CHECKING = "checking", "Checking"  # all bytes are here; fingerprint and header
        DESCRIBING = "describing", "Reading"  # footprint, bands, date, thumbnail
        CONVERTING = "converting", "Converting"  # a cloud-optimized copy is made
        REVIEW = "review", "Needs review"  # a draft waits for a person
        PUBLISHED = "published", "Published"  # the item can be searched
        REJECTED = "rejected", "Rejected"  # problem and advice say why
        ABORTED = "aborted", "Cancelled"  # given up by a person, or never finished

    WORKING = (State.CHECKING, State.DESCRIBING, State.CONVERTING)  # a job is at it, or will be
    FINAL = (State.PUBLISHED, State.REJECTED, State.ABORTED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=12, choices=State, default=State.UPLOADING)
    owner = models.UUIDField()  # the organization's id, as plain data
    filename = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    name = models.CharField(max_length=200, unique=True)  # in storages["assets"]
    multipart = models.CharField(max_length=1024, blank=True)  # the bucket's id; never shown
    collection = models.CharField(max_length=256, blank=True)  # asked for; "" makes one
    title = models.CharField(max_length=200, blank=True)  # of the collection to make
    checksum = models.CharField(max_length=80, blank=True)  # sha256 as a multihash
    progress = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(100)])
    code = models.CharField(max_length=40, blank=True)  # why it was rejected, for programs
    problem = models.TextField(blank=True)  # and for people
    advice = models.TextField(blank=True)
    duplicate = models.JSONField(default=dict, blank=True)  # {"collection","item"} or {"upload"}
    item_collection = models.CharField(max_length=256, blank=True)  # once published
    item = models.CharField(max_length=256, blank=True)
    attempt = models.PositiveIntegerField(default=0)  # which asking; an older job may not write
    run = models.PositiveIntegerField(default=0)  # which run of that job; an older one may not
    beat = models.DateTimeField(null=True)  # when the job at work last said so
    actor_kind = models.CharField(max_length=8)
    actor_id = models.CharField(max_length=40)
    actor_name = models.CharField(max_length=254)
    told = models.BooleanField(default=False, db_default=False)  # that it has ended, by a mail
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(auto_now=True)
    finished = models.DateTimeField(null=True)  # when the last byte was here

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(size__gt=0), name="an_upload_has_bytes"),
            models.CheckConstraint(
                condition=models.Q(progress__lte=100), name="progress_is_a_percentage"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "created"], name="uploads_by_state"),
            models.Index(fields=["checksum"], name="uploads_by_checksum"),
            models.Index(
                fields=["actor_id"],
                condition=models.Q(told=False, actor_kind="user"),
                name="uploads_untold",
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def working(self) -> bool:
        return self.state in self.WORKING

    @property
    def settled(self) -> bool:
        """Nothing will change by itself; a page can stop asking."""
        return self.state in (*self.FINAL, self.State.REVIEW)

    @property
    def part_size(self) -> int:
        return part_size(self.size)

    @property
    def part_count(self) -> int:
        return part_count(self.size)

    @property
    def folder(self) -> str:
        """Every byte held for this upload lies under this name."""
        return f"o/{self.owner}/u/{self.id}/"

    @property
    def sentence(self) -> str:
        """The state, for people."""
        return {
            self.State.UPLOADING: "On its way to the store.",
            self.State.CHECKING: "All bytes are here; checking what kind of file this is.",
            self.State.DESCRIBING: "Reading footprint, bands and date.",
            self.State.CONVERTING: "Making a cloud-optimized copy.",
            self.State.REVIEW: "Ready: look it over and publish.",
            self.State.PUBLISHED: "Published: it can be searched.",
            self.State.REJECTED: self.problem,
            self.State.ABORTED: "Cancelled.",
        }[self.State(self.state)]


class Intake(models.Model):
    """How a collection takes files in."""

    collection = models.CharField(primary_key=True, max_length=256)
    convert = models.BooleanField(
        default=True, help_text="Make a Cloud Optimized GeoTIFF beside each plain GeoTIFF."
    )

    def __str__(self) -> str:
        return self.collection

    @classmethod
    def of(cls, collection: str) -> "Intake":
        return cls.objects.filter(pk=collection).first() or cls(collection=collection)


class Draft(models.Model):
    """The item found in a file, before anyone but the members who review it can see it."""

    class Source(models.TextChoices):
        TAG = "tag"  # written in the file
        FILE_NAME = "file name"  # read from the file's name
        COLLECTION = "collection"  # the collection's default
        GUESSED = "guessed"  # worked out, may be wrong
        YOU = "you"  # somebody typed it

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)  # the upload's, where there is one
    upload = models.OneToOneField(Upload, models.CASCADE, null=True, related_name="draft")
    collection = models.CharField(max_length=256, blank=True)  # "" until one is made for it
    document = models.JSONField()
    sources = models.JSONField(default=dict)
    held = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)  # counts saves: nobody's change is lost
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.document.get("id", self.pk))

    @property
    def dated(self) -> bool:
        properties = self.document["properties"]
        return bool(properties.get("datetime") or properties.get("start_datetime"))

    @property
    def missing(self) -> str:
        """What keeps it from being published, as a sentence; "" when nothing does."""
        return "" if self.dated else "When was it taken? Give a date."

    def file(self, key: str) -> dict[str, Any] | None:
        """The bytes held for one asset: name, size, checksum, media_type."""
        return next((held for held in self.held if held["key"] == key), None)


class Export(models.Model):
    """A zip of the whole catalog, being made or there for a week."""

    class State(models.TextChoices):
        WAITING = "waiting"  # for a worker
        RUNNING = "running"
        DONE = "done"  # it can be fetched
        FAILED = "failed"  # problem says why

    OPEN = (State.WAITING, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    title = models.CharField(max_length=120)
    root = models.URLField(max_length=400)  # of the API, for addresses in it
    with_files = models.BooleanField()
    name = models.CharField(max_length=200, blank=True)  # in storages["assets"]
    multipart = models.CharField(max_length=1024, blank=True)
    progress = models.PositiveSmallIntegerField(default=0)
    items = models.PositiveBigIntegerField(default=0)
    files = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)  # bytes of the zip
    problem = models.TextField(blank=True)
    by = models.CharField(max_length=254)
    actor_kind = models.CharField(max_length=8, default="", db_default="")
    actor_id = models.CharField(max_length=40, default="", db_default="")
    attempt = models.PositiveIntegerField(default=0)  # an older one may not write
    run = models.PositiveIntegerField(default=0)  # nor an older run of it
    beat = models.DateTimeField(null=True)  # when its run last said that it lives
    created = models.DateTimeField(default=timezone.now)
    finished = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(state="waiting") | models.Q(state="running"),
                name="one_export_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.created:%Y-%m-%d %H:%M}"

    @property
    def open(self) -> bool:
        return self.state in self.OPEN


class Share(models.Model):
    """A link that shows one collection, item or search to whoever has it; shares.py."""

    class Kind(models.TextChoices):
        COLLECTION = "collection", "Collection"  # all of it, now and later
        ITEM = "item", "Item"
        SEARCH = "search", "Search"  # what it finds, whenever it is looked at

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind)
    collection = models.CharField(max_length=256, blank=True)
    item = models.CharField(max_length=256, blank=True)
    thing_created = models.DateTimeField(null=True)  # of the collection or item: its id may return
    parameters = models.JSONField(default=dict)  # of a search, as they are posted
    digest = models.CharField(max_length=64, unique=True)  # the SHA-256 of the link's token
    actor_id = models.CharField(max_length=40)  # a person, whose sight is the link's
    actor_name = models.CharField(max_length=254)
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField()
    revoked = models.DateTimeField(null=True)
    uses = models.PositiveBigIntegerField(default=0)
    last_used = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-created"], name="shares_by_age")]

    def __str__(self) -> str:
        return self.label

    @property
    def works(self) -> bool:
        return self.revoked is None and self.expires > timezone.now()


class AuditRecord(models.Model):
    """Who did what, when. Rows are only ever added; a trigger refuses anything else."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor_kind = models.CharField(max_length=8)
    actor_id = models.CharField(max_length=40)
    actor_name = models.CharField(max_length=254)
    action = models.CharField(max_length=60, db_index=True)  # scope.verb, as item.delete
    objects_named = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)  # of the request, if there was one
    request = models.CharField(max_length=64, default="", db_default="")  # its id, as in the log
    before = models.JSONField(null=True)  # what changed, as it was and as it is
    after = models.JSONField(null=True)

    class Meta:
        indexes = [
            GinIndex(
                Func("objects_named", Value("$.*"), function="jsonb_path_query_array"),
                name="audit_by_object",
            )
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.action}"
