"""Plans, changed and given by operators; what each allows is a row (tenants/measured.py)."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction

from tenants import audit
from tenants.audit import Operator
from tenants.models import Organization, Plan

LARGEST = 2**63 - 1


class PlanRefused(Exception):
    """A plan that cannot be so; the text says why."""


@transaction.atomic
def change(name: str, limits: Mapping[str, int | None], *, by: Operator | None = None) -> Plan:
    """Sets these limits of a plan, None for no limit; one that is not there yet is made.

    It holds within seconds for all who have it, and each gets a record; so does the platform.
    """
    plan = Plan.objects.select_for_update().filter(name=name).first() or Plan(name=name)
    before = {limit: getattr(plan, limit) for limit in limits}
    for limit, value in limits.items():
        if value is not None and not 0 <= value <= LARGEST:
            raise PlanRefused("A limit is a number from 0 on.")
        setattr(plan, limit, value)
    try:
        plan.clean_fields()
    except ValidationError:
        raise PlanRefused("A plan's name is at most 40 letters, digits, - and _.") from None
    plan.save()
    for organization in [None, *Organization.objects.filter(plan=plan)]:
        audit.record(organization, by, "plan.change", before, dict(limits), plan=name)
    return plan


@transaction.atomic
def give(organization: Organization, name: str, *, by: Operator | None = None) -> None:
    """Within seconds; files and items beyond its limits stay."""
    plan = Plan.objects.filter(name=name).first()
    if plan is None:
        raise PlanRefused(f"There is no plan {name!r}.")
    locked = Organization.objects.select_for_update().get(pk=organization.pk)
    before, after = {"plan": locked.plan_id}, {"plan": plan.name}
    Organization.objects.filter(pk=organization.pk).update(plan=plan)
    audit.record(organization, by, "plan.give", before, after)
