from tests.browser.conftest import check_accessible


def test_it_works(page, live):
    page.goto(live.address + "drop/")
    page.screenshot(path="/tmp/edit-shot.png", full_page=True)
    check_accessible(page)
