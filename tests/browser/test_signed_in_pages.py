"""The pages behind the sign-in keep the same promises: accessible in every mode, no sideways scroll."""

import gzip

import pytest

from tests.browser import pages
from tests.browser.probes import probe
from tests.browser.story import PASSWORD
from tests.browser.test_every_page import AXE, WCAG

FIRST_SCREEN_BYTES = 150_000  # compressed, as a phone fetches it: promises B5


def sign_in(window, name, *, path):
    """Sign in and land on ``path``."""
    window.open(f"/sign-in/?next={path}")
    window.page.get_by_label("用户名").fill(name)
    window.page.get_by_label("密码").fill(PASSWORD)
    window.page.locator("main").get_by_role("button", name="登录").click()
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


@pytest.mark.parametrize("mode", pages.MODES)
def test_a_residents_pages_are_accessible_and_fit_a_phone(screen, told, mode):
    window = screen(width=390, modes=pages.MODES[mode])
    paths = [path.format(person=told.person) for path in pages.OWN]
    sign_in(window, told.resident, path=paths[0])
    assert wrong_with(window, paths) == {}


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


@pytest.mark.parametrize("mode", pages.MODES)
def test_the_merchants_desk_is_accessible_and_fits_a_phone(screen, told, mode):
    window = screen(width=390, modes=pages.MODES[mode])
    sign_in(window, told.merchant, path="/redeem/")
    assert wrong_with(window, ["/redeem/"]) == {}


@pytest.mark.parametrize("mode", pages.MODES)
def test_the_operators_desk_is_accessible_and_fits_a_phone(screen, told, mode):
    window = screen(width=390, modes=pages.MODES[mode])
    sign_in(window, "operator", path=pages.OPERATORS[0])
    assert wrong_with(window, pages.OPERATORS) == {}


@pytest.mark.parametrize("mode", pages.MODES)
def test_the_analysts_desk_is_accessible_and_fits_a_phone(screen, told, mode):
    window = screen(width=390, modes=pages.MODES[mode])
    sign_in(window, told.analyst, path="/gep/")
    assert wrong_with(window, [path.format(run=told.account) for path in pages.DESK]) == {}
