"""Deletes an organization: `manage.py delete acme`, with `--now` for good and at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalogs import reaper
from catalogs.storage import StorageUnavailable
from gistac import removal
from tenants import lifecycle
from tenants.lifecycle import LifecycleRefused
from tenants.management.commands.suspend import named
from tenants.models import Organization


class Command(BaseCommand):
    help = (
        "Serves an organization to nobody, and removes it after 30 days in which `resume` takes"
        " that back. With --now its files and tables are removed at once, for good."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", help="its slug, to be typed once more")
        parser.add_argument(
            "--now", action="store_true", help="whatever its state is, without grace"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = named(options["organization"])
        self.stdout.write(f"{found.name}: {found.memberships.count()} members, {found.state}.")
        if (
            input(f"Type {found.slug} to delete it{' now' if options['now'] else ''}: ")
            != found.slug
        ):
            raise CommandError("That is not its short name. Nothing was done.")
        try:
            self.delete(found, now=options["now"])
        except LifecycleRefused as refusal:
            raise CommandError(str(refusal)) from None

    def delete(self, found: Organization, *, now: bool) -> None:
        if not now:
            lifecycle.delete(found, by=None)
            self.stdout.write(f"{found.slug} is served to nobody, and removed in 30 days.")
            return
        lifecycle.delete_now(found)
        try:
            with reaper.alone(str(found.pk), wait=True):
                for due in lifecycle.due_for_removal().filter(pk=found.pk):
                    removal.remove(due)
        except StorageUnavailable as fault:
            raise CommandError(f"The next sweep removes it: {fault}") from None
        gone = not Organization.objects.filter(pk=found.pk).exists()
        self.stdout.write(f"{found.slug} is {'removed' if gone else 'removed by the next sweep'}.")
