"""Another site says who somebody is: by a small OpenID Connect provider, and by our own issuer."""

import html
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client

from tenants import oidc
from tenants.models import User
from tests.live import serve

LOGIN = "/accounts/oidc/own/login/"
CALLBACK = f"{LOGIN}callback/"
NEW = {"sub": "1", "email": "New@Example.org", "email_verified": True, "name": "Eve\nExample"}


class Provider(BaseHTTPRequestHandler):
    """Answers as any provider does; `person` is who signs in there."""

    person: dict[str, object] = {}

    def do_GET(self) -> None:
        url = f"http://{self.headers['host']}"
        told = {"issuer": url, "authorization_endpoint": f"{url}/authorize"}
        told |= {"token_endpoint": f"{url}/token", "userinfo_endpoint": f"{url}/userinfo"}
        self.answer(self.person if self.path == "/userinfo" else told)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.answer({"access_token": "a", "token_type": "Bearer"})

    def answer(self, body: object) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def provider(settings):
    server = HTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    app = {"provider_id": "own", "name": "Elsewhere", "client_id": "c", "secret": "s"}
    app["settings"] = {"server_url": url}
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}
    }
    Provider.person = NEW
    yield url
    server.shutdown()
    server.server_close()


def come_back(client: Client, process: str = "login"):
    """After the other site has said who it is."""
    away = client.post(f"{LOGIN}?process={process}")
    asked = parse_qs(urlsplit(away.headers["Refresh"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    return client.get(CALLBACK, {"code": "x", "state": asked["state"][0]}, follow=True)


@pytest.mark.django_db
def test_it_works(client, provider):
    assert "Continue with Elsewhere" in client.get("/accounts/login/").text
    answer = come_back(client)
    assert answer.redirect_chain[-1][0] == "/organizations/new/"
    made = User.objects.get(email="new@example.org")
    assert made.name == "Eve Example"
    assert EmailAddress.objects.get(user=made).verified
    assert not made.has_usable_password()
    assert come_back(Client()).context["user"] == made  # the second time it is signed in


@pytest.mark.django_db
@pytest.mark.parametrize("said", [False, "false", None, 1])
def test_an_address_that_is_not_proven_there_makes_no_account(client, provider, said):
    Provider.person = NEW | {"email_verified": said}
    answer = come_back(client)
    assert answer.status_code == 403
    assert "not confirmed there" in answer.text
    assert not User.objects.filter(email="new@example.org").exists()


@pytest.mark.django_db
def test_it_gets_into_no_account_that_is_there(client, ada, provider):
    Provider.person = NEW | {"email": ada.email}
    come_back(client)
    assert "_auth_user_id" not in client.session
    assert not SocialAccount.objects.exists()
    assert mail.outbox[0].subject == "You have an account already"


@pytest.mark.django_db
def test_an_own_account_is_connected_and_taken_apart(ada_client, ada, provider):
    Provider.person = NEW | {"email": "whatever@example.net", "email_verified": False}
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
    client = ada_client
    session = client.session
    session["account_authentication_methods"] = [{"method": "code", "at": 9e9}]
    session["account_authentication_methods_user"] = str(ada.pk)
    session.save()
    come_back(client, "connect")
    assert SocialAccount.objects.get().user == ada
    assert mail.outbox[-1].subject == "Elsewhere can sign you in"
    there = Client()
    come_back(there)
    assert there.session["_auth_user_id"] == str(ada.pk)
    page = client.get("/accounts/3rdparty/")
    assert "Elsewhere" in page.text
    words = {"site": SocialAccount.objects.get().pk}
    assert there.get("/account/").status_code == 200
    assert Client().post("/account/sites/end/", words).status_code == 302
    assert client.post("/account/sites/end/", {"site": "x\0"}).status_code == 404
    client.post("/account/sites/end/", words)
    assert not SocialAccount.objects.exists()


@pytest.mark.django_db
def test_it_is_offered_only_where_it_is_configured(client):
    assert "Continue with" not in client.get("/accounts/login/").text
    assert client.post(LOGIN).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("words", [{}, {"state": "x", "code": "y"}, {"error": "access_denied"}])
def test_an_odd_answer_signs_nobody_in(client, provider, words):
    answer = client.get(CALLBACK, words, follow=True)
    assert answer.status_code in (200, 401)
    assert "_auth_user_id" not in client.session


def test_another_server_of_ours_is_such_a_site(live, tmp_path):
    """Two servers on one database: whom the issuer knows is known here, and must sign in first."""
    EmailAddress.objects.create(
        user=live.owner, email=live.owner.email, verified=True, primary=True
    )
    app, secret = oidc.register("Second", [f"{live.url}/x"], confidential=True)
    environment = {
        "GISTAC_SIGN_IN_ISSUER": live.url,
        "GISTAC_SIGN_IN_CLIENT": app.pk,
        "GISTAC_SIGN_IN_SECRET": secret,
        "GISTAC_SIGN_IN_NAME": "First",
    }
    for second in serve(tmp_path, environment):
        app.set_redirect_uris([f"{second.url}{CALLBACK}"])
        app.save()
        here, there = requests.Session(), live.session()
        away = form(here, f"{second.url}/accounts/login/", f"{second.url}{LOGIN}", {})
        page = there.get(away)
        fields = re.search(r'name="request" value="([^"]*)"', page.text)[1]
        scopes = re.findall(r'name="scopes" value="([^"]+)"', page.text)
        answers = {"request": html.unescape(fields), "scopes": scopes, "action": "grant"}
        back = form(there, away, f"{live.url}/identity/o/authorize", answers)
        done = here.get(back)
        assert done.url == f"{second.url}/accounts/confirm-email/"
        mails = "".join(file.read_text() for file in second.mail.glob("*.log"))
        assert "You have an account already" in mails
    app.delete()


def form(browser: requests.Session, page: str, action: str, words: dict) -> str:
    """Sends a form of a page; gives where it leads outside."""
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', browser.get(page).text)[1]
    answer = browser.post(action, {**words, "csrfmiddlewaretoken": token})
    return answer.headers["Refresh"].removeprefix("0; url=")
