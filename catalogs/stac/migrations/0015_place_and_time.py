from django.contrib.postgres.indexes import GistIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stac", "0014_ranges"),
    ]

    operations = [
        # Numbers beside a geometry in one GiST index; for all schemas of the database.
        migrations.RunSQL(
            "CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public",
            migrations.RunSQL.noop,
        ),
        # Items can be read while the new one is made: only at the end is theirs taken away.
        migrations.RenameIndex("item", new_name="item_by_place_before", old_name="item_by_place"),
        migrations.AddIndex(
            model_name="item",
            index=GistIndex(
                models.F("geometry"),
                models.Func(
                    models.F("datetime"),
                    output_field=models.BigIntegerField(),
                    template=(
                        "COALESCE(floor(extract(epoch FROM (%(expressions)s AT TIME ZONE 'UTC')))"
                        "::bigint, -100000000000)"
                    ),
                ),
                name="item_by_place",
            ),
        ),
        migrations.RemoveIndex(model_name="item", name="item_by_place_before"),
    ]
