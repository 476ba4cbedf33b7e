"""Plans and who has them: shown, changed, given."""

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalogs import room
from gistac.limits import numbers
from tenants import gauges, plans
from tenants.current import tenant_scope
from tenants.models import Organization, Plan
from tenants.plans import PlanRefused

_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


class Command(BaseCommand):
    help = (
        "Without arguments: the plans. With an organization: what it uses of its plan. "
        "--change makes a plan or changes its limits; --give gives a plan to the organization."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", nargs="?", help="its slug")
        parser.add_argument("--give", metavar="PLAN")
        parser.add_argument("--change", metavar="PLAN", help="with the options below")
        for limit in Plan.LIMITS:
            name = limit.replace("_", "-")
            parser.add_argument(
                f"--{name}", type=amount, dest=limit, help="a number, 50GB, or none for no limit"
            )

    def handle(self, *args: Any, **options: Any) -> None:
        limits = {name: options[name] for name in Plan.LIMITS if options[name] is not None}
        try:
            if options["change"]:
                known = {name: None if v < 0 else v for name, v in limits.items()}
                plans.change(options["change"], known)
            elif limits:
                raise CommandError("Say by --change of which plan these are the limits.")
            if options["give"]:
                plans.give(organization(options["organization"]), options["give"])
        except PlanRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.show(options["organization"])

    def show(self, slug: str | None) -> None:
        if slug is None:
            for plan in Plan.objects.order_by("name"):
                having = Organization.objects.filter(plan=plan).count()
                self.stdout.write(f"{plan.name} (organizations: {having})")
                for gauge in gauges.of(plan, {}):
                    self.stdout.write(f"  {gauge.name}: {_limit(gauge.limit)}")
            return
        found = organization(slug)
        with tenant_scope(found):
            used = gauges.now(found, sum(room.held().values()), room.items())
        self.stdout.write(f"{found.slug}: plan {found.plan_id}")
        for gauge in used:
            self.stdout.write(f"  {gauge.name}: {numbers(gauge)}")


def amount(text: str) -> int:
    """Bytes or items; -1 for none. A thousand kB are a MB, as pages have it."""
    if text.lower() == "none":
        return -1
    found = re.fullmatch(r"([0-9]{1,18})([kmgt]b)?", text.strip(), re.IGNORECASE)
    if found is None:
        raise ValueError(text)
    return int(found[1]) * _UNITS[(found[2] or "").lower()]


def organization(slug: str | None) -> Organization:
    found: Organization | None = Organization.objects.filter(slug=slug or "").first()
    if found is None:
        raise CommandError(f"There is no organization {slug!r}." if slug else "Name one.")
    return found


def _limit(limit: int | None) -> str:
    return "no limit" if limit is None else f"{limit:,}"
