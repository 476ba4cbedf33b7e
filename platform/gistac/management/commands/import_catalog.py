"""The core's import, into the catalog of one organization, with audit records."""

from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import CommandError

from catalogs import collections, items
from catalogs.audit import SYSTEM
from catalogs.stac.importing import Verbs
from catalogs.stac.management.commands import import_catalog
from tenants.current import tenant_scope
from tenants.models import Organization


class Command(import_catalog.Command):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization", help="its slug")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        active = Organization.objects.filter(state=Organization.State.ACTIVE)
        organization = active.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization {options['organization']!r}.")
        with tenant_scope(organization):
            super().handle(*args, **options)

    def verbs(self) -> Verbs:
        return Verbs(
            create_collection=partial(collections.create, actor=SYSTEM),
            replace_collection=partial(collections.replace, actor=SYSTEM),
            write_items=partial(items.write_all, actor=SYSTEM),
            replace_item=partial(items.replace, actor=SYSTEM),
        )
