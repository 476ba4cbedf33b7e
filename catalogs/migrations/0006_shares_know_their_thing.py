"""Links that were made before are of the thing of that id, if it is older than they are."""

from django.db import migrations, models

OF_COLLECTIONS = """
    UPDATE catalogs_share SET thing_created = its.created FROM stac_collection its
    WHERE kind = 'collection' AND its.id = collection AND its.created <= catalogs_share.created
"""
OF_ITEMS = """
    UPDATE catalogs_share SET thing_created = its.created FROM stac_item its
    WHERE kind = 'item' AND its.collection_id = collection AND its.id = item
    AND its.created <= catalogs_share.created
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalogs", "0005_shares"),
        ("stac", "0012_contents"),
    ]

    operations = [
        migrations.AddField(
            model_name="share",
            name="thing_created",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(OF_COLLECTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(OF_ITEMS, migrations.RunSQL.noop),
    ]
