"""One organization into a folder: `manage.py back_up acme /backups/acme-monday`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from catalogs.storage import StorageUnavailable
from gistac import backups
from tenants.dumps import DumpRefused
from tenants.models import Organization


class Command(BaseCommand):
    help = "Copies one organization into a new folder: catalog, people, keys, files, checksums."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", help="its slug")
        parser.add_argument("folder", type=Path, help="must not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization {options['organization']!r}.")
        try:
            about = backups.back_up(organization, options["folder"])
        except (DumpRefused, StorageUnavailable, DatabaseError, OSError) as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{organization.slug} is in {options['folder']}: {about['files']} files.")
