"""The page on looking at machines: what it shows is what the commands print."""

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "look-at-machines.md").read_text("utf-8")


def test_each_output_on_the_page_is_that_of_the_command_before_it(tmp_path, run):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    printed, compared = "", 0
    for language, text in blocks:
        if text.startswith("# newsdesk.yaml"):
            (tmp_path / "newsdesk.yaml").write_text(text)
        elif language == "console":
            path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
            for command in text.splitlines():
                printed = run("bash", "-c", command, cwd=tmp_path, PATH=path, COLUMNS="110").stdout
        elif language == "text":
            assert printed == text
            compared += 1
    assert compared == 3
