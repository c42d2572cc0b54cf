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
