"""What is kept so that searches are fast: how they ask, and the indexes that were made for it."""

from typing import Any

from django.db import models
from django.utils import timezone

from . import ranks
from .ranks import Rank

_NAME: dict[str, Any] = {"max_length": 256, "db_collation": "C"}


class Asked(models.Model):
    """Searches of one day that used a property in one way and took about as long (asked.Use)."""

    day = models.DateField()
    name = models.CharField(**_NAME)
    kind = models.CharField(max_length=8)
    use = models.CharField(max_length=8)
    slowness = models.PositiveSmallIntegerField()
    count = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint("day", "name", "kind", "use", "slowness", name="asked_once")
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.use}"


class PropertyIndex(models.Model):
    """An index on the key of one property (ranks.Rank); indexes.py makes and drops it."""

    class State(models.TextChoices):
        BUILDING = "building"  # or waits for it
        READY = "ready"
        FAILED = "failed"  # `problem` says why
        DROPPING = "dropping"

    OPEN = (State.BUILDING, State.DROPPING)

    name = models.CharField(**_NAME)
    kind = models.CharField(max_length=8)
    descending = models.BooleanField()
    state = models.CharField(max_length=8, choices=State, default=State.BUILDING)
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True)
    by = models.CharField(max_length=254, blank=True)
    created = models.DateTimeField(default=timezone.now)
    ready = models.DateTimeField(null=True)  # since when

    class Meta:
        constraints = [
            models.UniqueConstraint("name", "kind", "descending", name="one_index_per_key")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.values}, {self.order})"

    @property
    def rank(self) -> Rank:
        return Rank(self.name, self.kind, self.descending)

    @property
    def relation(self) -> str:
        """Its name in the database, of its number alone: a property may be called anything."""
        return f"item_asked_{self.pk}"

    @property
    def values(self) -> str:
        return ranks.TITLES[self.kind]

    @property
    def order(self) -> str:
        return "highest first" if self.descending else "lowest first"

    @property
    def open(self) -> bool:
        return self.state in self.OPEN
