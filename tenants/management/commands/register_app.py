"""Apps that may ask people to sign in here, by OpenID Connect."""

from typing import Any

from allauth.idp.oidc.models import Client
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import oidc


class Command(BaseCommand):
    help = "Registers an app, or with --remove takes one back with all its tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="as people read it; with --remove the id")
        parser.add_argument("--redirect", action="append", default=[], help="where it is sent back")
        parser.add_argument("--id", default="", help="the id it calls itself; else one is made")
        parser.add_argument("--device", action="store_true", help="it shows a code, as programs do")
        parser.add_argument("--confidential", action="store_true", help="it can keep a secret")
        parser.add_argument("--remove", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            self.remove(options["name"])
        else:
            self.register(options)

    def remove(self, id: str) -> None:
        if not Client.objects.filter(pk=id).delete()[0]:
            raise CommandError("There is no app of this id.")
        self.stdout.write("Removed.")

    def register(self, options: dict[str, Any]) -> None:
        kind = {name: options[name] for name in ("confidential", "device", "id")}
        try:
            app, secret = oidc.register(options["name"], options["redirect"], **kind)
        except oidc.AppRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"client_id: {app.pk}")
        if secret:
            self.stdout.write(f"client_secret: {secret} (shown this once)")
