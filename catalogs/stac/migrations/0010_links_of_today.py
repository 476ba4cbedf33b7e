from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from .. import documents


def renew(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Stored bodies hold our own links; new ones came since the oldest were written."""
    for name in ("Collection", "Item"):
        rows = apps.get_model("stac", name).objects
        for row in rows.only("pk", "body", "revision").iterator(chunk_size=200):
            body = documents.renewed(row.body)
            if body != row.body:
                revision = row.revision + 1
                etag = documents.etag(body, revision)
                rows.filter(pk=row.pk).update(body=body, revision=revision, etag=etag)


class Migration(migrations.Migration):
    dependencies = [
        ("stac", "0009_jobs"),
    ]

    operations = [
        migrations.RunPython(renew, migrations.RunPython.noop),
    ]
