"""A real Chromium against the real site, over a database that holds one told story.

The story lives in a database of its own, so that no other test sees it.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from playwright.sync_api import Browser, Page, Response, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser import story

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WATCH_CSP = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


def not_covered(reason: str) -> None:
    """Fail where the suite has to be whole (``CI=true``), else skip and say why."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return the Chromium of this machine."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        not_covered("no Chromium found (Debian: apt-get install -y chromium); the browser journeys did not run")
    return str(found)


@pytest.fixture(scope="session")
def chinese_font() -> None:
    """Make sure that Chinese text can be drawn."""
    listing = (
        subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True) if shutil.which("fc-list") else None
    )
    if listing is None or not listing.stdout.strip():
        not_covered(
            "no Chinese font found (Debian: apt-get install -y fonts-noto-cjk); the browser journeys did not run"
        )


@pytest.fixture(scope="session")
def chromium(chromium_path: str, chinese_font: None) -> Iterator[Browser]:
    """Start one headless Chromium for the whole run."""
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def told(chromium: Browser, django_db_blocker) -> Iterator[story.Story]:
    """Make a database, tell the story in it through the apps' operations, and drop it afterwards."""
    test = connection.settings_dict["TEST"]
    usual_name, allowed = test["NAME"], os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    test["NAME"] = f"{usual_name.removesuffix('.sqlite3')}_browser"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser driver runs a loop of its own in this thread
    with django_db_blocker.unblock():
        databases = setup_databases(verbosity=0, interactive=False)
        try:
            yield story.tell()
        finally:
            teardown_databases(databases, verbosity=0)
            test["NAME"] = usual_name
            if allowed is None:
                del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="package")
def site(told: story.Story) -> Iterator[str]:
    """Serve the site and return its address."""
    server = LiveServer("localhost")
    yield server.url
    server.stop()


@dataclass
class Screen:
    """One browser window: go to a page, and know everything that went wrong on the way."""

    page: Page
    site: str
    problems: list[str] = field(default_factory=list)
    may_answer: set[int] = field(default_factory=set)

    def open(self, path: str) -> Response:
        """Go to ``path`` of the site and return the answer."""
        response = self.page.goto(self.site + path)
        assert response is not None
        return response

    def watch(self) -> None:
        """Note console errors, script errors, policy violations and requests to other hosts."""
        own = urlsplit(self.site).netloc
        self.page.add_init_script(WATCH_CSP)
        self.page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        self.page.on("console", lambda told: told.type == "error" and self.note_console(told.text))
        self.page.on("request", lambda asked: self.note_request(asked.url, own=own))

    def note_console(self, text: str) -> None:
        """Keep a console error, save for an answer that the test expects."""
        if not any(f"status of {status}" in text for status in self.may_answer):
            self.problems.append(f"console: {text}")

    def note_request(self, url: str, *, own: str) -> None:
        """Keep a request that leaves the site."""
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != own:
            self.problems.append(f"request to another host: {url}")

    def wrong(self) -> list[str]:
        """Return what went wrong so far, with the policy violations of the page that is open."""
        return self.problems + self.page.evaluate("window.__violations || []")


@pytest.fixture
def screen(chromium: Browser, site: str) -> Iterator[Callable[..., Screen]]:
    """Return a maker of windows; after the test, none of them may have seen a problem."""
    opened: list[Screen] = []

    def make(*, width: int = 1280, modes: tuple[str, ...] = (), language: str = "zh-CN", **more: object) -> Screen:
        height = 844 if width < 600 else 900
        context = chromium.new_context(viewport={"width": width, "height": height}, locale=language, **more)
        for mode in modes:
            context.add_cookies([{"name": mode, "value": "1", "url": site}])
        window = Screen(page=context.new_page(), site=site)
        window.watch()
        opened.append(window)
        return window

    yield make
    wrong = []
    for window in opened:
        wrong += window.wrong() if window.page.context.browser else []
        window.page.context.close()
    assert wrong == []
