"""A key is rolled: another takes its place, the old one goes on for a while."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tenants import keys
from tenants.key_limits import KeyRefused, Limits
from tenants.models import ApiKey, AuditRecord, Membership
from tenants.roles import READ_SCOPES, WRITE_SCOPES, Role


@pytest.fixture
def old(acme, ada):
    limits = {"collections": ["a"], "addresses": ["127.0.0.1"]}
    return keys.issue(acme, creator=ada, name="laptop", scopes=READ_SCOPES, **limits)


def status(text: str) -> int:
    headers = {"authorization": f"Bearer {text}"}
    return Client(headers=headers).get("/o/acme/stac/").status_code


def test_it_works(acme, ada, old):
    key, text = old
    made, new = keys.roll(key, by=ada)
    key.refresh_from_db()
    assert (made.rotated_from, made.line, made.name) == (key, key.line, "laptop")
    assert Limits.of(made) == Limits.of(key)
    assert timedelta(days=89) < made.expires - timezone.now() < timedelta(days=91)
    assert timedelta(hours=23) < key.expires - timezone.now() < timedelta(hours=25)
    assert status(text) == status(new) == 200
    ApiKey.objects.filter(pk=key.pk).update(expires=timezone.now())
    assert (status(text), status(new)) == (401, 200)


def test_without_an_overlap_the_old_one_ends_at_once(ada, old):
    _, new = keys.roll(old[0], by=ada, overlap=timedelta(0))
    assert (status(old[1]), status(new)) == (401, 200)


def test_an_overlap_does_not_lengthen_a_life(ada, old):
    soon = timezone.now() + timedelta(hours=1)
    ApiKey.objects.update(expires=soon)
    made, _ = keys.roll(old[0], by=ada, overlap=timedelta(days=7))
    old[0].refresh_from_db()
    assert old[0].expires == soon
    assert made.expires - timezone.now() <= timedelta(hours=1, seconds=1)


@pytest.mark.parametrize("overlap", [timedelta(days=8), timedelta(seconds=-1)])
def test_an_overlap_has_bounds(ada, old, overlap):
    with pytest.raises(KeyRefused, match="at most 7 days"):
        keys.roll(old[0], by=ada, overlap=overlap)


def test_it_is_rolled_once(ada, old):
    made, _ = keys.roll(old[0], by=ada)
    with pytest.raises(KeyRefused, match="rolled already"):
        keys.roll(old[0], by=ada)
    keys.roll(made, by=ada)


def test_who_rolls_it_must_be_able_to_make_it(acme, ada, ben):
    key, _ = keys.issue(acme, creator=ada, name="writes", scopes=WRITE_SCOPES)
    with pytest.raises(KeyRefused, match="Your role allows no key"):
        keys.roll(key, by=ben)
    never, _ = keys.issue(acme, creator=ada, name="x", scopes=READ_SCOPES, expires=keys.NEVER)
    Membership.objects.filter(user=ben).update(role=Role.ADMIN)
    ben.known_roles = None
    with pytest.raises(KeyRefused, match="Only an owner"):
        keys.roll(never, by=ben)
    made, _ = keys.roll(never, by=ada)
    assert made.expires is None


def test_use_of_what_is_over_is_counted_and_told_once_an_hour(ada, old):
    key, text = old
    keys.roll(key, by=ada, overlap=timedelta(0))
    assert [status(text) for _ in range(3)] == [401, 401, 401]
    key.refresh_from_db()
    assert key.denied == 3
    [told] = AuditRecord.objects.filter(action="key.denied")
    assert told.objects_named == {"key": key.key_id, "name": "laptop", "why": "expired"}


def test_a_reason_is_kept(ada, old):
    key, text = old
    keys.revoke(key, by=ada, reason=" a laptop was  lost ")
    assert key.revoke_reason == "a laptop was lost"
    assert status(text) == 401
    key.refresh_from_db()
    assert key.denied == 1
    with pytest.raises(KeyRefused, match="200 characters"):
        keys.revoke(key, by=ada, reason="x" * 201)
