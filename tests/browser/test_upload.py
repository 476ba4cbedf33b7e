"""Files on their way from a browser to the bucket: parts, interruptions, and what is never sent."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page, Route, expect

from catalogs.models import Upload
from catalogs.stac import transactions
from catalogs.storage import assets
from tenants.current import tenant_scope
from tests.browser.rasters import scene

PART = re.compile(r"partNumber=(\d+)")
OFFLINE = r"net::ERR_FAILED|ERR_CONNECTION_RESET|503|CORS|Failed to load resource|@uppy|\[Uppy\]"

LOWEST = """() => {
  const bar = document.querySelector("#uploads [data-bar]");
  window.lowest = bar.value;
  new MutationObserver(() => (window.lowest = Math.min(window.lowest, bar.value)))
    .observe(bar, { attributes: true });
}"""


@pytest.fixture(scope="session")
def big(tmp_path_factory) -> Path:
    """Eight parts of 16 MiB."""
    return scene(tmp_path_factory.mktemp("big") / "big.tif", 130)


@pytest.fixture
def small(tmp_path) -> Path:
    return scene(tmp_path / "small.tif")


class Bucket:
    """Stands between the browser and the bucket, and nowhere else."""

    def __init__(self, page: Page) -> None:
        self.puts: list[int] = []
        self.held: list[Route] = []
        self.most = 10_000  # parts that pass before the others wait
        self.trouble: dict[int, Callable[[Route], Any]] = {}
        page.context.route(PART, self.part)

    def part(self, route: Route) -> None:
        found = PART.search(route.request.url)
        number = int(found[1]) if found else 0
        if route.request.method != "PUT":
            route.continue_()
        elif trouble := self.trouble.pop(number, None):
            trouble(route)
        elif len(self.puts) >= self.most:
            self.held.append(route)
        else:
            self.puts.append(number)
            route.continue_()

    def release(self) -> None:
        self.most = 10_000
        held, self.held = self.held, []
        for route in held:
            try:
                self.part(route)
            except Error:  # the page has given this request up
                continue


@pytest.fixture
def bucket_between(page) -> Bucket:
    return Bucket(page)


@pytest.fixture
def drop_page(page, live) -> Page:
    page.goto(live.address + "drop/")
    return page


def pick(page: Page, *files: Path) -> None:
    page.set_input_files("#uploads-input", list(files))


def uploads_of(live) -> list[Upload]:
    with tenant_scope(live.organization):
        return list(Upload.objects.order_by("created"))


def wait_for_arrival(page: Page, live, name: str) -> Upload:
    row = page.locator("[data-upload-row]:visible", has_text=name)
    expect(row).to_have_attribute("data-state", "checking", timeout=60_000)
    return next(upload for upload in uploads_of(live) if upload.filename == name)


def row_of(page: Page, name: str):
    return page.locator("#uploads [data-key]", has_text=name)


def test_it_works(drop_page, live, small):
    pick(drop_page, small)
    upload = wait_for_arrival(drop_page, live, small.name)
    assert assets().read(upload.name, 0, upload.size) == small.read_bytes()
    expect(drop_page.locator("#uploads")).to_be_hidden()


def test_a_large_file_goes_in_parts_side_by_side(drop_page, live, big, bucket_between):
    signed: list[str] = []
    drop_page.on("request", lambda asked: signed.append(asked.url) if "/sign" in asked.url else 0)
    bucket_between.most = 0
    pick(drop_page, big)
    for _ in range(100):
        if len(bucket_between.held) >= 4:
            break
        drop_page.wait_for_timeout(200)
    assert len(bucket_between.held) >= 4
    bucket_between.release()
    upload = wait_for_arrival(drop_page, live, big.name)
    assert sorted(bucket_between.puts) == list(range(1, 9))
    assert len(signed) == 1
    assert assets().held_size(upload.name) == big.stat().st_size


def test_a_file_dropped_after_another_has_arrived(drop_page, live, tmp_path):
    for name in ("first.tif", "second.tif"):
        pick(drop_page, scene(tmp_path / name))
        wait_for_arrival(drop_page, live, name)
        drop_page.reload()


def test_many_at_once(drop_page, live, tmp_path):
    files = [scene(tmp_path / f"scene-{n}.tif", 0.05) for n in range(12)]
    pick(drop_page, *files)
    for file in files:
        wait_for_arrival(drop_page, live, file.name)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.tif", b"", "This file is empty"),
        ("words.tif", b"Dear all, the picture follows.", "This is not a TIFF file"),
        ("photo.png", b"\x89PNG\r\n\x1a\n" + b"0" * 90, "This is a PNG picture"),
        ("grid.nc", b"CDF\x01" + b"0" * 90, "This is a netCDF file"),
        ("short.tif", b"II*\x00\xff\xff\x00\x00", "This file ends too early"),
    ],
)
def test_what_cannot_be_taken_is_said_before_a_byte_moves(
    drop_page, live, tmp_path, name, content, sentence
):
    file = tmp_path / name
    file.write_bytes(content)
    pick(drop_page, file)
    expect(row_of(drop_page, name)).to_contain_text(sentence)
    assert uploads_of(live) == []


def test_a_picture_without_a_place_is_not_sent(drop_page, live, tmp_path):
    file = scene(tmp_path / "nowhere.tif", place=False)
    pick(drop_page, file)
    expect(row_of(drop_page, file.name)).to_contain_text("where on Earth")
    assert uploads_of(live) == []


def test_pause_and_continue(drop_page, live, big, bucket_between):
    bucket_between.most = 2
    pick(drop_page, big)
    row = row_of(drop_page, big.name)
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("Paused")
    shown = row.locator("progress").get_attribute("value")
    bucket_between.release()
    drop_page.wait_for_timeout(1500)
    assert uploads_of(live)[0].state == Upload.State.UPLOADING
    drop_page.evaluate(LOWEST)
    row.get_by_role("button", name="Continue").click()
    wait_for_arrival(drop_page, live, big.name)

    assert drop_page.evaluate("lowest") >= int(shown or 0)


def test_after_a_reload_only_missing_parts_are_sent(drop_page, live, big, bucket_between):
    bucket_between.most = 3
    pick(drop_page, big)
    drop_page.wait_for_function(
        "() => /[3-9]\\d %/.test(document.querySelector('#uploads [data-detail]')?.textContent)"
    )
    drop_page.on("dialog", lambda asked: asked.accept())
    drop_page.reload()
    row = row_of(drop_page, big.name)
    expect(row).to_contain_text(f"Pick {big.name} again to continue at 38 %.")
    sent = sorted(bucket_between.puts)
    bucket_between.puts.clear()
    bucket_between.held.clear()
    bucket_between.release()
    pick(drop_page, big)
    upload = wait_for_arrival(drop_page, live, big.name)
    assert sorted(bucket_between.puts) == [part for part in range(1, 9) if part not in sent]
    assert len(uploads_of(live)) == 1
    assert assets().held_size(upload.name) == big.stat().st_size


def test_a_small_file_goes_on_by_itself_after_a_reload(drop_page, live, small, bucket_between):
    bucket_between.most = 0
    pick(drop_page, small)
    expect(row_of(drop_page, small.name)).to_contain_text("Sending")
    drop_page.wait_for_timeout(1500)
    drop_page.on("dialog", lambda asked: asked.accept())
    drop_page.reload()
    bucket_between.held.clear()
    bucket_between.release()
    wait_for_arrival(drop_page, live, small.name)
    assert len(uploads_of(live)) == 1


def test_a_store_in_trouble_is_asked_again(drop_page, live, big, bucket_between, watch):
    watch.allow(OFFLINE)
    cors = {"access-control-allow-origin": "*"}
    bucket_between.trouble = {
        2: lambda route: route.fulfill(status=503, headers=cors),
        3: lambda route: route.abort("connectionreset"),
    }
    pick(drop_page, big)
    wait_for_arrival(drop_page, live, big.name)


def test_cancelling_leaves_nothing_in_the_bucket(drop_page, live, big, bucket_between, bucket):
    bucket_between.most = 2
    pick(drop_page, big)
    row = row_of(drop_page, big.name)
    expect(row).to_contain_text("Sending")
    drop_page.wait_for_timeout(500)
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_have_count(0)
    drop_page.wait_for_timeout(1500)
    [upload] = uploads_of(live)
    assert upload.state == Upload.State.ABORTED
    assert not [one for one in bucket.multipart_uploads.all() if one.object_key == upload.name]


def test_signed_out_on_the_way_says_so_and_goes_on(
    drop_page, context, live, big, bucket_between, watch
):
    watch.allow(OFFLINE, "404", "401", "403")
    bucket_between.most = 3
    pick(drop_page, big)
    drop_page.wait_for_timeout(1500)
    row = row_of(drop_page, big.name)
    context.clear_cookies(name="session")
    bucket_between.release()  # all parts go, then finishing is refused
    expect(row).to_contain_text("You are signed out", timeout=30_000)
    context.add_cookies([live.cookie()])
    row.get_by_role("button", name="Try again").click()
    wait_for_arrival(drop_page, live, big.name)


def test_a_second_tab_waits_for_the_first(drop_page, context, live, big, small, bucket_between):
    bucket_between.most = 1
    pick(drop_page, big)
    expect(row_of(drop_page, big.name)).to_contain_text("Sending")
    other = context.new_page()
    other.goto(live.address)
    pick(other, small)
    expect(other.get_by_text("Another tab is sending files")).to_be_visible()
    assert [upload.filename for upload in uploads_of(live)] == [big.name]
    bucket_between.release()
    wait_for_arrival(drop_page, live, big.name)
    expect(row_of(other, small.name)).to_contain_text("Arrived", timeout=30_000)


def test_a_drop_on_a_collections_page_goes_into_it(page, live, small):
    with tenant_scope(live.organization):
        document = {
            "type": "Collection",
            "stac_version": "1.1.0",
            "id": "coast",
            "description": "The coast",
            "license": "other",
            "links": [],
        }
        transactions.create_collection(document, derived=True)
    page.goto(live.address + "collections/coast/")
    pick(page, small)
    expect(row_of(page, small.name)).to_contain_text("Arrived", timeout=30_000)
    assert uploads_of(live)[0].collection == "coast"
