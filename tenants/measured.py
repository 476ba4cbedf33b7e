"""What organizations may use, and what they used; in `public`."""

from django.db import models

DEFAULT_PLAN = "default"


class Plan(models.Model):
    """What an organization may use. Where a plan says nothing (null), nothing limits it."""

    name = models.SlugField(primary_key=True, max_length=40)
    storage = models.PositiveBigIntegerField(null=True, blank=True)  # bytes of files
    items = models.PositiveBigIntegerField(null=True, blank=True)
    requests_per_minute = models.PositiveBigIntegerField(null=True, blank=True)
    # In a calendar month, by UTC:
    signed_bytes_per_month = models.PositiveBigIntegerField(null=True, blank=True)
    tiles_per_month = models.PositiveBigIntegerField(null=True, blank=True)

    LIMITS = (
        "storage",
        "items",
        "requests_per_minute",
        "signed_bytes_per_month",
        "tiles_per_month",
    )

    def __str__(self) -> str:
        return self.name


class Usage(models.Model):
    """What an organization used on one day, by UTC."""

    organization = models.ForeignKey("tenants.Organization", models.DB_CASCADE, related_name="+")
    day = models.DateField()
    requests = models.PositiveBigIntegerField(default=0, db_default=0)
    signed_bytes = models.PositiveBigIntegerField(default=0, db_default=0)
    tiles = models.PositiveBigIntegerField(default=0, db_default=0)
    # As they were when last measured on that day:
    storage = models.PositiveBigIntegerField(null=True)
    items = models.PositiveBigIntegerField(null=True)
    # The requests of one minute (since 1970) in all processes, to hold a limit together.
    minute = models.PositiveBigIntegerField(default=0, db_default=0)
    in_minute = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organization", "day", name="one_usage_per_organization_and_day"
            )
        ]
        indexes = [models.Index(fields=["day"], name="usage_of_a_day")]

    def __str__(self) -> str:
        return f"{self.organization_id} on {self.day}"


class Notice(models.Model):
    """That owners and admins were told how near a limit is: once a month, limit and level."""

    organization = models.ForeignKey("tenants.Organization", models.DB_CASCADE, related_name="+")
    month = models.DateField()  # its first day
    limit = models.CharField(max_length=30)  # a name in Plan.LIMITS
    percent = models.PositiveSmallIntegerField()  # 80 or 100

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organization", "month", "limit", "percent", name="one_notice_per_month_and_level"
            )
        ]

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.percent} % of {self.limit}"
