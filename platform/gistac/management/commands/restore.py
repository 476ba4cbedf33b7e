"""One organization out of a folder that `back_up` made."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from catalogs.storage import StorageUnavailable
from gistac.backups import Backup
from tenants.dumps import DumpRefused


class Command(BaseCommand):
    help = (
        "Puts an organization back as it was backed up: its catalog in any case, its people and"
        " keys where it is gone. With --beside it becomes another organization."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--beside", metavar="SLUG", help="the slug of the other organization")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            backup = Backup(options["folder"])
            beside = options["beside"]
            restored = backup.restore_beside(beside) if beside else backup.restore()
        except (DumpRefused, StorageUnavailable, DatabaseError, OSError) as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{restored.slug} is as it was at {backup.about['made']}.")
