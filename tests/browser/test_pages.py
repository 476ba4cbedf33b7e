"""Every page, light and dark, wide and narrow: WCAG 2.2 AA, and nothing for the watch to find."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.browser.conftest import TWO_FRAMES, faults, in_dresses
from tests.browser.not_pages import NOT_PAGES
from tests.browser.pages import OWNER, PAGES

API = ("stac:", "catalogs:", "keys:")  # answered to programs; their own tests walk them


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


@in_dresses
@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_every_page_is_accessible(who, dresses, live, stranger, watch):
    watch.allow("status of 4[0-9][0-9]")
    if who == OWNER:
        stranger.add_cookies([live.cookie()])
    bad = []
    tab = stranger.new_page()  # one for all: a new one would compile every script anew
    for page in [page for page in PAGES if page.who == who]:
        page.open(tab, live)
        bad += [f"{page}, {fault}" for fault in faults(tab, dresses)]
        if page.who != OWNER:
            stranger.clear_cookies()
    assert not bad, "\n".join(bad)


@pytest.mark.long
@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_every_page_is_walked_by_keyboard(who, live, stranger, watch):
    """The tab key comes to all that can be used, shows where it is, and gets out again."""
    watch.allow("status of 4[0-9][0-9]")
    if who == OWNER:
        stranger.add_cookies([live.cookie()])
    bad = []
    for page in [page for page in PAGES if page.who == who]:
        tab = stranger.new_page()
        page.open(tab, live)
        tab.evaluate(TWO_FRAMES)
        bad += [f"{page}: {fault}" for fault in walked(tab)]
        tab.close()
        if page.who != OWNER:
            stranger.clear_cookies()
    assert not bad, "\n".join(bad)


USABLE = """() => {
    const kinds = "a[href], button, input, select, textarea, summary, [tabindex='0']";
    const open = document.querySelector("dialog[open]:modal") ?? document;
    const found = [...open.querySelectorAll(kinds)].filter((each) => {
        if (each.disabled || each.type === "hidden" || each.tabIndex < 0) return false;
        if (!each.checkVisibility({ visibilityProperty: true })) return false;
        if (each.type !== "radio") return true;
        const group = [...open.querySelectorAll(`[name="${each.name}"]`)];  // the keys choose in it
        return each.checked || (!group.some((one) => one.checked) && group[0] === each);
    });
    found.forEach((each, number) => (each.dataset.usable = number));
    return found.map((each) => each.outerHTML.slice(0, 90));
}"""

REACHED = """() => {
    const at = document.activeElement;
    const outlined = (each) => {
        const { outlineStyle, outlineWidth } = each ? getComputedStyle(each) : {};
        return each && outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
    };
    const around = [at, at.parentElement, at.parentElement?.parentElement];  // a field in its frame
    const shown = around.some(outlined) || getComputedStyle(at).boxShadow !== "none";
    return [at.dataset?.usable ?? null, shown || !at.dataset?.usable];
}"""


def walked(tab) -> list[str]:
    usable = tab.evaluate(USABLE)
    reached, unseen = set(), set()
    for _ in range(2 * len(usable) + 10):
        tab.keyboard.press("Tab")
        number, shown = tab.evaluate(REACHED)
        if number is not None:
            reached.add(int(number))
            if not shown:
                unseen.add(int(number))
        if len(reached) == len(usable):
            break
    missed = [f"no key comes to {usable[n]}" for n in range(len(usable)) if n not in reached]
    return missed + [f"no focus is seen at {usable[n]}" for n in sorted(unseen)]
