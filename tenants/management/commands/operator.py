"""Makes a person an operator: `manage.py operator ada@example.org`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import operators
from tenants.backends import has_second_factor
from tenants.models import User
from tenants.operators import OperatorRefused


class Command(BaseCommand):
    help = "Lets a person look after all organizations, or with --remove no more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="of an account that is there")
        parser.add_argument("--remove", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        address = options["address"].strip().lower()
        person = User.objects.filter(email=address).first()
        if person is None:
            raise CommandError(f"Nobody here has the address {address!r}: sign up first.")
        try:
            operators.appoint(person, is_operator=not options["remove"])
        except OperatorRefused as refusal:
            raise CommandError(str(refusal)) from None
        if options["remove"]:
            self.stdout.write(f"{address} is no operator any more.")
            return
        self.stdout.write(f"{address} is an operator.")
        if not has_second_factor(person):
            self.stdout.write("They have no second factor yet, and get in once they have one.")
