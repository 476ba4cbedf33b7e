"""Takes in a static catalog, or what a STAC API answered, from files."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...errors import Refused
from ...importing import Outcome, Status, Verbs, Wishes, import_from

_QUIET = (Status.SAME, Status.WALKED)


class Command(BaseCommand):
    help = (
        "Imports a static catalog (its folder, or a zip of it), or a file of items or "
        "collections as a STAC API answers them. May be run again: nothing is doubled."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="a folder, a zip or a JSON file")
        parser.add_argument("--collection", default="", help="for items that belong to none")
        parser.add_argument("--address", default="", help="where the catalog is published")
        parser.add_argument("--upgrade", action="store_true", help="older documents to STAC 1.1.0")
        parser.add_argument("--replace", action="store_true", help="other versions of what is here")

    def handle(self, *args: Any, **options: Any) -> None:
        wishes = Wishes(
            options["collection"], options["address"], options["upgrade"], options["replace"]
        )
        try:
            self.say(import_from(options["source"], wishes, self.verbs()), options["verbosity"])
        except Refused as refused:
            raise CommandError(refused.message) from refused

    def verbs(self) -> Verbs:
        return Verbs()

    def say(self, outcomes: Iterable[Outcome], verbosity: int) -> None:
        counts: Counter[str] = Counter()
        for each in outcomes:
            counts[each.status] += 1
            if each.status not in _QUIET or verbosity > 1:
                reason = f": {each.reason}" if each.reason else ""
                self.stdout.write(f"{each.status:8} {each.type} {each.id} ({each.place}){reason}")
        told = ", ".join(f"{count} {status}" for status, count in counts.items())
        self.stdout.write(f"{told or 'nothing to import'}.")
