from django.contrib.postgres.indexes import GistIndex
from django.db import migrations, models

SECOND = (
    "COALESCE(floor(extract(epoch FROM (%(expressions)s AT TIME ZONE 'UTC')))::bigint, "
    "-100000000000)"
)


def _of_datetime(template: str) -> models.Func:
    field = models.BigIntegerField()
    return models.Func(models.F("datetime"), template=template, output_field=field)


class Migration(migrations.Migration):
    dependencies = [
        ("stac", "0015_place_and_time"),
    ]

    operations = [
        # First, since it waits for all who read: what cannot have that lock ends before the work.
        # Nobody reads items until the end, some ten seconds for a million.
        migrations.RemoveIndex(model_name="item", name="item_by_place"),
        migrations.AddIndex(
            model_name="item",
            index=GistIndex(
                models.Func(
                    _of_datetime(SECOND),
                    output_field=models.BigIntegerField(),
                    template="(%(expressions)s >> 24)",
                ),
                models.F("geometry"),
                _of_datetime(SECOND),
                name="item_by_place",
            ),
        ),
        # How many collections there are, and how many of them may be seen, decides how items are
        # searched. A small table is not looked at by itself, and is then taken for another one.
        migrations.RunSQL(
            "ALTER TABLE stac_collection SET (autovacuum_analyze_threshold = 0, "
            "autovacuum_analyze_scale_factor = 0.02)",
            "ALTER TABLE stac_collection RESET (autovacuum_analyze_threshold, "
            "autovacuum_analyze_scale_factor)",
        ),
        migrations.RunSQL("ANALYZE stac_collection", migrations.RunSQL.noop),
    ]
