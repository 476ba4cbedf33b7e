"""`migrate_organizations` of a later version, which has so many migrations more than this one."""

import shutil
import sys
import tempfile
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - after the settings stand
from django.db.migrations.loader import MigrationLoader  # noqa: E402
from django.test.utils import override_settings  # noqa: E402

from tests.live import ROOT  # noqa: E402

PACKAGE = "later_migrations"
_ONE_MORE = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("catalogs", "{before}")]
    operations = [migrations.AddField("export", "later{number}", models.IntegerField(default=0))]
"""


def main() -> None:
    ((_, before),) = MigrationLoader(None).graph.leaf_nodes("catalogs")
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / PACKAGE
        shutil.copytree(ROOT / "catalogs" / "migrations", package)
        for number in range(1, int(sys.argv[1]) + 1):
            text = _ONE_MORE.format(before=before, number=number)
            before = f"{9000 + number}_later"
            (package / f"{before}.py").write_text(text)
        sys.path.append(folder)
        with override_settings(MIGRATION_MODULES={"catalogs": PACKAGE}):
            call_command("migrate_organizations")


if __name__ == "__main__":
    main()
