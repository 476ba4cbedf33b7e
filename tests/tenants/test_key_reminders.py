"""Mails before a key ends."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from tenants import key_reminders, keys
from tenants.models import ApiKey, Membership
from tenants.roles import READ_SCOPES


@pytest.fixture
def key(acme, ada) -> ApiKey:
    return keys.issue(acme, creator=ada, name="laptop", scopes=READ_SCOPES)[0]


def told(key: ApiKey, days: float) -> int:
    now = timezone.now()
    times = {"created": now - timedelta(days=90), "expires": now + timedelta(days=days)}
    ApiKey.objects.filter(pk=key.pk).update(**times)
    return key_reminders.remind()


def test_it_is_told_14_3_and_1_days_before_once_each(key, ada, run_jobs):
    assert [told(key, days) for days in (15, 13.9, 13, 4, 2.9, 2, 0.9, 0.5)] == [
        *(0, 1, 0, 0, 1, 0, 1, 0)
    ]
    run_jobs()
    assert len(mail.outbox) == 3
    sent = mail.outbox[0]
    assert sent.to == [ada.email]
    assert "laptop" in sent.subject
    assert f"http://testserver/o/acme/keys/{key.pk}/roll/" in sent.body
    assert sent.alternatives


def test_only_the_last_of_those_that_nobody_swept(key):
    assert told(key, 0.5) == 1
    assert told(key, 0.4) == 0


def test_nobody_is_told_of_what_is_over_or_rolled(key, ada):
    assert told(key, -1) == 0
    keys_made, _ = told(key, 20), keys.roll(ApiKey.objects.get(), by=ada)
    assert keys_made == 0
    assert told(key, 0.5) == 0
    ApiKey.objects.filter(pk=key.pk).update(rolled=None, revoked=timezone.now())
    assert told(key, 0.5) == 0


def test_one_that_was_made_for_a_short_life_is_not_told_of_at_once(acme, ada):
    expires = timezone.now() + timedelta(days=10)
    keys.issue(acme, creator=ada, name="short", scopes=READ_SCOPES, expires=expires)
    assert key_reminders.remind() == 0


def test_who_left_is_not_told(key, ada):
    Membership.objects.filter(user=ada).delete()
    assert told(key, 1) == 0
