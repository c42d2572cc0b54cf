"""What holds for every page: accessible, no sideways scroll, nothing from elsewhere, whole without JavaScript."""

from pathlib import Path

import pytest

from tests.browser import pages
from tests.browser.probes import probe

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FOUND = probe("axe_violations")


def chinese_interface(window):
    """Return the texts of navigation, headings, buttons and table heads that hold Chinese on the open page."""
    texts = window.page.locator(
        "nav a:not([lang]), h1, h2:not([lang]), thead th, button:not([lang]), label"
    ).all_inner_texts()
    return [text for text in texts if any("一" <= sign <= "鿿" for sign in text)]


@pytest.mark.parametrize("language", pages.LANGUAGES)
@pytest.mark.parametrize("mode", pages.MODES)
@pytest.mark.parametrize("name", pages.NAMES)
def test_axe_finds_no_violation(screen, told, name, mode, language):
    window = screen(width=390, modes=pages.MODES[mode], language=pages.LANGUAGES[language])
    assert window.open(pages.path_of(name, told)).status == 200
    assert window.wrong() == []
    window.page.evaluate(AXE.read_text())
    assert window.page.evaluate(FOUND, WCAG) == []


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("mode", pages.MODES)
def test_no_page_scrolls_sideways(screen, told, mode, width):
    window = screen(width=width, modes=pages.MODES[mode])
    wider = {}
    for name in pages.NAMES:
        window.open(pages.path_of(name, told))
        if (needed := window.page.evaluate("document.documentElement.scrollWidth")) > width:
            wider[name] = needed
    assert wider == {}


@pytest.mark.parametrize("name", pages.NAMES)
def test_every_page_has_its_text_without_javascript(screen, told, name):
    """One heading of the first level, and as much to read as with scripts on."""
    window = screen(java_script_enabled=False)
    assert window.open(pages.path_of(name, told)).status == 200
    assert window.page.locator("h1").count() == 1
    assert len(window.page.locator("main").inner_text()) > 40


@pytest.mark.parametrize("name", pages.NAMES)
def test_english_pages_hold_no_chinese_interface(screen, told, name):
    """Names of places and people stay; navigation, headings, buttons and table heads are English."""
    window = screen(language="en-GB")
    window.open(pages.path_of(name, told))
    assert chinese_interface(window) == []
