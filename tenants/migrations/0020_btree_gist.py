from django.db import migrations


class Migration(migrations.Migration):
    """Before the organizations' own migrations, which run side by side and need it."""

    dependencies = [
        ("tenants", "0019_usage_of_a_day"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public",
            migrations.RunSQL.noop,
        ),
    ]
