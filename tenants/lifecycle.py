"""What becomes of an organization: suspended and resumed by operators, deleted by its owner.

A deleted one is served to nobody at once, and kept for 30 days in which its owner may take that
back. Then what it had is removed, in steps that can each be cut off and repeated, and its row goes
last: while there is a row, something is left to do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from tenants import audit, mail, slugs
from tenants.audit import Operator
from tenants.models import Membership, Organization, User
from tenants.roles import PERMISSIONS, Role

GRACE = timedelta(days=30)  # in which a deletion can be taken back
ORGANIZATIONS = f"{settings.PLATFORM_URL}/organizations/"
State = Organization.State
type By = User | Operator | None


class LifecycleRefused(Exception):
    """What cannot be done with an organization; the text says why."""


@contextmanager
def locked(organization: Organization) -> Iterator[Organization]:
    """Its row as it is now, in a transaction in which nobody else changes it."""
    with transaction.atomic():
        found = Organization.objects.select_for_update(no_key=True).filter(pk=organization.pk)
        now = found.first()
        if now is None:
            raise LifecycleRefused("This organization is gone.")
        yield now


def check_owner(organization: Organization, by: By) -> None:
    """Called while it is locked: a role that was taken away meanwhile counts no more. An operator
    may; on the server that is nobody."""
    if not isinstance(by, User):
        return
    role = Membership.objects.filter(user=by, organization=organization).values_list("role").first()
    if role is None or "tenants.delete_organization" not in PERMISSIONS[role[0]]:
        raise PermissionDenied("Only an owner can decide this.")


def rename(organization: Organization, name: str, *, by: User) -> None:
    with locked(organization) as found:
        if found.name == name:
            return
        audit.record(found, by, "organization.rename", {"name": found.name}, {"name": name})
        Organization.objects.filter(pk=found.pk).update(name=name)


def suspend(organization: Organization, *, reason: str, by: Operator | None = None) -> None:
    """Kept as it is and served to nobody; its keys are refused and its jobs are not run."""
    with locked(organization) as found:
        if found.state != State.ACTIVE:
            raise LifecycleRefused(f"It is {found.get_state_display().lower()} already.")
        audit.record(found, by, "organization.suspend", reason=reason)
        Organization.objects.filter(pk=found.pk).update(state=State.SUSPENDED)


def resume(organization: Organization, *, by: Operator | None = None) -> None:
    with locked(organization) as found:
        if found.state != State.SUSPENDED:
            raise LifecycleRefused(f"It is not suspended, but {found.get_state_display().lower()}.")
        audit.record(found, by, "organization.resume")
        Organization.objects.filter(pk=found.pk).update(state=State.ACTIVE)


def delete(organization: Organization, *, by: By) -> None:
    """Gone for everyone at once; taken back by `keep` until the grace is over."""
    with locked(organization) as found:
        check_owner(found, by)
        if found.state != State.ACTIVE:
            raise LifecycleRefused(f"It is {found.get_state_display().lower()} already.")
        due = timezone.now() + GRACE
        audit.record(found, by, "organization.delete", slug=found.slug, due=due.isoformat())
        changed = {"state": State.DELETING, "deletion_due": due}
        Organization.objects.filter(pk=found.pk).update(**changed)
        words: dict[str, str | int] = {"by": _named(by), "days": GRACE.days}
        words["list"] = ORGANIZATIONS
        mail.notify(found, [Role.OWNER], "people/email/deleted.html", **words)


def delete_now(organization: Organization) -> None:
    """By an operator on the server alone: no grace, in whatever state it is. The next sweep, or
    whoever asked, removes it."""
    with locked(organization) as found:
        due = timezone.now()
        audit.record(found, None, "organization.delete", slug=found.slug, due=due.isoformat())
        changed = {"state": State.DELETING, "deletion_due": due}
        Organization.objects.filter(pk=found.pk).update(**changed)


def _named(by: By) -> str:
    return str(by) if isinstance(by, User) else "GiSTAC"


def keep(organization: Organization, *, by: By) -> None:
    """Takes a deletion back; everything is as it was, keys included."""
    with locked(organization) as found:
        check_owner(found, by)
        if found.state != State.DELETING:
            raise LifecycleRefused("It is not being deleted.")
        if found.deletion_due is None or found.deletion_due <= timezone.now():
            raise LifecycleRefused("Its 30 days are over: it is being removed.")
        audit.record(found, by, "organization.keep")
        changed = {"state": State.ACTIVE, "deletion_due": None}
        Organization.objects.filter(pk=found.pk).update(**changed)


# Removal ---------------------------------------------------------------------
def due_for_removal() -> QuerySet[Organization]:
    """From now on nobody can take it back."""
    found: QuerySet[Organization] = Organization.objects.filter(
        state=State.DELETING, deletion_due__lte=Now()
    )
    return found


def drop_schema(organization: Organization) -> None:
    """With all that is in it; does nothing where it is gone already."""
    name = connection.ops.quote_name(organization.schema_name)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10s'")  # else tried again by the next sweep
        cursor.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")


def has_schema(organization: Organization) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_namespace WHERE nspname = %s", [organization.schema_name])
        return cursor.fetchone() is not None


def forget(organization: Organization, *, objects: int) -> None:
    """The row, and by it all that names it in `public` but the audit. Its slug stays locked.

    To be called when the bucket holds nothing of it any more; that no schema is left is asked here.
    """
    with transaction.atomic():
        found = due_for_removal().select_for_update().filter(pk=organization.pk).first()
        if found is None:
            return  # another sweeper was faster
        if has_schema(found):
            raise LifecycleRefused("Its schema is still there.")
        words = {"slug": found.slug, "name": found.name, "schema": found.schema_name}
        audit.record(found, None, "organization.removed", **words, objects=str(objects))
        slugs.release(found)
        found.delete()
