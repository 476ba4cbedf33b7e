"""A person's own page and what it leads to."""

import pytest
from allauth.account.models import EmailAddress

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(ada):
    return EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)


def test_it_works(ada_client, address, queries):
    with queries(4):
        answer = ada_client.get("/account/")
    assert address.email in answer.text
    assert "Verified" in answer.text
    assert "Add a passkey" in answer.text or "/accounts/2fa/webauthn/add/" in answer.text


def test_a_name_is_saved(ada_client, ada):
    answer = ada_client.post("/account/", {"name": "Ada L."}, follow=True)
    assert "Your account is saved." in answer.text
    ada.refresh_from_db()
    assert ada.name == "Ada L."


def test_a_name_that_is_too_long_is_refused(ada_client):
    assert ada_client.post("/account/", {"name": "x" * 200}).status_code == 422


def test_a_stranger_signs_in_first(client):
    assert client.get("/account/").status_code == 302
    assert client.post("/account/", {"name": "x"}).status_code == 302


@pytest.mark.parametrize(
    "page",
    ["email/", "logout/", "2fa/webauthn/", "2fa/webauthn/add/", "2fa/totp/activate/"],
)
def test_the_pages_it_leads_to_are_in_our_look(ada_client, address, page):
    answer = ada_client.get(f"/accounts/{page}")
    assert answer.status_code == 200
    assert "base.css" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_signing_out_leads_to_the_start_page(ada_client):
    answer = ada_client.post("/accounts/logout/", follow=True)
    assert answer.redirect_chain[-1][0] == "/"
    assert "Sign in" in answer.text


def test_two_factor_settings_are_the_account_page(ada_client):
    assert ada_client.get("/accounts/2fa/").headers["Location"] == "/account/"
