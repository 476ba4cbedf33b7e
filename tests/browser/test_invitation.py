"""An owner invites, the mail is opened, and a stranger lands in the organization with the role."""

import email.policy
import re
import time

from playwright.sync_api import expect

from tenants.models import Membership, User
from tests.browser.conftest import check_accessible
from tests.browser.pages import mailed_code
from tests.browser.test_signup import tab_to


def mailed_link(live, address: str) -> str:
    """The link in the HTML of the invitation."""
    for _ in range(150):
        for file in live.mail.glob("*.log"):
            if f"To: {address}" not in file.read_text(errors="replace"):
                continue
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            html = message.get_body(("html",))
            if html and (found := re.search(r'href="([^"]+)"', html.get_content())):
                return found[1]
        time.sleep(0.2)
    raise AssertionError(f"no invitation was mailed to {address}")


def test_a_stranger_is_invited_and_joins(page, chromium, live, live_worker, watch):
    address = f"guest-{time.time_ns()}@example.org"
    page.goto(f"{live.address}people/")
    page.get_by_label("Mail addresses").fill(f"Guest <{address}>")
    expect(page.locator("#checked")).to_contain_text(address)
    invite = page.get_by_role("form", name="Invite")
    invite.get_by_label("Role", exact=True).select_option("contributor")
    page.get_by_role("button", name="Send the invitations").click()
    expect(page.get_by_role("heading", name=address)).to_be_visible()

    guest = chromium.new_context()
    tab = guest.new_page()
    watch.follow(tab)
    tab.goto(mailed_link(live, address))
    tab.get_by_role("button", name="I am new here").click()
    tab.fill("#code", mailed_code(live, address))  # sent by itself when it is full
    tab.get_by_role("button", name="Join Live").click()
    tab.wait_for_url(live.address)
    member = Membership.objects.get(organization=live.organization, user__email=address)
    assert member.role == "contributor"
    navigation = tab.get_by_role("navigation", name="Live", exact=True)
    expect(navigation.get_by_role("link", name="Drop files")).to_be_visible()
    expect(navigation.get_by_role("link", name="Keys")).to_have_count(0)
    tab.goto(f"{live.address}people/")
    expect(tab.get_by_role("button", name="Send the invitations")).to_have_count(0)
    check_accessible(tab)
    guest.close()


def test_by_keyboard_alone_a_role_is_changed(page, live):
    kay = User.objects.create_user(f"kay-{time.time_ns()}@example.org", name="Kay")
    guest = Membership.objects.create(organization=live.organization, user=kay, role="viewer")
    page.goto(f"{live.address}people/")
    expect(page.get_by_role("button", name="Save the role")).to_have_count(0)
    page.get_by_label("Role of Kay").focus()
    page.keyboard.press("e")  # Editor
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kay is now editor.")).to_be_visible()
    guest.refresh_from_db()
    assert guest.role == "editor"
