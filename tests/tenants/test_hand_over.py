"""A session goes from the platform's host to an organization's own, once."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from tenants.models import Domain, HandOver, Organization

HOST = "acme.testserver"


class Browser:
    """One person's browser: cookies for each host, as a real one keeps them."""

    def __init__(self, platform: Client) -> None:
        self.platform = platform
        self.host = Client(headers={"host": HOST})

    def begin(self, after: str = "/collections/") -> str:
        return self.host.get("/sign-in/", {"next": after}).headers["location"]

    def code(self, after: str = "/collections/") -> str:
        return self.platform.get(self.begin(after)).headers["refresh"].removeprefix("0; url=")

    def finish(self, address: str):
        parts = urlsplit(address)
        return self.host.get(f"{parts.path}?{parts.query}")


@pytest.fixture
def browser(ada_client) -> Browser:
    return Browser(ada_client)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_it_works(browser):
    address = browser.code()
    assert address.startswith(f"http://{HOST}/sign-in/finish?code=")
    response = browser.finish(address)
    assert response.headers["location"] == "/collections/"
    assert is_signed_in(browser.host)
    assert response.cookies["session"]["domain"] == ""


def test_a_code_is_used_once(browser):
    address = browser.code()
    browser.finish(address)
    browser.host.post("/sign-out/")
    browser.finish(address)
    assert not is_signed_in(browser.host)


def test_another_browser_is_refused(browser, sign_in):
    address = browser.code()
    thief = Browser(sign_in())
    thief.begin()
    thief.finish(address)
    assert not is_signed_in(thief.host)
    browser.finish(address)
    assert not is_signed_in(browser.host)  # a code that was tried is gone


def test_a_late_code_is_refused(browser):
    address = browser.code()
    HandOver.objects.update(created=timezone.now() - timedelta(seconds=31))
    browser.finish(address)
    assert not is_signed_in(browser.host)


def test_a_code_of_another_organization_is_refused(browser, other):
    address = browser.code()
    HandOver.objects.update(organization=other)
    browser.finish(address)
    assert not is_signed_in(browser.host)


def test_an_invented_code_is_refused(browser):
    browser.begin()
    browser.finish(f"http://{HOST}/sign-in/finish?code=invented")
    assert not is_signed_in(browser.host)


def test_a_stranger_signs_in_first(sign_in):
    browser = Browser(sign_in())
    answer = browser.platform.get(browser.begin())
    assert answer.headers["location"].startswith("/accounts/login/?next=/doors/acme/")


def test_another_organizations_member_gets_no_code(sign_in, oda):
    browser = Browser(sign_in(oda))
    assert browser.platform.get(browser.begin()).status_code == 404


def test_a_host_of_someone_else_gets_no_code(ada_client):
    for host in ("evil.example.com", "other.testserver", ""):
        query = {"host": host, "browser": "0" * 64, "next": "/"}
        assert ada_client.get("/doors/acme/", query).status_code == 404


def test_a_suspended_organization_gets_no_code(browser, acme):
    begun = browser.begin()
    acme.state = Organization.State.SUSPENDED
    acme.save()
    assert browser.platform.get(begun).status_code == 404


@pytest.mark.parametrize(
    "after", ["https://evil.example.com/", "//evil.example.com/", "/\\evil.example.com", "x", ""]
)
def test_it_leads_nowhere_else(browser, after):
    assert browser.finish(browser.code(after)).headers["location"] == "/"


def test_a_hosts_session_opens_nothing_elsewhere(browser, sign_in):
    browser.finish(browser.code())
    stolen = browser.host.cookies["session"].value
    for client in (Client(), Client(headers={"host": "other.testserver"})):
        client.cookies["session"] = stolen
        assert not client.get("/o/acme/stac/").wsgi_request.user.is_authenticated
    platform = browser.platform.cookies["session"].value
    client = Client(headers={"host": HOST})
    client.cookies["session"] = platform
    assert not client.get("/stac/").wsgi_request.user.is_authenticated


def test_membership_is_asked_on_every_request(browser, acme, ada):
    browser.finish(browser.code())
    assert browser.host.get("/stac/").wsgi_request.membership is not None
    acme.memberships.filter(user=ada).delete()
    assert browser.host.get("/stac/").wsgi_request.membership is None


def test_signing_out_ends_the_hosts_session_alone(browser):
    browser.finish(browser.code())
    browser.host.post("/sign-out/")
    assert not is_signed_in(browser.host)
    assert is_signed_in(browser.platform)


def test_signing_out_asks_for_the_token(ada, sign_in):
    client = sign_in(ada, enforce_csrf_checks=True)
    assert client.post("/o/acme/sign-out/").status_code == 403


def test_the_path_door_uses_the_platforms_sign_in(sign_in):
    location = sign_in().get("/o/acme/sign-in/?next=/o/acme/map/").headers["location"]
    assert location == "http://testserver/accounts/login/?next=/o/acme/map/"


def test_a_host_that_no_database_can_hold_is_nothing(ada, sign_in):
    answer = sign_in(ada).get(f"/doors/acme/?host=%00&browser={'0' * 64}")
    assert answer.status_code == 404


def test_a_host_that_is_not_the_platforms_is_asked_about(acme, ada, sign_in):
    browser = Browser(sign_in(ada, enforce_csrf_checks=True))
    theirs = "maps.example.org"
    Domain.objects.create(tenant=acme, domain=theirs, is_primary=False)
    browser.host = Client(headers={"host": theirs})
    begun = browser.begin()
    asked = browser.platform.get(begun)
    assert (asked.status_code, HandOver.objects.count()) == (200, 0)
    assert f"Sign in to {theirs}?" in asked.text
    assert "refresh" not in asked.headers
    assert browser.platform.post(begun).status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', asked.text)[1]
    answer = browser.platform.post(begun, {"csrfmiddlewaretoken": token})
    browser.finish(answer.headers["refresh"].removeprefix("0; url="))
    assert is_signed_in(browser.host)


def test_a_sign_in_that_ended_meanwhile_is_handed_over_to_none(browser):
    address = browser.code()
    browser.platform.post("/o/acme/sign-out/")
    browser.finish(address)
    assert not is_signed_in(browser.host)
    assert not HandOver.objects.exists()


AHEAD = [
    {"sec-purpose": "prefetch"},
    {"sec-purpose": "prefetch;prerender"},
    {"purpose": "prefetch"},
    {"sec-fetch-mode": "no-cors"},
]


@pytest.mark.parametrize("headers", AHEAD)
def test_a_browser_that_looks_ahead_makes_and_uses_no_code(browser, headers):
    begun = browser.begin()
    ahead = browser.platform.get(begun, headers=headers)
    assert (ahead.status_code, HandOver.objects.count()) == (503, 0)
    assert "no-store" in ahead.headers["cache-control"]

    address = browser.platform.get(begun).headers["refresh"].removeprefix("0; url=")
    parts = urlsplit(address)
    path = f"{parts.path}?{parts.query}"
    assert browser.host.get(path, headers={"host": HOST, **headers}).status_code == 503
    assert browser.host.get("/sign-in/", headers={"host": HOST, **headers}).status_code == 503
    browser.finish(address)
    assert is_signed_in(browser.host)
