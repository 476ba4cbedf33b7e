"""What is remembered of writes: what a key was answered, and bodies that are written later."""

import uuid
from typing import Any, Self

from django.db import models
from django.utils import timezone

from . import sight
from .sight import asker


class Answered(models.Model):
    """The answer that an Idempotency-Key was given, to be given again (idempotency.py)."""

    asker = models.CharField(max_length=120)
    key = models.CharField(max_length=255, db_collation="C")
    digest = models.CharField(max_length=64)  # of what was asked
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    body = models.TextField()
    created = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint("asker", "key", name="one_answer_per_key")]

    def __str__(self) -> str:
        return self.key


class JobQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """One's own; for who may change any item, all of the collections that they may see."""
        if not user.is_authenticated:
            return self.none()
        if user.has_perm("stac.change_item"):
            return sight.unhidden(self, user, "collection")
        return self.filter(asker=asker(user))


class Job(models.Model):
    """A body of items that is written beside the requests (jobs.py)."""

    class Status(models.TextChoices):  # OGC API Processes 1, 7.12
        ACCEPTED = "accepted"  # waits for a worker
        RUNNING = "running"  # a worker is at it
        SUCCESSFUL = "successful"  # all was looked at, and what is good was written
        FAILED = "failed"  # `problem` says why
        DISMISSED = "dismissed"  # cancelled; what was written before stays

    OPEN = (Status.ACCEPTED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACCEPTED)
    collection = models.CharField(max_length=256, db_collation="C")
    method = models.CharField(max_length=8)  # bulk.Method
    lenient = models.BooleanField()
    upgrade = models.BooleanField(default=False)
    name = models.CharField(max_length=512)  # in storages["assets"]; "" until it is there
    media_type = models.CharField(max_length=60)
    size = models.BigIntegerField()  # bytes
    counts = models.JSONField(default=dict)  # as bulk.Report
    done = models.PositiveIntegerField(default=0)  # items that are settled, from the first on
    progress = models.PositiveSmallIntegerField(default=0)  # percent
    problem = models.JSONField(default=dict)
    asker = models.CharField(max_length=120)
    by = models.CharField(max_length=254)
    attempt = models.PositiveIntegerField(default=0)  # which asking; an older one may not write
    run = models.PositiveIntegerField(default=0)  # which run of it; an older one may not write
    beat = models.DateTimeField(null=True)  # when the run at work last said so
    created = models.DateTimeField(default=timezone.now)
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    updated = models.DateTimeField(auto_now=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("status", "created", name="jobs_by_status")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def open(self) -> bool:
        """Whether it is not over."""
        return self.status in self.OPEN

    @property
    def sentence(self) -> str:
        """The status, for people."""
        return {
            self.Status.ACCEPTED: "It waits for its turn.",
            self.Status.RUNNING: "The items are being looked through and written.",
            self.Status.SUCCESSFUL: "All were looked at, and those that are good are written.",
            self.Status.FAILED: str(self.problem.get("description")),
            self.Status.DISMISSED: "It was cancelled; what was written before stays.",
        }[self.Status(self.status)]


class JobRefusal(models.Model):
    """One item of a job's body that was not written."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="refusals", db_index=False)
    index = models.PositiveIntegerField()
    item = models.CharField(max_length=256, null=True)
    status = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=40)
    description = models.TextField()
    pointer = models.TextField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("job", "index", name="one_refusal_per_item")]

    def __str__(self) -> str:
        return f"{self.index}: {self.description}"

    def told(self) -> dict[str, Any]:
        row = {"index": self.index, "id": self.item, "status": self.status, "code": self.code}
        more = {"description": self.description, "pointer": self.pointer}
        return {name: value for name, value in {**row, **more}.items() if value is not None}
