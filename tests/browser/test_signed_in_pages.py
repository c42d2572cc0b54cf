"""The pages behind the sign-in keep the same promises: accessible in every mode, no sideways scroll."""

import pytest

from tests.browser import pages
from tests.browser.probes import probe
from tests.browser.story import PASSWORD
from tests.browser.test_every_page import AXE, WCAG


@pytest.mark.parametrize("mode", pages.MODES)
@pytest.mark.parametrize("who", ["resident", "merchant"])
def test_axe_finds_no_violation_behind_the_sign_in(screen, told, who, mode):
    path = {"resident": f"/greenpoints/{told.person}/", "merchant": "/redeem/"}[who]
    window = screen(width=390, modes=pages.MODES[mode])
    window.open(f"/sign-in/?next={path}")
    window.page.get_by_label("用户名").fill(getattr(told, who))
    window.page.get_by_label("密码").fill(PASSWORD)
    window.page.locator("main").get_by_role("button", name="登录").click()
    assert window.page.url == window.site + path
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert window.wrong() == []
    window.page.evaluate(AXE.read_text())
    assert window.page.evaluate(probe("axe_violations"), WCAG) == []


@pytest.mark.parametrize("mode", pages.MODES)
def test_the_analysts_desk_is_accessible_and_fits_a_phone(screen, told, mode):
    window = screen(width=390, modes=pages.MODES[mode])
    window.open("/sign-in/?next=/gep/")
    window.page.get_by_label("用户名").fill(told.analyst)
    window.page.get_by_label("密码").fill(PASSWORD)
    window.page.locator("main").get_by_role("button", name="登录").click()
    found = {}
    for path in pages.DESK:
        assert window.open(path.format(run=told.account)).status == 200
        window.page.evaluate(AXE.read_text())
        wrong = window.page.evaluate(probe("axe_violations"), WCAG)
        if window.page.evaluate("document.documentElement.scrollWidth") > 390:
            wrong.append("scrolls sideways")
        found |= {path: wrong} if wrong else {}
    assert found == {}
