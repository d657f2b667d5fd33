"""`python -m benchmarks.pictures`: the pictures of `docs/pages.md`, of a fleet in Chromium."""

import shutil
import tempfile
from pathlib import Path

from newsdesk_pages import PagesReporter
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.fleet import LAST_BUILD, fleet

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PHONE = {"width": 390, "height": 700}
DESK = {"width": 1100, "height": 620}


def main() -> None:
    """Make the site and the pictures."""
    with tempfile.TemporaryDirectory() as site, sync_playwright() as playwright:
        with PagesReporter(site, title="Plant models") as reporter:
            for record in fleet(120, builds=2):
                reporter.report(record)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        index = f"file://{site}/index.html"
        _machines(browser, index, "pages-index.png", DESK, "light")
        _machines(browser, index, "pages-phone.png", PHONE, "dark")
        page = _opened(browser, f"file://{site}/machines/north-field.compressor-0000.html", DESK, "dark")
        page.screenshot(
            path=PICTURES / "pages-machine.png", clip={"x": 0, "y": 0, **DESK, "height": 1250}, full_page=True
        )
        page = _opened(browser, index, DESK, "light")
        for place in (0, 1):
            page.locator("#machines input[type=checkbox]").nth(place).check()
        page.locator("#compare").click()
        page.wait_for_selector("#comparison table")
        page.screenshot(path=PICTURES / "pages-comparison.png")
        browser.close()


def _machines(browser: Browser, url: str, name: str, size: dict[str, int], scheme: str) -> None:
    page = _opened(browser, url, size, scheme)
    page.wait_for_selector("#machines tbody tr")
    page.screenshot(path=PICTURES / name)


def _opened(browser: Browser, url: str, size: dict[str, int], scheme: str) -> Page:
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    page.clock.set_fixed_time(LAST_BUILD.replace(day=26))
    page.goto(url)
    return page


if __name__ == "__main__":
    main()
