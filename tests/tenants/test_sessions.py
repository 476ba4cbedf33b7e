"""Where one is signed in is listed, and ended at once at every door."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.utils import timezone

pytestmark = pytest.mark.django_db
PAGE = "/account/sessions/"
HOST = "acme.testserver"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"


@pytest.fixture
def sign_in_really(ada):
    """ada in a browser of her own, by a mailed code."""
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
    addresses = iter(range(1, 9))

    def make(agent: str = AGENT) -> Client:
        client = Client(REMOTE_ADDR=f"192.0.2.{next(addresses)}", headers={"user-agent": agent})
        client.post("/accounts/login/code/", {"email": ada.email})
        code = re.search(r"^(\d{6})$", mail.outbox[-1].body, re.MULTILINE)[1]
        client.post("/accounts/login/code/confirm/", {"code": code})
        return client

    return make


def handed_over(platform: Client) -> Client:
    """The same browser at the organization's own host."""
    host = Client(headers={"host": HOST, "user-agent": AGENT})
    on_platform = platform.get(host.get("/sign-in/").headers["location"])
    parts = urlsplit(on_platform.headers["refresh"].removeprefix("0; url="))
    host.get(f"{parts.path}?{parts.query}")
    assert is_in(host, "/people/")
    return host


def is_in(client: Client, page: str = "/o/acme/people/") -> bool:
    return client.get(page).status_code == 200


def test_it_works(sign_in_really):
    here, there = sign_in_really(), sign_in_really("curl/8.5")
    at_host = handed_over(there)
    page = here.get(PAGE).text
    assert page.index("Firefox on Linux") < page.index("curl")  # one's own first
    assert "192.0.2.1" in page
    assert f"Also at {HOST}" in page
    session = UserSession.objects.get(user_agent="curl/8.5")
    assert here.post(f"{PAGE}{session.pk}/end/", follow=True).status_code == 200
    assert not is_in(there)
    assert not is_in(at_host, "/people/")
    assert is_in(here)
    assert "curl" not in here.get(PAGE).text


def test_all_others_end_at_once(sign_in_really):
    here, there = sign_in_really(), sign_in_really()
    mine, theirs = handed_over(here), handed_over(there)
    assert "everywhere else" in here.post(PAGE, follow=True).text
    assert is_in(here)
    assert is_in(mine, "/people/")
    assert not is_in(there)
    assert not is_in(theirs, "/people/")


@pytest.mark.parametrize("where", ["platform", "host", "page"])
def test_signing_out_anywhere_signs_out_everywhere_in_this_browser(sign_in_really, where):
    here, there = sign_in_really(), sign_in_really()
    host = handed_over(here)
    if where == "platform":
        here.post("/accounts/logout/")
    elif where == "host":
        host.post("/sign-out/")
    else:
        own = UserSession.objects.get(session_key=here.session.session_key)
        here.post(f"{PAGE}{own.pk}/end/")
    assert not is_in(here)
    assert not is_in(host, "/people/")
    assert is_in(there)


def test_a_code_of_an_ended_sign_in_opens_nothing(sign_in_really):
    here, host = sign_in_really(), Client(headers={"host": HOST})
    on_platform = here.get(host.get("/sign-in/").headers["location"])
    here.post("/accounts/logout/")
    parts = urlsplit(on_platform.headers["refresh"].removeprefix("0; url="))
    host.get(f"{parts.path}?{parts.query}")
    assert not is_in(host, "/people/")


def test_another_person_s_session_is_not_there(sign_in_really, cyd_client):
    here = sign_in_really()
    session = UserSession.objects.get()
    assert cyd_client.post(f"{PAGE}{session.pk}/end/").status_code == 404
    cyd_client.post(PAGE)
    assert is_in(here)


def test_when_it_was_last_seen_is_noted_once_an_hour(sign_in_really):
    here = sign_in_really()
    long_ago = timezone.now() - timedelta(days=1)
    UserSession.objects.update(last_seen_at=long_ago)
    here.get("/account/")
    assert UserSession.objects.get().last_seen_at == long_ago
    session = here.session
    session["seen"] -= 3601
    session.save()
    here.get("/o/acme/")
    assert UserSession.objects.get().last_seen_at > long_ago


def test_a_token_made_for_a_page_ends_with_the_sign_in(sign_in_really, in_acme):
    platform = sign_in_really()
    host = handed_over(platform)
    pages = platform.post("/o/acme/open/stac-browser/"), host.post("/open/stac-browser/")
    given = [page.headers["refresh"].partition("api_key=")[2] for page in pages]

    def statuses() -> set[int]:
        asked = (Client().get(f"/o/acme/stac/collections?api_key={each}") for each in given)
        return {answer.status_code for answer in asked}

    assert statuses() == {200}
    platform.post("/accounts/logout/")
    assert statuses() == {401}
