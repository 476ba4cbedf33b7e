"""From the landing page to an organization, by keyboard alone, and without scripts."""

import time

from tests.browser.pages import mailed_code


def focused(tab) -> str:
    return tab.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")


def tab_to(tab, wanted: str) -> None:
    for _ in range(40):
        tab.keyboard.press("Tab")
        if wanted in focused(tab):
            ring = "getComputedStyle(document.activeElement).outlineStyle"
            assert tab.evaluate(ring) != "none", f"no ring on {wanted}"
            return
    raise AssertionError(f"{wanted} is out of the keyboard's reach; at {focused(tab)}")


def test_with_the_keyboard_alone(stranger, live):
    address = f"keys-{time.time_ns()}@example.org"
    tab = stranger.new_page()
    tab.goto(live.url)
    tab.keyboard.press("Tab")
    assert focused(tab) == "Skip to content"
    tab.keyboard.press("Enter")
    tab_to(tab, "email")
    tab.keyboard.type(address)
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#code")
    assert focused(tab) == "code"
    tab.keyboard.type(mailed_code(live, address))  # sent by itself when it is full
    tab.wait_for_url("**/organizations/new/")
    assert focused(tab) == "name"
    name = f"Coast {time.time_ns() % 10**9}"
    tab.keyboard.type(name)
    tab.wait_for_selector(f"text=/o/{name.lower().replace(' ', '-')}/stac/")
    tab_to(tab, "Create the organization")
    with tab.expect_navigation(url="**/o/**"):
        tab.keyboard.press("Enter")


def test_a_code_is_pasted_with_its_spaces(stranger, live):
    address = f"paste-{time.time_ns()}@example.org"
    tab = stranger.new_page()
    tab.goto(f"{live.url}/accounts/signup/")
    tab.fill("#email", address)
    tab.keyboard.press("Enter")
    code = mailed_code(live, address)
    tab.fill("#code", f" {code[:3]} {code[3:]} ")
    tab.wait_for_url("**/organizations/new/")


def test_without_scripts(chromium, live, watch):
    context = chromium.new_context(java_script_enabled=False)
    context.on("page", watch.follow)
    address = f"plain-{time.time_ns()}@example.org"
    tab = context.new_page()
    tab.goto(live.url)
    tab.fill("#email", address)
    tab.click("text=Get a catalog")
    tab.fill("#code", mailed_code(live, address))
    tab.click("text=Continue")
    name = f"Plain {time.time_ns() % 10**9}"
    tab.fill("#name", name)
    watch.allow("status of 404")  # until the organization's home is drawn
    tab.click("text=Create the organization")
    slug = name.lower().replace(" ", "-")
    assert tab.url == f"{live.url}/o/{slug}/"
    tab.goto(f"{tab.url}keys/")
    tab.get_by_label("What is it for?").fill("A script")
    tab.click("text=Make the key")
    assert "sck_live_" in tab.input_value("#key-text")
    tab.goto(f"{live.url}/o/{slug}/keys/")
    tab.get_by_role("link", name="Revoke A script").click()
    tab.get_by_role("button", name="Revoke the key").click()
    assert tab.get_by_text("no longer works").is_visible()
    context.close()
