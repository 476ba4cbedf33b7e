from django.db import migrations


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
    ]
