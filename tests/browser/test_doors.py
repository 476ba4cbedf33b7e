"""Signing in at an organization's own host: the session comes over from the platform's."""

from urllib.parse import urlsplit

from allauth.account.models import EmailAddress

from tests.browser.pages import mailed_code


def host_address(live) -> str:
    domain = live.organization.domains.get().domain
    return f"http://{domain}:{urlsplit(live.url).port}"


def test_signing_in_at_a_host_of_ones_own(stranger, live, watch):
    EmailAddress.objects.create(
        user=live.owner, email=live.owner.email, verified=True, primary=True
    )
    address = host_address(live)
    watch.hosts.add(urlsplit(address).netloc)
    tab = stranger.new_page()
    tab.goto(f"{address}/keys/")
    assert tab.url.startswith(f"{live.url}/accounts/login/")
    tab.fill("#email", live.owner.email)
    tab.keyboard.press("Enter")
    tab.fill("#code", mailed_code(live, live.owner.email))
    tab.wait_for_url(f"{address}/keys/")
    cookies = {(cookie["domain"], cookie["name"]) for cookie in stranger.cookies()}
    assert (urlsplit(address).hostname, "session") in cookies
    assert ("localhost", "session") in cookies
    assert not [domain for domain, _ in cookies if domain.startswith(".")]
