"""Every mail has a subject, a text, the same in HTML, and links that lead somewhere."""

import re
from datetime import datetime
from pathlib import Path

import allauth
import pytest
from django.conf import settings
from django.core import mail

from tenants.mail import notify
from tenants.models import Membership, Organization
from tenants.roles import Role
from ui.accounts import AccountAdapter

pytestmark = pytest.mark.django_db
OURS = settings.BASE_DIR / "templates"
THEIRS = Path(allauth.__file__).parent / "templates"
# Nobody has a password or a telephone number here.
NEVER_SENT = re.compile("password|phone")
HOSTILE = "<b>Bob</b> & Co.\nhttp://evil.example/"
WORDS = {
    "code": "123456",
    "timestamp": datetime(2026, 5, 4, 3, 2),
    "ip": "192.0.2.7",
    "user_agent": HOSTILE,
    "provider": HOSTILE,
    "from_email": "a@example.org",
    "to_email": "b@example.org",
    "deleted_email": "c@example.org",
}
FIRST = "&lt;b&gt;Bob&lt;/b&gt; &amp; Co."


def of_allauth() -> list[str]:
    found = (str(path.relative_to(THEIRS)) for path in THEIRS.glob("*/email/*_message.txt"))
    return sorted(path.removesuffix("_message.txt") for path in found if "base_" not in path)


@pytest.mark.parametrize("prefix", [each for each in of_allauth() if not NEVER_SENT.search(each)])
def test_every_mail_of_allauth_is_in_our_words(client, prefix):
    assert (OURS / f"{prefix}_message.html").exists(), prefix
    AccountAdapter().send_mail(prefix, "a@example.org", WORDS)
    looked_at(client, mail.outbox[0])


def looked_at(client, message) -> None:
    html, kind = message.alternatives[0]
    assert kind == "text/html"
    assert message.subject
    assert "\n" not in message.subject
    assert "<b>Bob" not in html
    assert not re.search(r"<img|url\(|<script|<link|\{\{|\{%", html)
    assert 'content="light dark"' in html
    links = re.findall(r'href="([^"]+)"', html)
    assert links == re.findall(r"^(http://testserver/\S*)$", message.body, re.MULTILINE)
    for link in links:
        assert client.get(link.removeprefix("http://testserver")).status_code in (200, 302), link


def test_what_people_typed_is_text(ada, acme, client, ada_client, run_jobs):
    ada.name = "<b>Bob</b> & Co."
    ada.save()
    words = {"addresses": "new@example.org", "role": "editor", "note": HOSTILE}
    ada_client.post("/o/acme/people/", words)
    run_jobs()
    looked_at(client, mail.outbox[0])
    assert mail.outbox[0].subject == "<b>Bob</b> & Co. invites you to Acme"
    assert FIRST in mail.outbox[0].alternatives[0][0]
    assert "<b>Bob</b> & Co.\nhttp://evil" in mail.outbox[0].body.replace("\r", "")


def test_members_of_a_role_get_a_notice(acme, ada, ben, cyd, run_jobs, tmp_path, settings):
    (tmp_path / "full.html").write_text(
        '{% extends "email/base.html" %}{% block subject %}{{ organization }} is full{% endblock %}'
        '{% block content %}<p>{{ share }} %.</p>{% include "email/_button.html" with href=address'
        ' label="Your catalog" only %}{% endblock %}'
    )
    settings.TEMPLATES = [
        {**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}
    ]
    Membership.objects.create(user=cyd, organization=acme, role=Role.ADMIN)
    notify(acme, {Role.OWNER, Role.ADMIN}, "full.html", share=80)
    Organization.objects.filter(pk=acme.pk).update(state=Organization.State.SUSPENDED)
    assert run_jobs() == 2
    assert [message.to for message in mail.outbox] == [[ada.email], [cyd.email]]
    assert mail.outbox[0].subject == "Acme is full"
    assert "80 %.\n\nYour catalog:\n\nhttp://testserver/o/acme/" in mail.outbox[0].body
