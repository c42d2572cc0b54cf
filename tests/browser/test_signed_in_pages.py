"""The pages behind the sign-in keep the same promises: accessible in every mode, no sideways scroll."""

import gzip

import pytest

from tests.browser import pages
from tests.browser.probes import probe
from tests.browser.story import PASSWORD
from tests.browser.test_every_page import AXE, WCAG, chinese_interface

FIRST_SCREEN_BYTES = 150_000  # compressed, as a phone fetches it: promises B5


def sign_in(window, name, *, path):
    """Sign in and land on ``path``."""
    window.open(f"/sign-in/?next={path}")
    window.page.locator("input[name=username]").fill(name)
    window.page.locator("input[name=password]").fill(PASSWORD)
    window.page.locator("main form button").click()
    assert window.page.url == window.site + path


def wrong_with(window, paths):
    """Return, by path, what axe finds and whether the page scrolls sideways at 390 px."""
    found = {}
    for path in paths:
        assert window.open(path).status == 200
        window.page.evaluate(AXE.read_text())
        wrong = window.page.evaluate(probe("axe_violations"), WCAG)
        if window.page.evaluate("document.documentElement.scrollWidth") > 390:
            wrong.append("scrolls sideways")
        found |= {path: wrong} if wrong else {}
    assert window.wrong() == []
    return found


def entered(window, told, role):
    """Sign in as the story's ``role``; return the addresses of its pages."""
    paths = pages.behind_the_sign_in(role, told)
    sign_in(window, getattr(told, role), path=paths[0])
    return paths


@pytest.mark.parametrize("mode", pages.MODES)
@pytest.mark.parametrize("role", pages.BEHIND_THE_SIGN_IN)
def test_the_pages_of_a_role_are_accessible_and_fit_a_phone(screen, told, role, mode):
    window = screen(width=390, modes=pages.MODES[mode])
    assert wrong_with(window, entered(window, told, role)) == {}


@pytest.mark.parametrize("role", pages.BEHIND_THE_SIGN_IN)
def test_the_pages_of_a_role_have_their_text_without_javascript(screen, told, role):
    window = screen(width=390, java_script_enabled=False)
    bare = []
    for path in entered(window, told, role):
        assert window.open(path).status == 200
        if window.page.locator("h1").count() != 1 or len(window.page.locator("main").inner_text()) <= 40:
            bare.append(path)
    assert bare == []


@pytest.mark.parametrize("role", pages.BEHIND_THE_SIGN_IN)
def test_the_english_pages_of_a_role_hold_no_chinese_interface(screen, told, role):
    window = screen(language="en-GB")
    chinese = {}
    for path in entered(window, told, role):
        assert window.open(path).status == 200
        found = chinese_interface(window)
        chinese |= {path: found} if found else {}
    assert chinese == {}


def test_a_residents_first_screen_is_light_and_works_without_javascript(screen, told):
    window = screen(width=390, java_script_enabled=False)
    sign_in(window, told.resident, path=f"/greenpoints/{told.person}/")
    told_of = window.page.locator("main").inner_text()
    assert "碳币余额" in told_of
    html = window.page.content().encode()
    assets = {
        window.page.evaluate(f"node => node.{attribute}", node.element_handle())
        for selector, attribute in (("link[rel=stylesheet]", "href"), ("script[src]", "src"))
        for node in window.page.locator(selector).all()
    }
    sizes = [len(gzip.compress(window.page.request.get(address).body())) for address in assets]
    assert len(gzip.compress(html)) + sum(sizes) <= FIRST_SCREEN_BYTES
