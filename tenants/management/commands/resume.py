"""Serves a suspended organization again, or takes a deletion back: `manage.py resume acme`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import lifecycle
from tenants.lifecycle import LifecycleRefused
from tenants.management.commands.suspend import named
from tenants.models import Organization


class Command(BaseCommand):
    help = "Serves an organization again that was suspended, or deleted not long ago."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", help="its slug")

    def handle(self, *args: Any, **options: Any) -> None:
        found = named(options["organization"])
        try:
            if found.state == Organization.State.DELETING:
                lifecycle.keep(found, by=None)
            else:
                lifecycle.resume(found)
        except LifecycleRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{found.slug} is served again.")
