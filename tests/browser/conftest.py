"""A real Chromium on a real server; whatever goes wrong unseen fails the test that caused it."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from tests.live import ROOT, Live, serve, server_environment

# Playwright's loop runs in the tests' thread; Django would refuse the database beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Also those violations that the console does not tell, such as reports of workers.
CSP = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`))"""
ABORTED = "net::ERR_ABORTED"  # a page was left, or a transfer was stopped, on purpose


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


class Watch:
    """What a browser only whispers: errors, warnings, failed and foreign requests."""

    def __init__(self, hosts: set[str]) -> None:
        self.hosts, self.found = hosts, list[str]()
        self.allowed: list[str] = []

    def allow(self, *patterns: str) -> None:
        """Expected in this test, as regular expressions."""
        self.allowed += patterns

    def follow(self, page: Page) -> None:
        page.on("console", lambda said: self.console(said.type, said.text))
        page.on("pageerror", lambda error: self.note(f"uncaught: {error}"))
        page.on("request", self.asked)
        page.on("requestfailed", self.failed)

    def console(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.note(f"console {kind}: {text}")

    def asked(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in ("http", "https") and url.netloc not in self.hosts:
            self.note(f"asked another host: {request.url}")
        if re.fullmatch(r"/static/\w+\.\w+", url.path):
            self.note(f"asked for a static file by the name that is not hashed: {request.url}")

    def failed(self, request: Request) -> None:
        if request.failure != ABORTED:
            self.note(f"{request.method} {request.url}: {request.failure}")

    def note(self, text: str) -> None:
        self.found.append(text)

    def check(self) -> None:
        bad = [text for text in self.found if not any(re.search(p, text) for p in self.allowed)]
        assert not bad, "\n".join(bad)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    named = os.environ.get("GISTAC_CHROMIUM")
    path = named or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("Chromium is missing: apt install chromium, or name one by GISTAC_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def _live_server(
    django_db_setup: None, _bucket: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """Serves what is collected under hashed names, as production does: a script that is asked
    for by two names runs twice.
    """
    collected = {"GISTAC_STATIC_ROOT": str(_collected(tmp_path_factory.getbasetemp()))}
    yield from serve(tmp_path_factory.mktemp("live"), collected)


def _collected(folder: Path) -> Path:
    """Once for all of the run's workers, whose folders lie beside each other."""
    root = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "static"
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            made = root.with_suffix(".made")
            more = {**server_environment("http://localhost"), "GISTAC_STATIC_ROOT": str(made)}
            command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
            subprocess.run(command, cwd=ROOT, env={**os.environ, **more}, check=True)
            made.rename(root)
    return root


@pytest.fixture
def watch(live: Any) -> Iterator[Watch]:
    store = urlsplit(settings.STORAGES["assets"]["OPTIONS"]["endpoint_url"])
    watch = Watch({urlsplit(live.url).netloc, store.netloc})
    yield watch
    watch.check()


@pytest.fixture
def stranger(chromium: Browser, live: Any, watch: Watch) -> Iterator[BrowserContext]:
    """A fresh browser that nobody is signed in to; its pages are watched."""
    with override_settings(PLATFORM_URL=live.url):
        call_command("make_bucket")
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.set_default_timeout(30_000)
    context.add_init_script(CSP)
    context.on("page", watch.follow)
    yield context
    context.close()


@pytest.fixture
def context(stranger: BrowserContext, live: Any) -> BrowserContext:
    """A browser signed in as the owner of live.organization."""
    stranger.add_cookies([live.cookie()])
    return stranger


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def violations(page: Page) -> list[str]:
    """What axe finds at WCAG 2.2 AA and its best practices, one line each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    rules = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found = page.evaluate("(rules) => axe.run(document, rules)", rules)
    return [
        f"{fault['id']}: {node['target']} {node['html'][:160]} {node['failureSummary'][:240]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def check_accessible(page: Page) -> None:
    found = violations(page)
    assert not found, "\n".join(found)


type Dress = tuple[str, int]  # a colour scheme and a width

# Each theme and each width once; all four of them are long.
DRESSES: list[Dress] = [("light", 1280), ("dark", 390)]
OTHER_DRESSES: list[Dress] = [("dark", 1280), ("light", 390)]

in_dresses = pytest.mark.parametrize(
    "dresses", [DRESSES, pytest.param(OTHER_DRESSES, marks=pytest.mark.long)], ids=["", "others"]
)
# Also until colours that change slowly, as those of Django's admin, have changed.
TWO_FRAMES = """new Promise((done) => requestAnimationFrame(() => setTimeout(done, 60))).then(() =>
    Promise.allSettled(document.getAnimations().filter((each) => each instanceof CSSTransition)
        .map((each) => each.finished)).then(() => true))"""


def faults(page: Page, dresses: Sequence[Dress] = DRESSES) -> list[str]:
    """What is wrong with the page as it stands, in each of these dresses."""
    found = []
    for scheme, width in dresses:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 850})
        page.evaluate(TWO_FRAMES)
        found += [f"{scheme}, {width}: {fault}" for fault in violations(page) + overflow(page)]
    return found


def overflow(page: Page) -> list[str]:
    """WCAG 1.4.10: nothing makes the page itself scroll sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"wider than the window by {wide} px"] if wide > 0 else []
