"""A passkey from sign-up to its end, made by a virtual authenticator of the browser."""

import time

import pytest

from tests.browser.conftest import check_accessible
from tests.browser.pages import mailed_code

REFUSED = """() => { navigator.credentials.create =
  () => Promise.reject(new DOMException("", "NotAllowedError")) }"""


@pytest.fixture
def tab(stranger):
    tab = stranger.new_page()
    session = stranger.new_cdp_session(tab)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return tab


def test_from_sign_up_to_its_end(tab, live):
    address = f"passkey-{time.time_ns()}@example.org"
    tab.goto(live.url)
    tab.click("text=Sign up with a passkey")
    tab.fill("#email", address)
    tab.keyboard.press("Enter")
    tab.fill("#code", mailed_code(live, address))
    tab.click("text=Make the passkey")
    tab.wait_for_url("**/organizations/new/")

    tab.goto(f"{live.url}/accounts/2fa/webauthn/")
    check_accessible(tab)
    tab.click("text=Rename")
    tab.wait_for_selector("text=Is it still you?")
    check_accessible(tab)
    tab.click("text=Use a passkey")
    tab.wait_for_selector("text=Rename a passkey")
    check_accessible(tab)
    tab.fill("[name=name]", "Laptop")
    tab.click("text=Save")
    tab.wait_for_selector("text=Laptop")

    tab.click("[popovertarget=account-menu]")
    tab.click("#account-menu >> text=Sign out")
    tab.wait_for_selector("text=I have an account")
    tab.click("text=I have an account")
    tab.click("text=Use a passkey")
    tab.wait_for_url("**/organizations/new/")

    tab.goto(f"{live.url}/accounts/2fa/webauthn/")
    tab.click("a:has-text('Remove')")
    if tab.get_by_text("Is it still you?").is_visible():
        tab.click("text=Use a passkey")
    tab.wait_for_selector("text=Remove the passkey")
    check_accessible(tab)
    tab.click("button:has-text('Remove')")
    tab.wait_for_selector("text=No passkeys yet")


def test_a_second_one_is_added_on_the_account_page(tab, live, stranger):
    stranger.add_cookies([live.cookie()])
    tab.goto(f"{live.url}/account/")
    tab.get_by_role("link", name="Add a passkey").click()
    tab.fill("[name=name]", "Phone")
    tab.click("text=Make the passkey")
    for _ in range(2):  # the way of proof, then the proof
        tab.click("text=Use a passkey")
    tab.wait_for_selector("h1:has-text('Recovery codes')")
    tab.goto(f"{live.url}/account/")
    assert tab.get_by_text("Phone").is_visible()


def test_a_cancelled_one_is_said_and_nothing_breaks(stranger, live):
    stranger.add_cookies([live.cookie()])
    tab = stranger.new_page()
    tab.goto(f"{live.url}/accounts/2fa/webauthn/add/")
    tab.evaluate(REFUSED)
    tab.click("text=Make the passkey")
    tab.wait_for_selector("#toasts >> text=The passkey was not used")
