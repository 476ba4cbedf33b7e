"""What is remembered of writes: what a key was answered."""

from django.db import models
from django.utils import timezone


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
