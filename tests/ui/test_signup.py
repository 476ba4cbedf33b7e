"""From a mail address to an organization's home, by HTTP alone."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client

pytestmark = pytest.mark.django_db


def code_of(message) -> str:
    return re.search(r"^(\d{6})$", message.body, re.MULTILINE)[1]


def sign_up(client: Client, email: str = "new@example.org"):
    return client.post("/accounts/signup/", {"email": email}, follow=True)


def test_it_works(client):
    asked = sign_up(client)
    assert asked.redirect_chain[-1][0] == "/accounts/confirm-email/"
    assert 'autocomplete="one-time-code"' in asked.text
    assert 'inputmode="numeric"' in asked.text
    code = code_of(mail.outbox[0])
    done = client.post("/accounts/confirm-email/", {"code": code}, follow=True)
    assert done.redirect_chain[-1][0] == "/organizations/new/"


def test_the_mail_has_two_bodies_and_no_password(client):
    sign_up(client)
    message = mail.outbox[0]
    html, kind = message.alternatives[0]
    assert kind == "text/html"
    assert code_of(message) in html
    assert code_of(message) in message.subject
    assert "password" not in (message.body + html).lower()


def test_a_wrong_code_is_refused_and_the_page_says_so(client):
    sign_up(client)
    answer = client.post("/accounts/confirm-email/", {"code": "000000"})
    assert 'id="code_error"' in answer.text
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize("page", ["signup", "login"])
def test_a_code_that_is_too_old_is_told_so_and_a_new_one_offered(client, ada, page, monkeypatch):
    if page == "login":
        EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
        asked = client.post("/accounts/login/code/", {"email": ada.email}, follow=True)
        email = ada.email
    else:
        asked, email = sign_up(client), "new@example.org"
    assert f'name="email" value="{email}"' in asked.text
    code = code_of(mail.outbox[0])
    later = time.time() + 16 * 60
    with monkeypatch.context() as patched:
        patched.setattr("time.time", lambda: later)
        over = client.post(asked.redirect_chain[-1][0], {"code": code, "email": email})
    assert "This code is no longer good" in over.text
    client.post("/accounts/login/code/", {"email": email})
    code = code_of(mail.outbox[-1])
    done = client.post("/accounts/login/code/confirm/", {"code": code}, follow=True)
    assert done.redirect_chain[-1][0] == ("/o/acme/" if page == "login" else "/organizations/new/")


def test_after_three_wrong_codes_a_new_one_is_offered(client):
    sign_up(client)
    words = {"code": "000000", "email": "new@example.org"}
    answers = [client.post("/accounts/confirm-email/", words).text for _ in range(3)]
    assert 'id="code_error"' in answers[1]
    assert "This code is no longer good" in answers[2]
    assert "Try again later" not in answers[2]


def test_a_page_for_a_code_that_nobody_waits_for_says_so(client):
    answer = client.get("/accounts/confirm-email/", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/login/"
    assert "No code is waited for" in answer.text


def test_a_new_code_can_be_asked_for(client):
    sign_up(client)
    soon = client.post("/accounts/confirm-email/", {"action": "resend"}, follow=True)
    assert "Too many" in soon.text
    cache.clear()  # ten seconds later
    client.post("/accounts/confirm-email/", {"action": "resend"})
    assert len(mail.outbox) == 2
    assert code_of(mail.outbox[0]) != code_of(mail.outbox[1])


def test_an_address_that_is_known_gets_a_mail_that_leads_to_sign_in(client, ada):
    answer = sign_up(client, ada.email)
    assert answer.redirect_chain[-1][0] == "/accounts/confirm-email/"  # nothing is given away
    assert "/accounts/login/" in mail.outbox[0].body


def test_an_address_that_is_none_is_refused(client):
    answer = sign_up(client, "nobody")
    assert 'aria-invalid="true"' in answer.text


def test_signing_in_leads_to_the_own_organization(client, ada):
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
    client.post("/accounts/login/code/", {"email": ada.email})
    code = code_of(mail.outbox[0])
    answer = client.post("/accounts/login/code/confirm/", {"code": code})
    assert answer.status_code == 302
    assert client.get("/").headers["Location"] == "/o/acme/"


def test_an_address_without_account_gets_a_mail_that_leads_to_sign_up(client):
    answer = client.post("/accounts/login/code/", {"email": "nobody@example.org"})
    assert answer.status_code == 302
    assert "/accounts/signup/" in mail.outbox[0].body


def test_the_landing_page_asks_for_an_address_alone(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/")
    assert answer.text.count('type="email"') == 1
    assert 'type="password"' not in answer.text


@pytest.mark.parametrize("page", ["change/", "set/", "reset/", "reset/done/"])
def test_there_are_no_passwords(client, ada_client, page):
    for asker in (client, ada_client):
        answer = asker.get(f"/accounts/password/{page}")
        assert "There are no passwords here" in answer.text


def test_after_signing_in_one_is_where_one_wanted_to_be(client, ada):
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
    page = client.get("/o/acme/keys/", follow=True)
    wanted = re.search(r'name="next" value="([^"]+)"', page.text)[1]
    asked = client.post("/accounts/login/code/", {"email": ada.email, "next": wanted})
    code = code_of(mail.outbox[0])
    answer = client.post(asked.headers["Location"], {"code": code, "next": wanted})
    assert answer.headers["Location"] == "/o/acme/keys/"


def test_nobody_is_sent_to_another_host(client, ada):
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
    words = {"email": ada.email, "next": "https://evil.example/"}
    client.post("/accounts/login/code/", words)
    words = {"code": code_of(mail.outbox[0]), "next": "https://evil.example/"}
    answer = client.post("/accounts/login/code/confirm/", words)
    assert answer.headers["Location"] == "/"
