"""The page that shows a development machine's mails."""

import pytest
from django.conf import settings as configured
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.filebased import EmailBackend

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not configured.DEVELOPMENT, reason="exists in development only"),
]


@pytest.fixture
def folder(tmp_path, settings):
    settings.MAIL_FOLDER = tmp_path
    return tmp_path


def send(folder, subject, text):
    message = EmailMultiAlternatives(subject, text, "a@example.org", ["b@example.org"])
    message.attach_alternative(f"<p>{text}</p>", "text/html")
    EmailBackend(file_path=folder).send_messages([message])


def test_newest_first_with_the_code(client, folder):
    send(folder, "Older", "Nothing to see.")
    send(folder, "Newer", "Your code:\n\n123456\n\nÄ long line with https://example.org/ in it.")
    page = client.get("/mail/").text
    assert page.index("Newer") < page.index("Older")
    assert "123456</code>" in page
    assert "Ä long line" in page
    assert 'href="https://example.org/"' in page


def test_no_mail_yet(client, folder):
    assert "No mail yet" in client.get("/mail/").text


def test_a_mail_is_only_text(client, folder):
    send(folder, "<b>x</b>", "<script>alert(1)</script>")
    page = client.get("/mail/").text
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page
