"""Editing in a real browser: the form, the map, the JSON, two people at once, the trash."""

import pytest
from playwright.sync_api import expect

from catalogs.stac import transactions
from catalogs.stac.models import Item
from tenants.current import tenant_scope
from tests.browser.conftest import check_accessible, faults
from tests.stac.documents import collection, item


@pytest.fixture
def one(live) -> Item:
    with tenant_scope(live.organization):
        made = transactions.create_collection(collection("coast", title="Coast"), derived=True)
        return transactions.create_item(made, item("one", properties={"gsd": 10}))


@pytest.fixture
def here(live, one) -> str:
    return f"{live.address}collections/coast/items/one/"


def stored(live, one) -> dict:
    with tenant_scope(live.organization):
        return Item.objects.get(pk=one.pk).to_stac("")


@pytest.fixture
def older(live) -> str:
    """An item of STAC 1.0 that names an extension of which there is no schema."""
    named = ["https://extensions.example/a-rather-long-address/v1.0.0/schema.json"]
    properties = {"license": "proprietary"}
    document = item("older", stac_version="1.0.0", stac_extensions=named, properties=properties)
    with tenant_scope(live.organization):
        made = transactions.create_collection(collection("archive"), derived=True)
        transactions.create_item(made, document)
    return f"{live.address}collections/archive/items/older/"


@pytest.mark.parametrize(
    ("page_name", "said"),
    [
        ("", "Not checked"),
        ("json/", "Upgrade to STAC 1.1.0"),
        ("json/?upgrade=1", "not saved yet"),
    ],
)
def test_what_there_is_to_say_is_accessible(page, older, page_name, said):
    page.goto(older + page_name)
    page.wait_for_load_state("networkidle")
    assert page.get_by_text(said).first.is_visible()
    assert faults(page) == []


def test_it_works_by_keyboard(page, here, live, one):
    page.goto(here + "edit/")
    page.locator("#id_title").focus()
    page.keyboard.type("The coast")
    page.keyboard.press("Enter")
    page.wait_for_url(here)
    assert stored(live, one)["properties"]["title"] == "The coast"


def test_a_rectangle_is_drawn_and_stands_in_the_text(page, here, live, one):
    page.goto(here + "edit/")
    page.get_by_role("button", name="Rectangle").click()
    canvas = page.locator("[data-geometry] [data-map]")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 80)
    page.wait_for_timeout(500)
    page.mouse.click(box["x"] + 200, box["y"] + 80, delay=50)
    page.mouse.move(box["x"] + 350, box["y"] + 200, steps=10)
    page.wait_for_timeout(500)
    page.mouse.click(box["x"] + 350, box["y"] + 200, delay=50)
    before = stored(live, one)["geometry"]
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(here)
    drawn = stored(live, one)["geometry"]
    assert drawn["type"] == "Polygon"
    assert drawn != before


def test_a_half_typed_geometry_is_kept_and_answered(page, here, watch):
    watch.allow("status of 422")
    page.goto(here + "edit/")
    text = page.locator("#id_geometry")
    text.fill('{"type": "Point", "coordinates": [10,')
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#id_geometry_error")).to_be_visible()
    assert text.input_value() == '{"type": "Point", "coordinates": [10,'


def test_json_is_checked_at_its_line(page, here, watch):
    watch.allow("style-src")  # Chromium's own, where typing replaces a selection of coloured text
    page.goto(here + "json/")
    editor = page.locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.type('{"type": "Feature",\n"id": 17}')
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("This would not be taken.")).to_be_visible()
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)


def test_two_people_at_once(page, here, live, one, watch):
    watch.allow("412")
    page.goto(here + "edit/")
    with tenant_scope(live.organization):
        transactions.update_item(one, {"properties": {"gsd": 30}})
    page.get_by_label("GSD (m)").fill("20")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Someone changed this meanwhile")).to_be_visible()
    check_accessible(page)
    page.get_by_role("button", name="Save what is chosen").click()
    page.wait_for_url(here)
    assert stored(live, one)["properties"]["gsd"] == 20


def test_deleted_and_restored(page, here, live):
    page.goto(here + "delete/")
    page.get_by_role("button", name="Delete").click()
    page.goto(live.address + "trash/")
    check_accessible(page)
    page.get_by_role("button", name="Restore one").click()
    page.wait_for_url(here)
