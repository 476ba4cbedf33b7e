"""The catalog in a real browser: maps without the internet, and a map page that keeps its state."""

import io
from itertools import pairwise
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from PIL import Image

from tenants.current import tenant_scope
from tests.browser.conftest import check_accessible, faults, in_dresses
from tests.ui import catalog

ALPS, FIJI = (5, 43, 17, 49), (174, -22, -174, -13)
LOADED = """() => {
    const tiles = [...document.querySelectorAll(".leaflet-tile-pane canvas")];
    const drawn = (tile) => tile.classList.contains("leaflet-tile-loaded");
    return tiles.length > 0 && tiles.every(drawn);
}"""


@pytest.fixture
def scenes(live, stranger):
    with tenant_scope(live.organization):
        scenes = catalog.collection()
        for number in range(3):
            colour = ("#aa3333", "#33aa33", "#3333aa")[number]
            catalog.item(
                scenes,
                f"alps-{number}",
                ALPS,
                held=[catalog.picture(colour)],
                title=f"Alps {number}",
            )
        held = [catalog.file("data", b"x" * 4096, catalog.COG), catalog.picture()]
        catalog.item(scenes, "fiji", FIJI, held=held, title="Fiji", **{"eo:cloud_cover": 3})
        catalog.collection("others", "members")
    return live.address


def ready(page):
    page.wait_for_function(LOADED)


def opened(page, address: str):
    page.goto(address)
    ready(page)
    page.wait_for_load_state("networkidle")


def state(page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(unquote(page.url)).query)


def pixels(page) -> Image.Image:
    return Image.open(io.BytesIO(page.locator(".leaflet-container").screenshot())).convert("RGB")


def near(colour, other) -> bool:
    return sum(abs(a - b) for a, b in zip(colour, other, strict=True)) < 12


def test_the_basemap_has_no_stripes(scenes, page):
    """Around the earth at 60°: lands and seas in the north, in the south nothing but sea."""
    page.set_viewport_size({"width": 1424, "height": 900})  # the whole world at zoom 2
    opened(page, f"{scenes}map/?bbox=-180,-84,180,84&collections=others")
    seen = pixels(page)
    land, water = (246, 245, 240), (211, 226, 233)

    def along(sixty: float) -> list[str]:
        row = round(seen.height / 2 - sixty * 1024 * 0.2096)  # in Mercator
        colours = (
            seen.getpixel((round(seen.width / 2 + 1024 * degree / 360), row))
            for degree in range(-175, 175)
        )
        return ["land" if near(c, land) else "water" if near(c, water) else "line" for c in colours]

    north, south = along(1), along(-1)
    assert north[175 + 120] == "land"  # Siberia
    assert north[175 - 25] == "water"  # the Atlantic
    plain = [kind for kind in north if kind != "line"]
    assert 4 <= sum(a != b for a, b in pairwise(plain)) <= 30
    assert south.count("water") > 340


def test_the_list_follows_the_map_and_the_address_both(scenes, page):
    opened(page, f"{scenes}map/")
    assert page.locator("#results [data-item]").count() == 4
    assert state(page) == {}
    page.get_by_label("Map. Arrow keys").focus()
    with page.expect_response("**/tiles/WebMercatorQuad/**"):
        for _ in range(4):
            page.keyboard.press("+")
            page.wait_for_timeout(120)
    page.wait_for_timeout(1000)  # the last move is sent
    page.wait_for_load_state("networkidle")
    first = state(page)["bbox"]
    assert len(first[0].split(",")) == 4
    page.locator("summary", has_text="Filters").click()
    page.get_by_label("From").fill("2030-01-01")
    page.wait_for_url(lambda url: "datetime=" in url)
    assert state(page)["datetime"] == ["2030-01-01/.."]
    page.go_back()
    page.wait_for_url(lambda url: "datetime" not in url)
    page.wait_for_function("() => document.querySelector('[name=datetime]').value === ''")
    ready(page)
    assert state(page)["bbox"] == first
    page.go_forward()
    page.wait_for_url(lambda url: "datetime=" in url)
    page.wait_for_function("() => document.querySelector('[name=datetime]').value === '2030-01-01'")
    page.locator("#results h2", has_text="Nothing here").wait_for(state="attached")


def test_typed_numbers_are_kept(scenes, page):
    opened(page, f"{scenes}map/?collections=scenes")
    for label, number in (("West", "0"), ("South", "40"), ("East", "20"), ("North", "50")):
        page.get_by_label(label, exact=True).fill(number)
    page.get_by_label("North", exact=True).press("Tab")
    page.wait_for_url(lambda url: "move=off" in url)
    assert state(page)["bbox"] == ["0,40,20,50"]
    assert page.locator("#results [data-item]").count() == 3
    page.get_by_label("Map. Arrow keys").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Search this area").click()
    page.wait_for_url(lambda url: "0,40,20,50" not in url)


def test_a_click_lists_what_lies_there(scenes, page):
    opened(page, f"{scenes}map/?bbox=0,40,20,50")
    page.locator(".leaflet-container").click()
    page.get_by_text("3 items here").wait_for()
    assert page.locator("#picked [data-item]").count() == 3
    assert "at" in state(page)
    address = page.url
    opened(page, address)
    page.get_by_text("3 items here").wait_for()
    page.locator("#picked").get_by_label("Close").click()
    page.wait_for_url(lambda url: "at=" not in url)


def test_the_keyboard_picks_too(scenes, page):
    opened(page, f"{scenes}map/?bbox=0,40,20,50")
    page.get_by_label("Map. Arrow keys").focus()
    page.keyboard.press("Enter")
    page.get_by_text("3 items here").wait_for()
    page.locator("#picked").get_by_label("Close").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.id === 'map'")
    assert "at" not in state(page)


