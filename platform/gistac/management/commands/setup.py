"""Brings database and bucket to what this version needs; run before it, as often as you like."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from tenants import oidc


class Command(BaseCommand):
    help = "Migrates every schema, makes the cache's table and the bucket."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate_schemas", "--shared")
        for command in ("migrate_organizations", "createcachetable", "make_bucket"):
            call_command(command)
        oidc.register_stac_browser()
