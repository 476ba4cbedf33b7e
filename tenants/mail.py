"""Mails: a template each, in HTML; its title is the subject, its paragraphs are the text beside it.

They are sent by jobs where nobody waits for them, so that a mail server that is slow or away
keeps nobody waiting, and no mail gets lost.
"""

from collections.abc import Collection, Mapping
from html.parser import HTMLParser
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from tenants.models import Organization, User

PERSISTENTLY = RetryStrategy(
    max_attempts=8, exponential_wait=3, retry_exceptions=[OSError, SMTPException]
)


def notify(
    organization: Organization, roles: Collection[str], template: str, **words: str | int
) -> None:
    """A mail to each member of these roles; call inside the transaction that it is about.

    The template gets `organization`, its name, and `address`, its root, beside the words.
    """
    members = User.objects.filter(
        is_active=True, memberships__organization=organization, memberships__role__in=roles
    )
    words |= {"organization": organization.name, "address": organization.address}
    for email in members.order_by("pk").values_list("email", flat=True):
        later(email, template, **words)


def later(to: str, template: str, **words: str | int) -> None:
    """One mail, once this is committed; its words are kept with the job, so no secret is one."""
    send.defer(to=to, template=template, words=words)


@app.task(name="tenants.mail", queue="mail", retry=PERSISTENTLY)
def send(to: str, template: str, words: dict[str, Any]) -> None:
    """On the platform: what is told of an organization may be that it is no longer served."""
    compose(to, template, words).send()


def compose(to: str, template: str, words: Mapping[str, Any]) -> EmailMultiAlternatives:
    html = render_to_string(template, {**words, "host": urlsplit(settings.PLATFORM_URL).netloc})
    read = _Reader()
    read.feed(html)
    message = EmailMultiAlternatives(read.subject, "\n\n".join(read.paragraphs), to=[to])
    message.attach_alternative(html.strip(), "text/html")
    return message


class _Reader(HTMLParser):
    """Subject and paragraphs of a mail. A link is its words here; its address stands below."""

    def __init__(self) -> None:
        super().__init__()
        self.subject = ""
        self.paragraphs: list[str] = []
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in ("title", "p", "pre"):
            self._words = []

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        text = "".join(self._words)
        if tag == "a":
            self._words.append(":")
        elif tag == "title":
            self.subject = " ".join(text.split())
        elif tag == "p":
            self.paragraphs.append(" ".join(text.split()))
        elif tag == "pre":
            self.paragraphs.append(text.strip())
