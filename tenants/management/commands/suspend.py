"""Stops serving an organization: `manage.py suspend acme "spreads malware"`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import lifecycle
from tenants.lifecycle import LifecycleRefused
from tenants.models import Organization


class Command(BaseCommand):
    help = "Serves an organization to nobody from now on; nothing of it is lost."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", help="its slug")
        parser.add_argument("reason", help="kept in its audit")

    def handle(self, *args: Any, **options: Any) -> None:
        found = named(options["organization"])
        try:
            lifecycle.suspend(found, reason=options["reason"])
        except LifecycleRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{found.slug} is suspended.")


def named(slug: str) -> Organization:
    found: Organization | None = Organization.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no organization {slug!r}.")
    return found
