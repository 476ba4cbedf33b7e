"""From the landing page to an item that pystac-client finds, as a fresh person does it."""

import re
import time
from pathlib import Path

from playwright.sync_api import Page, expect
from pystac_client import Client

from tenants import keys
from tenants.models import Organization, User
from tenants.roles import READ_SCOPES
from tests.browser.rasters import scene

MEGABYTES = 50
MOST_FIELDS = 3
MOST_CLICKS = 6


class Hands:
    """Counts what a person has to type and to click."""

    def __init__(self, page: Page) -> None:
        self.page, self.fields, self.clicks = page, 0, 0

    def type(self, label: str, text: str) -> None:
        self.fields += 1
        self.page.get_by_label(label, exact=True).press_sequentially(text)

    def click(self, name: str) -> None:
        self.clicks += 1
        self.page.get_by_role("button", name=name).first.click()

    def drop(self, path: Path) -> None:
        """As from the desktop: the page itself receives the file."""
        chosen = self.page.evaluate_handle("""() => {
            const input = document.createElement("input");
            input.type = "file";
            document.body.append(input);
            return input;
        }""")
        chosen.as_element().set_input_files(path)
        self.page.evaluate(
            """(input) => {
                const transfer = new DataTransfer();
                transfer.items.add(input.files[0]);
                input.remove();
                for (const name of ["dragenter", "dragover", "drop"]) {
                    const event = new DragEvent(name, {
                        dataTransfer: transfer, bubbles: true, cancelable: true,
                    });
                    document.querySelector("main").dispatchEvent(event);
                }
            }""",
            chosen,
        )


def code_from_mail(folder: Path) -> str:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        mails = sorted(folder.glob("*.log"), key=lambda mail: mail.stat().st_mtime)
        if mails and (found := re.search(r"^\s*(\d{6})\s*$", mails[-1].read_text(), re.MULTILINE)):
            return found[1]
        time.sleep(0.1)
    raise TimeoutError("No mail with a code came.")


def found_by_pystac_client(name: str) -> list[str]:
    organization = Organization.objects.get(name=name)
    owner = User.objects.get(memberships__organization=organization)
    key = keys.issue(organization, creator=owner, name="reads", scopes=READ_SCOPES)[1]
    catalog = Client.open(organization.stac_address, headers={"Authorization": f"Bearer {key}"})
    items = catalog.search(bbox=[-10, 38, -9, 39.5], datetime="2024-06").items()
    return [item.id for item in items]


def test_it_works(stranger, live, live_worker, tmp_path, settings, capsys):
    settings.PLATFORM_URL = live.url
    raster = scene(tmp_path / "Lisbon_2024.tif", MEGABYTES)
    page = stranger.new_page()
    hands = Hands(page)

    page.goto(live.url)
    started = time.monotonic()
    hands.type("Work email", "fresh@example.org")
    page.keyboard.press("Enter")
    page.wait_for_url("**/confirm-email/")
    hands.type("Code", code_from_mail(live.mail))  # sent by itself at its last digit
    page.wait_for_url("**/organizations/new/")
    hands.type("Name", "Coast Survey")
    hands.click("Create the organization")
    page.wait_for_url("**/o/coast-survey/")

    hands.drop(raster)
    expect(page.get_by_text("Arrived", exact=True)).to_be_visible(timeout=60_000)
    hands.clicks += 1
    page.get_by_role("link", name="Review it on the drop page").click()
    expect(page.get_by_text("Ready", exact=True)).to_be_visible(timeout=120_000)
    hands.click("Publish")
    expect(page.get_by_text("any STAC client finds it now")).to_be_visible()
    seconds = time.monotonic() - started

    assert hands.fields <= MOST_FIELDS
    assert hands.clicks <= MOST_CLICKS
    assert found_by_pystac_client("Coast Survey") == ["Lisbon_2024"]
    with capsys.disabled():
        print(
            f"\nfirst item: {hands.fields} fields, {hands.clicks} clicks, "
            f"{seconds:.1f} s for {raster.stat().st_size / 1e6:.0f} MB"
        )
