"""The keyboard alone: nothing that a swap takes away takes the focus with it."""

import pytest

from catalogs import drafts
from catalogs.audit import Actor
from catalogs.stac import transactions
from tenants.current import tenant_scope
from tests.stac.documents import collection, item

FOCUSED = "() => document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"


@pytest.fixture
def review(live, page):
    """Two drafts to look over."""
    with tenant_scope(live.organization):
        home = transactions.create_collection(collection("coast"), derived=True)
        for name in ("one", "two"):
            made = transactions.create_item(home, item(name))
            drafts.unpublish(made, actor=Actor.of(live.owner))
    page.goto(f"{live.address}drop/")
    return page


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).focus()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Enter")


def test_saving_a_draft_stays_at_its_button(review):
    press(review, "Save one")
    review.wait_for_timeout(500)
    assert review.evaluate(FOCUSED) == "Save one"


@pytest.mark.parametrize("verb", ["Publish", "Discard"])
def test_what_is_gone_leaves_the_focus_at_its_list(review, verb):
    press(review, f"{verb} one")
    review.get_by_role("button", name="Save one").wait_for(state="detached")
    review.wait_for_function(f"() => ({FOCUSED})() === 'To review 1'")


def test_the_json_editor_is_no_trap(review, live):
    press(review, "Publish one")
    review.get_by_role("button", name="Save one").wait_for(state="detached")
    review.goto(f"{live.address}collections/coast/items/one/json/")
    review.locator(".cm-content").focus()
    review.keyboard.press("Tab")
    assert review.evaluate(FOCUSED) == "Save"
    review.keyboard.press("Tab")
    review.keyboard.press("Enter")
    answer = review.locator("#checked").get_by_text("This is a valid STAC item.")
    answer.wait_for()
    assert review.evaluate(FOCUSED) == "Check"
    button = review.get_by_role("button", name="Check").bounding_box()
    assert answer.is_visible()
    assert abs(answer.bounding_box()["y"] - button["y"]) < 400
