"""The mails of a development machine, which leave it for nowhere."""

import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

_BETWEEN = b"-" * 79 + b"\n"  # what Django's file backend writes after each message
_CODE = re.compile(r"^\s*(\d{6})\s*$", re.MULTILINE)
SHOWN = 50


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    sent: datetime
    text: str

    @property
    def code(self) -> str:
        found = _CODE.search(self.text)
        return found[1] if found else ""


def _read(written: bytes) -> Mail:
    message = email.message_from_bytes(written, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    date = message["Date"]
    return Mail(
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        sent=date.datetime if date else datetime.fromtimestamp(0, UTC),
        text=body.get_content().strip() if body else "",
    )


def newest(folder: Path, count: int = SHOWN) -> list[Mail]:
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    mails: list[Mail] = []
    for file in files:
        parts = [part for part in file.read_bytes().split(_BETWEEN) if part.strip()]
        mails += [_read(part) for part in reversed(parts)]
        if len(mails) >= count:
            break
    return mails[:count]


def mail(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/mail.html", {"mails": newest(settings.MAIL_FOLDER)})
