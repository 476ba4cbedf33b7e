import django.utils.timezone
from django.db import migrations, models

_NAME = {"max_length": 256, "db_collation": "C"}


def _id() -> tuple[str, models.Field]:
    words = {"auto_created": True, "primary_key": True, "serialize": False, "verbose_name": "ID"}
    return "id", models.BigAutoField(**words)


class Migration(migrations.Migration):
    dependencies = [
        ("stac", "0012_contents"),
    ]

    operations = [
        # Filters by clouds use the index that orders by them.
        migrations.RemoveIndex(model_name="item", name="item_by_cloud"),
        migrations.CreateModel(
            name="Asked",
            fields=[
                _id(),
                ("day", models.DateField()),
                ("name", models.CharField(**_NAME)),
                ("kind", models.CharField(max_length=8)),
                ("use", models.CharField(max_length=8)),
                ("slowness", models.PositiveSmallIntegerField()),
                ("count", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        "day", "name", "kind", "use", "slowness", name="asked_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PropertyIndex",
            fields=[
                _id(),
                ("name", models.CharField(**_NAME)),
                ("kind", models.CharField(max_length=8)),
                ("descending", models.BooleanField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("building", "Building"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                            ("dropping", "Dropping"),
                        ],
                        default="building",
                        max_length=8,
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("problem", models.TextField(blank=True)),
                ("by", models.CharField(blank=True, max_length=254)),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
                ("ready", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint("name", "kind", "descending", name="one_index_per_key")
                ],
            },
        ),
    ]
