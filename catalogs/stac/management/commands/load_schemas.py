"""Fills the folder of extension schemas from a folder, so that none has to be fetched."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from ... import schemas


class Command(BaseCommand):
    help = (
        "Loads the JSON Schemas of extensions from a folder. Its map.json says which address "
        "each file is of; without one, files lie as <host>/<path> of their https address."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        loaded = 0
        for address, path in _files(folder):
            try:
                schemas.keep(address, path.read_bytes())
                loaded += 1
            except (OSError, schemas.Missing) as fault:
                self.stderr.write(f"{address} was left out: {fault}")
        self.stdout.write(f"{loaded} schemas are loaded.")


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    listed = folder / "map.json"
    if listed.is_file():
        try:
            named = orjson.loads(listed.read_bytes())
            yield from ((str(address), folder / str(path)) for address, path in named.items())
        except (ValueError, AttributeError) as fault:
            raise CommandError(f"{listed} must be an object of address: file.") from fault
        return
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"https://{path.relative_to(folder).as_posix()}", path
