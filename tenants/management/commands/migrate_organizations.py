"""Brings every organization's schema to this version."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import schemas
from tenants.dumps import DumpRefused


class Command(BaseCommand):
    help = (
        "Migrates the schemas of all organizations that are not at this version yet, several at a"
        " time. Cut off, it goes on where it was; run twice at once, both share the work."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=4, help="how many at a time")

    def handle(self, *args: Any, **options: Any) -> None:
        told = self.stdout.write if options["verbosity"] else lambda line: None
        run = schemas.Run(told)
        run.start(max(1, options["threads"]))
        if run.failed:
            left = schemas.outdated().count()
            raise CommandError(f"{run.migrated} migrated; {left} are not at this version.")
        try:
            schemas.keep_template()
        except (DumpRefused, FileNotFoundError) as fault:
            told(f"No template for new organizations, which are made more slowly: {fault}")
        told(f"{run.migrated} migrated; all organizations are at this version.")
