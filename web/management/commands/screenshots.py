"""Make the pictures of the main screens anew, from a site that runs."""

import os
import shutil
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

SCREENS = (
    ("home", "/", 1280, 900),
    ("map", "/map/", 1280, 900),
    ("gep-1280", "/gep/", 1280, 900),
    ("market-1280", "/marketplace/", 1280, 900),
    ("home-390", "/", 390, 844),
    ("policy-390", "/policy/", 390, 844),
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Command(BaseCommand):
    """``screenshots --site http://127.0.0.1:8000 --out DIR``."""

    help = "Take pictures of the main screens of a running site (needs Chromium and requirements-dev.txt)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the site, the folder, and where wanted a user whose resident page is pictured."""
        parser.add_argument("--site", default="http://127.0.0.1:8000")
        parser.add_argument("--out", type=Path, required=True)
        parser.add_argument("--user", default="", help="a resident's user name; the password is in DEMO_PASSWORD")

    def handle(self, *args: object, **options: object) -> None:
        """Open every screen and write one PNG each."""
        from playwright.sync_api import sync_playwright

        found = next(filter(None, map(shutil.which, BROWSERS)), None)
        if found is None:
            raise CommandError("no Chromium found (Debian: apt-get install -y chromium)")
        site, out = str(options["site"]).rstrip("/"), Path(str(options["out"]))
        out.mkdir(parents=True, exist_ok=True)
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=arguments)
            for name, path, width, height in SCREENS:
                page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
                page.goto(site + path)
                if path == "/map/":  # a function to wait for would need eval, which our content policy forbids
                    page.wait_for_selector("#map[data-ready]", timeout=60_000)
                page.screenshot(path=out / f"{name}.png")
                self.stdout.write(f"{name}.png")
            if options["user"]:
                self.resident(browser, site=site, user=str(options["user"]), out=out)
            browser.close()

    def resident(self, browser: object, *, site: str, user: str, out: Path) -> None:
        """Sign in as a resident and picture the own page at 390 px."""
        page = browser.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")  # type: ignore[attr-defined]
        page.goto(f"{site}/sign-in/?next=/greenpoints/")
        page.get_by_label("用户名").fill(user)
        page.get_by_label("密码").fill(os.environ.get("DEMO_PASSWORD", ""))
        page.locator("main").get_by_role("button", name="登录").click()
        page.get_by_role("link", name="查看余额与明细").click()
        page.screenshot(path=out / "resident.png")
        self.stdout.write("resident.png")
