"""Which organization an address leads to is remembered for a moment, and how many items its plan
allows; nothing else is."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants import served
from tenants.models import Organization, Plan

State = Organization.State


@pytest.fixture
def remembered(settings, acme):
    settings.DOORS_KNOWN_FOR = 600
    served._known.clear()
    yield acme
    served._known.clear()


def asked(client, path):
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)
    found = [each["sql"] for each in captured if '"tenants_organization"."slug" =' in each["sql"]]
    return answer.status_code, len(found)


def test_the_second_request_asks_no_more(client, remembered):
    landing = "/o/acme/stac/conformance"
    assert asked(client, landing) == (200, 1)
    assert asked(client, landing) == (200, 0)


def test_what_is_changed_is_so_after_a_moment(client, remembered, settings):
    settings.DOORS_KNOWN_FOR = 0.2
    landing = "/o/acme/stac/conformance"
    assert asked(client, landing) == (200, 1)
    Organization.objects.filter(pk=remembered.pk).update(state=State.SUSPENDED)
    deadline = time.monotonic() + 5
    while asked(client, landing)[0] == 200:
        assert time.monotonic() < deadline
    Organization.objects.filter(pk=remembered.pk).update(state=State.ACTIVE)
    assert asked(client, landing)[0] == 200, "what is not there is not remembered"


def test_a_request_changes_nothing_for_the_next(remembered):
    served.by_slug("acme").name = "Changed"
    assert served.by_slug("acme").name == remembered.name


def test_as_many_as_fit(remembered, monkeypatch):
    monkeypatch.setattr(served, "MOST", 1)
    for slug in ("acme", "other", "acme"):
        assert served.by_slug(slug).slug == slug
    assert len(served._known) == 1


@pytest.mark.parametrize("limit", [None, 7])
def test_a_plans_limit_is_remembered_for_a_moment(remembered, settings, limit):
    plans = Plan.objects.filter(pk=remembered.plan_id)
    plans.update(items=limit)
    with CaptureQueriesContext(connection) as captured:
        assert [served.most_items(remembered.plan_id) for _ in range(3)] == [limit] * 3
    assert len(captured) == 1
    plans.update(items=8)
    assert served.most_items(remembered.plan_id) == limit
    settings.DOORS_KNOWN_FOR = 0
    served._known.clear()
    assert served.most_items(remembered.plan_id) == 8
    plans.update(items=9)
    assert served.most_items(remembered.plan_id) == 9
