"""Makes the pictures of the README and the docs from the demo: `nox -s pictures`.

Each command runs in a real terminal of a given size, and its last screen is drawn as SVG. Of the site of
newsdesk-pages, Chromium takes a picture; it has to be installed.
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
from fcntl import ioctl
from pathlib import Path

import pyte
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


def main() -> None:
    """Draw every picture."""
    FOLDER.mkdir()
    try:
        _run("newsdesk demo .", FOLDER)
        _take_site()
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


def _take_site() -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("Chromium is not installed; on Debian: apt install chromium")
    options = ["--headless", "--no-sandbox", "--hide-scrollbars", "--virtual-time-budget=3000"]
    picture = [f"--screenshot={HERE / 'fleet.png'}", "--window-size=1100,560"]
    site = (FOLDER / "site" / "index.html").as_uri()
    subprocess.run([browser, *options, *picture, site], check=True)  # noqa: S603  (fixed arguments)


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
