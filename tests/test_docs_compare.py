"""The page on comparing builds: what it shows is what the commands print, and its tables are the code's."""

import dataclasses
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from newsdesk import GateStatus, Rule, Rules
from newsdesk.cli import main
from newsdesk.comparison.volatile import VOLATILE

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "compare-builds.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with the examples and the files of the page."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for _, text in BLOCKS:
        if (first := re.match(r"# ([\w-]+\.\w+)\n", text)) is not None:
            (tmp_path / first[1]).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(heading):
    """Return the rows of the table whose first heading this is, as cells without backquotes."""
    lines = PAGE.partition(f"\n| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return {
        row[0].strip("` "): [cell.strip() for cell in row[1:]]
        for row in (re.split(r"(?<!\\)\|", line)[1:-1] for line in lines)
    }


def test_the_page_shows_what_the_commands_print(folder, run):
    program = str(Path(sys.executable).with_name("newsdesk"))
    printed = []
    for command in (line for language, text in BLOCKS if language == "console" for line in text.splitlines()):
        status = re.search(r"# exits with (\d)$", command)
        arguments = shlex.split(command, comments=True)
        found = {"python": sys.executable, "newsdesk": program}[arguments[0]]
        line = f"{shlex.quote(found)} {command.partition(' ')[2]}"
        printed += run(
            "bash", "-c", line, cwd=folder, status=int(status[1]) if status else 0
        ).stdout.splitlines()
    shown = [line for language, text in BLOCKS if language == "text" for line in text.splitlines()]
    assert len(shown) > 10
    assert [line for line in shown if line not in printed] == []


def test_every_path_that_changes_with_each_build_is_listed():
    assert {path: row[0] for path, row in table("path").items()} == VOLATILE


def test_every_result_is_explained():
    assert table("result").keys() == {str(status) for status in GateStatus}


def test_every_key_of_rules_is_listed_with_its_default():
    told = {key: row[0].strip("`") for key, row in table("key of a rule").items()}
    defaults = {field.name: field.default for field in dataclasses.fields(Rule)}
    words = {None: "scikit-learn's", False: "no"}
    assert told == {
        key: words[value]
        if value is None or value is False
        else f"{value:g}"
        if isinstance(value, float)
        else value
        for key, value in defaults.items()
    }
    assert table("key of the file").keys() == {field.name for field in dataclasses.fields(Rules)}


def test_the_rules_of_the_page_are_valid():
    [text] = [text for language, text in BLOCKS if language == "yaml" and text.startswith("# rules.yaml")]
    assert len(Rules.from_yaml(text).rules) == 4


def test_what_ci_runs_are_commands_with_these_options(folder):
    texts = [text for language, text in BLOCKS if language == "yaml" and "pip install" in text]
    assert len(texts) == 2
    for text in texts:
        yaml.safe_load(text)
        [line] = [line for line in text.splitlines() if "newsdesk gate" in line]
        arguments = shlex.split(line.partition("newsdesk gate ")[2].partition(" >> ")[0])
        main.get_command(main.make_context("newsdesk", ["gate"]), "gate").make_context("gate", arguments)
