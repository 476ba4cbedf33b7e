from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0018_removed_addresses")]

    operations = [
        migrations.AddIndex("usage", models.Index(fields=["day"], name="usage_of_a_day")),
    ]
