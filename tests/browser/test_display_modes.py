"""Elder mode and high contrast: a clear way in and out without JavaScript, and the numbers they promise."""

import pytest

from tests.browser import pages
from tests.browser.probes import probe

CONTRASTS = probe("contrasts")
SMALL_TEXT = probe("small_text")
SMALL_TARGETS = probe("small_targets")


def test_the_way_into_elder_mode_and_out_of_it(screen, told):
    window = screen(width=390, java_script_enabled=False)
    window.open("/")
    window.page.get_by_role("button", name="进入长辈版").click()
    assert window.page.locator("html[data-elder]").count() == 1
    window.open("/policy/")
    assert window.page.locator("html[data-elder]").count() == 1
    window.open("/")
    window.page.locator("main").get_by_role("button", name="退出长辈版").click()
    assert window.page.locator("html[data-elder]").count() == 0


def test_the_way_into_high_contrast_and_out_of_it(screen, told):
    window = screen(width=390, java_script_enabled=False)
    window.open("/marketplace/")
    window.page.get_by_role("button", name="高对比").click()
    assert window.page.url.endswith("/marketplace/")
    assert window.page.locator("html[data-contrast]").count() == 1
    window.page.get_by_role("button", name="退出高对比").click()
    assert window.page.locator("html[data-contrast]").count() == 0


@pytest.mark.parametrize("name", pages.NAMES)
def test_elder_mode_keeps_its_numbers(screen, told, name):
    """18 pt is 24 CSS px; main controls 60 x 60; line height 1.5; contrast 7 to 1."""
    window = screen(width=390, modes=("elder",))
    window.open(pages.path_of(name, told))
    body = "getComputedStyle(document.body)"
    size = window.page.evaluate(f"parseFloat({body}.fontSize)")
    assert size >= 24
    assert window.page.evaluate(f"parseFloat({body}.lineHeight)") >= 1.5 * size
    assert window.page.evaluate(SMALL_TEXT, 24) == []
    assert window.page.evaluate(SMALL_TARGETS, 60) == []
    assert window.page.evaluate(CONTRASTS) == []


@pytest.mark.parametrize("name", pages.NAMES)
def test_usual_targets_are_44_pixels(screen, told, name):
    window = screen(width=390)
    window.open(pages.path_of(name, told))
    assert window.page.evaluate(SMALL_TARGETS, 44) == []


@pytest.mark.parametrize("name", pages.NAMES)
def test_high_contrast_is_7_to_1(screen, told, name):
    window = screen(width=390, modes=("contrast",))
    window.open(pages.path_of(name, told))
    assert window.page.evaluate(CONTRASTS) == []


def test_text_can_reach_30_points(screen, told):
    """200 % zoom in elder mode makes 48 CSS px of 24; at 320 px the page still does not scroll sideways."""
    window = screen(width=320, modes=("elder",))
    window.open("/")
    assert window.page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") * 2 >= 40
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 320
