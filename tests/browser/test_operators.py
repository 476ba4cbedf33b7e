"""Pages of operators in a real browser: nothing for the policy to stop, legible, by keys alone."""

import pytest

from tests.browser.conftest import DRESSES, TWO_FRAMES, violations
from tests.operators import an_operator, shown

LIST = "/operators/tenants/organization/"


@pytest.fixture
def operator(live, stranger):
    """A tab of someone who runs the platform; with the live organization's owner to look at."""
    user = an_operator(f"olga-{live.organization.slug}")
    stranger.add_cookies([live.cookie(user, shown(user))])
    return stranger.new_page()


def test_an_operator_looks_around_and_sees_as_a_member(operator, live, watch):
    tab, row = operator, f"{LIST}{live.organization.pk}/"
    user = "/operators/tenants/user/"
    bad = []
    for path in (
        "/operators/",
        LIST,
        f"{row}change/",
        f"{row}do/suspend/",
        f"{row}do/plan/",
        user,
        f"{user}{live.owner.pk}/change/",
        "/operators/tenants/plan/",
        "/operators/tenants/plan/add/",
        "/operators/tenants/plan/default/change/",
        "/operators/tenants/auditrecord/",
    ):
        answer = tab.goto(live.url + path)
        assert answer is not None
        assert answer.status == 200, path
        for scheme, width in DRESSES:
            tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            tab.set_viewport_size({"width": width, "height": 850})
            tab.evaluate(TWO_FRAMES)
            bad += [f"{path}, {scheme}, {width}: {fault}" for fault in violations(tab)]
    assert not bad, "\n".join(bad)
    tab.set_viewport_size({"width": 1280, "height": 850})
    tab.goto(f"{live.url}{user}{live.owner.pk}/change/")
    tab.get_by_role("link", name="see it so").press("Enter")
    tab.get_by_label("Reason").fill("They asked for help.")
    tab.keyboard.press("Enter")
    banner = tab.get_by_role("complementary", name="Seeing as somebody else")
    banner.wait_for()
    for scheme, width in DRESSES:
        tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        tab.set_viewport_size({"width": width, "height": 850})
        tab.evaluate(TWO_FRAMES)
        assert violations(tab) == []
    banner.get_by_role("button", name="Stop").press("Enter")
    tab.get_by_text("You see as yourself again.").wait_for()