def test_footprints_are_drawn_from_tiles_and_told_under_the_cursor(scenes, page):
    opened(page, f"{scenes}map/?bbox=0,40,22,52")
    frame = page.locator(".leaflet-container").bounding_box()
    middle = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    page.mouse.move(*middle)
    page.locator(".leaflet-tooltip", has_text="3 items").wait_for()
    page.mouse.move(frame["x"] + 40, frame["y"] + frame["height"] - 60)
    page.locator(".leaflet-tooltip").wait_for(state="detached")
    # What a list names is shown when it is pointed at.
    before = _chosen(page)
    page.locator("#results [data-item]").first.hover()
    page.wait_for_timeout(200)
    assert before == 0
    assert _chosen(page) > 100
    check_accessible(page)


def _chosen(page) -> int:
    """Pixels in the colour of what is chosen."""
    colours = pixels(page).getcolors(10**7) or []
    return sum(many for many, colour in colours if near(colour, (29, 78, 216)))


def test_the_map_shows_as_much_after_the_window_changed(scenes, page):
    opened(page, f"{scenes}collections/scenes/items/fiji/")
    page.set_viewport_size({"width": 500, "height": 600})
    page.wait_for_timeout(500)
    ready(page)
    seen = pixels(page)
    orange = [x for x in range(seen.width) if _is_orange(seen.getpixel((x, seen.height // 2)))]
    assert min(orange) < seen.width / 3
    assert max(orange) > seen.width * 2 / 3


def test_the_keyboard_gets_past_the_map(scenes, page):
    opened(page, f"{scenes}collections/scenes/items/fiji/")
    skip = page.get_by_role("link", name="Skip the map")
    skip.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    inside = "document.activeElement.closest('.leaflet-container') !== null"
    assert not page.evaluate(inside)


def test_a_footprint_across_180_degrees_is_whole(scenes, page):
    """Framed as 12 degrees of the Pacific, not as the whole world, and no line along the cut."""
    opened(page, f"{scenes}collections/scenes/items/fiji/")
    scale = page.locator(".leaflet-control-scale-line").inner_text()
    assert scale in ("300 km", "500 km", "200 km"), scale
    seen = pixels(page)
    width, height = seen.size
    orange = [x for x in range(width) if _is_orange(seen.getpixel((x, height // 2)))]
    assert orange, "no outline is drawn"
    assert all(abs(x - width / 2) > width / 8 for x in orange), orange


def _is_orange(colour) -> bool:
    red, green, blue = colour
    return red > 150 and green < 110 and blue < 80


def test_pictures_come_through_the_gate(scenes, page, watch):
    gates = []
    page.on("request", lambda asked: gates.append(urlsplit(asked.url).path))
    opened(page, f"{scenes}collections/scenes/items/alps-0/")
    loaded = (
        "[...document.images].filter((i) => i.src.includes('/assets/')).map((i) => i.naturalWidth)"
    )
    assert page.evaluate(loaded) == [64, 64]  # over the footprint, and beside the map
    assert any(path.endswith("/items/alps-0/assets/thumbnail") for path in gates)


def test_downloading_a_file(scenes, page):
    opened(page, f"{scenes}collections/scenes/items/fiji/")
    with page.expect_download() as asked:
        page.get_by_role("link", name="Download").first.click()
    assert asked.value.path().stat().st_size == 4096


def test_phones_show_one_part_at_a_time(scenes, page):
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, f"{scenes}map/")
    assert not page.locator("#results").is_visible()
    page.locator("label:has(#tab-list)").click()
    assert page.locator("#results").is_visible()
    assert state(page) == {"tab": ["list"]}
    page.reload()
    assert page.locator("#results").is_visible()
    page.locator("label:has(#tab-map)").click()
    ready(page)


def test_searching_collections_as_one_types(scenes, page):
    page.goto(scenes)
    page.get_by_label("Search collections").fill("oth")
    page.get_by_text("The scenes").wait_for(state="detached")
    assert state(page) == {"q": ["oth"]}
    page.reload()
    assert page.get_by_label("Search collections").input_value() == "oth"
    page.get_by_label("Search collections").fill("nothing OR others")
    page.wait_for_url("**OR**")
    assert not page.get_by_text("The scenes").is_visible()
    page.get_by_label("Search collections").fill("scenes -others")
    page.get_by_text("The scenes").wait_for()


def test_public_pages_need_no_login(scenes, stranger):
    page = stranger.new_page()
    for path in ("", "collections/scenes/", "collections/scenes/items/fiji/", "map/"):
        page.goto(scenes + path)
        assert page.get_by_role("heading", level=1).count() == 1
    assert "others" not in page.content()


LOOKS = [
    "",
    "?q=nothing",
    "collections/scenes/?as=list",
    "collections/scenes/?view=about",
    "collections/scenes/?view=use",
    "collections/others/",
    "collections/others/?view=use",
    "collections/scenes/items/fiji/",
    "collections/scenes/items/fiji/?view=json",
    "collections/scenes/items/fiji/?view=use",
    "map/?at=10,46&collections=scenes&datetime=2020-01-01/..",
    "map/?tab=list",
    "map/?tab=filters&collections=scenes&bbox=0,40,20,50&move=off",
    "map/?datetime=2030-01-01/..",
    "map/pick?at=10,46",
]


@in_dresses
def test_it_is_accessible(scenes, page, dresses):
    page.emulate_media(reduced_motion="reduce")
    bad = []
    for path in LOOKS:
        page.goto(scenes + path)
        page.wait_for_load_state("networkidle")
        bad += [f"{path}, {fault}" for fault in faults(page, dresses)]
    assert not bad, "\n".join(bad)
