"""A job runs in the organization that its arguments name, or not at all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import ProgrammingError, connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from catalogs.stac.models import Item
from tenants.current import current_organization
from tenants.models import Organization

seen: list[str] = []


@app.task(name="tests.note_where")
def note_where(organization: str = "") -> None:
    here = current_organization()
    seen.append(here.slug if here else "the platform")


@app.task(name="tests.count_items")
def count_items(organization: str = "") -> None:
    seen.append(f"{Item.objects.count()} items")


@pytest.fixture
def organizations(django_db_setup, django_db_blocker) -> Iterator[dict[str, Organization]]:
    """Committed, as a worker sees them."""
    seen.clear()
    with django_db_blocker.unblock():
        yield {made.slug: made for made in Organization.objects.filter(slug__in=("acme", "other"))}
        Organization.objects.update(state=Organization.State.ACTIVE)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
        connection.close()


def run_worker() -> None:
    with app.replace_connector(app.connector.get_worker_connector()):
        app.run_worker(wait=False, listen_notify=False, install_signal_handlers=False)


def work() -> None:
    """In a thread of its own: browser tests before this one leave an event loop in theirs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(run_worker).result()


def states() -> list[str]:
    return list(ProcrastinateJob.objects.order_by("id").values_list("status", flat=True))


def test_it_works(organizations):
    for organization in organizations.values():
        note_where.defer(organization=str(organization.pk))
    note_where.defer()
    work()
    assert sorted(seen) == ["acme", "other", "the platform"]
    assert states() == ["succeeded"] * 3


def test_without_an_organization_there_are_no_items(organizations):
    count_items.defer()
    count_items.defer(organization=str(organizations["acme"].pk))
    work()
    assert seen == ["0 items"]
    assert states() == ["failed", "succeeded"]


@pytest.mark.parametrize("state", [Organization.State.SUSPENDED, Organization.State.DELETING])
def test_a_job_of_an_inactive_organization_is_not_run(organizations, state):
    Organization.objects.filter(slug="acme").update(state=state)
    note_where.defer(organization=str(organizations["acme"].pk))
    work()
    assert (seen, states()) == ([], ["aborted"])


def test_a_job_of_an_unknown_organization_is_not_run(organizations):
    note_where.defer(organization="00000000-0000-0000-0000-000000000007")
    note_where.defer(organization="no id")
    work()
    assert (seen, states()) == ([], ["aborted", "failed"])


def test_the_tests_own_runner_enters_it_too(acme, run_jobs):
    seen.clear()
    note_where.defer(organization=str(acme.pk))
    assert run_jobs() == 1
    assert seen == ["acme"]


def test_a_query_outside_an_organization_fails(db):
    with pytest.raises(ProgrammingError, match="stac_item"):
        Item.objects.count()
