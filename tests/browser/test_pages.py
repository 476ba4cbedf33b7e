"""Every page, light and dark, wide and narrow: WCAG 2.2 AA, and nothing for the watch to find."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.browser.conftest import violations
from tests.browser.not_pages import NOT_PAGES
from tests.browser.pages import OWNER, PAGES

API = ("stac:", "catalogs:", "keys:")  # answered to programs; their own tests walk them
# Each theme and each width once; all four of them are long.
DRESSES = [("light", 1280), ("dark", 390)]
OTHER_DRESSES = [("dark", 1280), ("light", 390)]

TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 60)))"


def names(resolver: URLResolver, space: str = "") -> set[str]:
    found = set()
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            found |= {space + entry.name} if entry.name else set()
        else:
            found |= names(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
    return found


def test_no_page_is_forgotten():
    known = {page.name for page in PAGES} | NOT_PAGES.keys()
    asked = names(get_resolver("gistac.urls_public")) | names(get_resolver("gistac.urls"))
    forgotten = {name for name in asked if not name.startswith(API)} - known
    assert not forgotten, f"name these in tests/browser/pages.py: {sorted(forgotten)}"


@pytest.mark.parametrize(
    "dresses", [DRESSES, pytest.param(OTHER_DRESSES, marks=pytest.mark.long)], ids=["", "others"]
)
@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_every_page_is_accessible(who, dresses, live, stranger, watch):
    watch.allow("status of 4[0-9][0-9]")
    if who == OWNER:
        stranger.add_cookies([live.cookie()])
    bad = []
    for page in [page for page in PAGES if page.who == who]:
        tab = stranger.new_page()
        page.open(tab, live)
        for scheme, width in dresses:
            tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            tab.set_viewport_size({"width": width, "height": 850})
            tab.evaluate(TWO_FRAMES)
            bad += [f"{page}, {scheme}, {width}: {fault}" for fault in violations(tab)]
            bad += [f"{page}, {width}: {fault}" for fault in overflow(tab)]
        tab.close()
        if page.who != OWNER:
            stranger.clear_cookies()
    assert not bad, "\n".join(bad)


def overflow(tab) -> list[str]:
    """WCAG 1.4.10: nothing makes the page itself scroll sideways."""
    wide = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"wider than the window by {wide} px"] if wide > 0 else []
