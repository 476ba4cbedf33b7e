"""What every page's frame does by itself: colours, menus, dialogs, copying, narrow windows."""

import pytest

from tenants.models import Domain
from tests.browser.pages import an_address, mailed_code
from tests.browser.ready import a_share

THEME = "document.documentElement.dataset.theme ?? 'system'"
GROUND = "getComputedStyle(document.body).backgroundColor"


def test_colours_follow_the_system_until_one_is_chosen(stranger, live):
    tab = stranger.new_page()
    tab.goto(live.url)
    light = tab.evaluate(GROUND)
    tab.emulate_media(color_scheme="dark")
    assert tab.evaluate(GROUND) != light
    tab.get_by_label("Light colours").click()
    assert tab.evaluate(GROUND) == light
    tab.goto(f"{live.url}/accounts/login/")
    assert tab.evaluate(THEME) == "light"
    assert tab.get_by_label("Light colours").get_attribute("aria-pressed") == "true"
    tab.get_by_label("The system’s colours").click()
    assert tab.evaluate(THEME) == "system"


def test_menus_open_and_close_by_keyboard(page, live):
    page.goto(f"{live.address}settings/")
    button = page.get_by_label("Switch organization")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#switcher >> text={live.organization.name}")
    page.keyboard.press("Escape")
    assert not page.locator("#switcher").is_visible()
    assert page.evaluate("document.activeElement.getAttribute('popovertarget')") == "switcher"


def test_a_dialog_takes_the_focus_and_gives_it_back(page, live):
    a_share(live)
    page.goto(f"{live.address}sharing/")
    page.get_by_role("link", name="Revoke For the harbour").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    assert not page.locator("dialog[open]").count()
    assert page.evaluate("document.activeElement.textContent").startswith("Revoke")


def test_a_key_is_made_copied_and_gone(page, live, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{live.address}keys/")
    page.get_by_label("What is it for?").fill("A script")
    page.click("text=Make the key")
    page.wait_for_selector("#made-key")
    assert page.evaluate("document.activeElement.id") == "made"
    page.get_by_role("button", name="Copy the key").click()
    page.wait_for_selector("#toasts >> text=Copied")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("sck_live_")
    page.get_by_role("tab", name="curl").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("tab", name="pystac-client").get_attribute("aria-selected") == "true"
    page.reload()
    assert text not in page.content()


def test_a_message_is_dismissed(page, live):
    page.goto(f"{live.url}/account/")
    page.get_by_label("Your name").fill("Ada")
    page.click("text=Save")
    page.get_by_label("Dismiss this message").click()
    assert page.get_by_text("Your account is saved.").count() == 0


def test_on_a_phone_everything_is_in_reach(page, live):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(live.address)
    page.get_by_role("button", name="More").click()
    page.locator("#more").get_by_role("link", name="Keys").click()
    page.wait_for_url("**/keys/")


@pytest.mark.parametrize("path", ["", "keys/", "settings/", "drop/"])
def test_nothing_is_cut_off_at_320_pixels(page, live, path):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(live.address + path)
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_what_the_server_refuses_is_said(page, live, watch):
    watch.allow("status of 404")
    page.goto(live.address)
    page.evaluate("htmx.ajax('GET', '/o/nobody/', {target: '#main'})")
    page.wait_for_selector("#toasts >> text=There is nothing here")
    assert page.locator("#main h1").count() == 1


def test_signing_in_at_an_own_host(stranger, live, watch):
    an_address(live)
    host = f"{live.organization.slug}.localhost"
    Domain.objects.get_or_create(tenant=live.organization, domain=host)
    port = live.url.rpartition(":")[2]
    door = f"http://{live.organization.slug}.localhost:{port}"
    watch.hosts.add(door.removeprefix("http://"))
    tab = stranger.new_page()
    tab.goto(f"{door}/keys/")
    tab.fill("#email", live.owner.email)
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#code")
    tab.fill("#code", mailed_code(live, live.owner.email))
    tab.wait_for_url(f"{door}/keys/")
    tab.click("[popovertarget=switcher]")
    tab.keyboard.press("Escape")
    tab.click("[popovertarget=account-menu]")
    tab.click("#account-menu >> text=Sign out")
    tab.wait_for_url(f"{door}/")
    tab.get_by_role("link", name="Sign in").wait_for()
