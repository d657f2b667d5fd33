"""Makes the pictures of the README and the docs from the demo: `nox -s pictures`.

Each command runs in a real terminal of a given size, and its last screen is drawn as SVG. Of the site of
newsdesk-pages, Chromium takes pictures; it has to be installed.
"""

import io
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from datetime import UTC, datetime
from fcntl import ioctl
from pathlib import Path
from typing import Literal

import pyte
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

HERE = Path(__file__).parent
COLUMNS = 118
PICTURES = {
    "show": "newsdesk show valve-004 --from files",
    "receipts": "newsdesk report build-2/valve-*.json",
}
"""Each file with the command that it shows."""
OUTAGE = """
reporters:
- files: {path: new}
- postgres: {host: 127.0.0.1, port: 1}
  required: spooled
outbox: owed.db
retry: {attempts: 2, initial: 0.1}
"""
"""The config of the last picture: a server that is down."""
FOLDER = Path("/tmp/newsdesk")  # noqa: S108  (it is seen in the pictures)
NOW = datetime(2026, 11, 17, 8, tzinfo=UTC)
"""When the pages are looked at: some hours after the last build, so that they say the same each time."""
DESK, PHONE = ViewportSize(width=1100, height=620), ViewportSize(width=390, height=700)


def main() -> None:
    """Draw every picture."""
    FOLDER.mkdir()
    try:
        _run("newsdesk demo .", FOLDER)
        _take_site((FOLDER / "site" / "index.html").as_uri())
        for name, command in PICTURES.items():
            if name == "receipts":
                (FOLDER / "newsdesk.yaml").write_text(OUTAGE)
            screen = _run(command, FOLDER)
            console = Console(record=True, width=COLUMNS, file=io.StringIO())
            console.print(Text.assemble(("$ ", "green"), (command, "bold")))
            console.print(_text(screen), end="")
            svg = console.export_svg(title="newsdesk", theme=SVG_EXPORT_THEME, unique_id=name)
            svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # fonts of another host
            (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")
    finally:
        shutil.rmtree(FOLDER)


def _take_site(index: str) -> None:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise SystemExit("Chromium is not installed; on Debian: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        first = {"x": 0, "y": 0, **DESK, "height": 352}  # so that the first screen of the docs has more
        _opened(browser, index, DESK, "light").screenshot(path=HERE / "fleet.png", clip=first)
        _opened(browser, index, PHONE, "dark").screenshot(path=HERE / "pages-phone.png")
        page = _opened(browser, index, DESK, "dark")
        page.get_by_role("link", name="valve-004").click()
        page.wait_for_selector("main svg")
        page.screenshot(
            path=HERE / "pages-machine.png", clip={"x": 0, "y": 0, **DESK, "height": 1250}, full_page=True
        )
        page = _opened(browser, index, DESK, "light")
        for place in (0, 1):
            page.locator("#machines input[type=checkbox]").nth(place).check()
        page.locator("#compare").click()
        page.wait_for_selector("#comparison tbody tr")
        page.screenshot(path=HERE / "pages-comparison.png")
        browser.close()


def _opened(browser: Browser, index: str, size: ViewportSize, scheme: Literal["light", "dark"]) -> Page:
    page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
    page.clock.set_fixed_time(NOW)
    page.goto(index)
    page.wait_for_selector("#machines tbody tr")
    return page


def _run(command: str, folder: Path, lines: int = 200) -> pyte.Screen:
    """Run a command in a terminal, and give its screen at the end."""
    screen = pyte.Screen(COLUMNS, lines)
    stream = pyte.ByteStream(screen)
    main_end, other_end = pty.openpty()
    ioctl(other_end, termios.TIOCSWINSZ, struct.pack("HHHH", lines, COLUMNS, 0, 0))
    environment = os.environ | {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "COLUMNS": str(COLUMNS),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    process = subprocess.Popen(  # noqa: S602  (a command of this file)
        command, shell=True, cwd=folder, env=environment, stdin=other_end, stdout=other_end, stderr=other_end
    )
    os.close(other_end)
    while True:
        try:
            read = os.read(main_end, 65536)
        except OSError:  # Linux tells so that the other end is closed
            break
        if not read:
            break
        stream.feed(read)
    process.wait()
    os.close(main_end)
    return screen


def _text(screen: pyte.Screen) -> Text:
    """Give what is on a screen, with its colours."""
    text = Text()
    last = max(
        (row for row, line in screen.buffer.items() if any(c.data.strip() for c in line.values())), default=-1
    )
    for row in range(last + 1):
        line = Text()
        for column in range(screen.columns):
            char = screen.buffer[row][column]
            style = " ".join(
                filter(
                    None,
                    [
                        "bold" if char.bold else "",
                        "italic" if char.italics else "",
                        _colour(char.fg),
                        f"on {_colour(char.bg)}" if _colour(char.bg) else "",
                    ],
                )
            )
            line.append(char.data, style)
        line.rstrip()
        text.append_text(line).append("\n")
    return text


def _colour(name: str) -> str:
    if name == "default":
        return ""
    if re.fullmatch("[0-9a-f]{6}", name):
        return f"#{name}"
    return {"brown": "yellow"}.get(name, name.replace("bright", "bright_"))


if __name__ == "__main__":
    main()
