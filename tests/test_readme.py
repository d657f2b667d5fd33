"""The README and the docs: every command and every block of code is executed."""

import ast
import dataclasses
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import click
import pytest
import yaml
from jsonschema import Draft202012Validator
from newsdesk.cli import main
from newsdesk.config.file import Config
from newsdesk.config.model import ConfigModel
from newsdesk.config.section import model_in
from newsdesk.plugins.definition import OPTIONS
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
READMES = [
    "README.md",
    "CONTRIBUTING.md",
    *(
        f"{folder}/README.md"
        for folder in (
            "core",
            "plugins/gordo",
            "plugins/mlflow",
            "plugins/otel",
            "plugins/pages",
            "plugins/postgres",
        )
    ),
]
PAGES = [*(ROOT / name for name in READMES), *sorted((ROOT / "docs").glob("*.md"))]
# It installs a package, so it needs its own environment.
FIRST_PLUGIN = ROOT / "docs" / "first-plugin.md"
PROSE = [*PAGES, ROOT / "CHANGELOG.md", ROOT / "SECURITY.md"]
DISTRIBUTIONS = [
    ROOT / "core",
    *(ROOT / "plugins" / name for name in ("gordo", "mlflow", "otel", "pages", "postgres")),
]
SCHEMA = Draft202012Validator(json.loads((ROOT / "docs/newsdesk.schema.json").read_text("utf-8")))
# Where a block of text after commands is what the last of them prints.
WITH_OUTPUTS = ("tutorial.md", "look-at-machines.md")
SELF_CONTAINED = 'python3 -m venv .venv && .venv/bin/pip install -q "nox[uv]" && .venv/bin/nox'

# The head of the script that is generated from a page: a machine, and a shell with this environment's programs.
RUN = """\
import importlib, os, pathlib, re, subprocess
from newsdesk import Machine
machine = Machine(name="pump-7", project_name="plant")
def shell(command, status, shown=None):
    environment = os.environ | {"PATH": PATH, "COLUMNS": "110"}
    output = None if shown is None else subprocess.PIPE
    done = subprocess.run(
        ["bash", "-c", command], env=environment, stdin=subprocess.DEVNULL, stdout=output, encoding="utf-8"
    )
    assert done.returncode == status, f"{command} exits with {done.returncode} instead of {status}"
    if shown is not None:
        assert steady(done.stdout) == steady(shown), f"{command} prints:\\n{done.stdout}"
def steady(text):
    return re.sub(r"in [0-9.]+ s$", "in … s", text, flags=re.MULTILINE)
def install(folder, metadata, entries):
    info = pathlib.Path(f"{folder}.dist-info")
    info.mkdir()
    (info / "METADATA").write_text(metadata)
    (info / "entry_points.txt").write_text(entries)
    os.environ["PYTHONPATH"] = os.getcwd()
    importlib.invalidate_caches()
"""


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The file whose content it is, from its first line."""
        first = re.match(r"# ([\w/.-]+\.\w+)\n", self.text)
        return first[1] if first else None

    @property
    def commands(self) -> list[str]:
        return [line for line in self.text.splitlines() if line] if self.language == "console" else []


def blocks(page: Path) -> list[Block]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [Block(language or "console", text) for language, text in fenced]


def page_commands(page: Path) -> Iterator[str]:
    return (command for block in blocks(page) for command in block.commands)


def is_executed(command: str) -> bool:
    return not re.search(r"\bnox\b|^pip install ", command)


def script(page: Path, programs: Path, *, installs: bool = False) -> str:
    """Turn a page into a Python script that executes its blocks in order."""
    path = f"{programs}:" + "{os.environ['PATH']}"
    lines = [RUN, f'PATH = f"{path}"']
    found = blocks(page)
    for block, after in zip_longest(found, found[1:]):
        shown = after.text if after and after.language == "text" and page.name in WITH_OUTPUTS else None
        if block.file:
            lines.append(f"pathlib.Path({block.file!r}).write_text({block.text!r})")
            if block.file == "pyproject.toml":
                lines.append(f"install(*{metadata(block.text)!r})")
        elif block.language == "python":
            lines.append(block.text)
        for command in block.commands if installs else filter(is_executed, block.commands):
            if command.startswith("cd "):
                lines.append(f"os.chdir({command.removeprefix('cd ')!r})")
                continue
            status = re.search(r"# exits with (\d)$", command)
            is_last = command == block.commands[-1]
            arguments = [command, int(status[1]) if status else 0, shown if is_last else None]
            lines.append(f"shell(*{arguments!r})")
    return "\n".join(lines)


def metadata(pyproject: str) -> tuple[str, str, str]:
    """Return the metadata that an installation of a project would create: name, METADATA and entry points."""
    project = tomllib.loads(pyproject)["project"]
    entries = [f"{name} = {module}" for name, module in project["entry-points"]["newsdesk"].items()]
    text = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    stem = f"{project['name'].replace('-', '_')}-{project['version']}"
    return stem, text, "\n".join(["[newsdesk]", *entries, ""])


def kind(document: object) -> str:
    """Return the kind of a YAML block: `manifest` of Kubernetes, of a `CI`, `gordo`, `rules`, or our `config`."""
    keys: dict[str, object] = document if isinstance(document, dict) else {}
    marks = {
        "manifest": {"apiVersion"},
        "gordo": {"machines", "globals"},
        "CI": {"jobs", "gate"},
        "rules": {"rules"},
    }
    return next((kind for kind, names in marks.items() if keys.keys() & names), "config")


def names(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture
def scratch(tmp_path):
    """A working folder with the examples, as for a reader of a page."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


@pytest.mark.parametrize("page", [page for page in PAGES if page != FIRST_PLUGIN], ids=names)
def test_what_a_page_shows_can_be_done_in_its_order(page, scratch, run):
    (scratch / "page.py").write_text(script(page, Path(sys.executable).parent), "utf-8")
    # Deprecated in SQLAlchemy, used by MLflow's store.
    strict = ["-W", "error", "-W", "ignore:The ``noload`` loader strategy:DeprecationWarning"]
    own = {"HOME": str(scratch), "MLFLOW_TRACKING_URI": "sqlite:///reader.db"}
    run(sys.executable, *strict, "page.py", cwd=scratch, **own)


def test_a_first_plugin_can_be_shipped_as_its_page_shows(scratch, run, bare):
    (scratch / "page.py").write_text(script(FIRST_PLUGIN, bare.folder / "bin", installs=True), "utf-8")
    bare.offer_pip()
    done = run(bare.folder / "bin" / "python", "-W", "error", "page.py", cwd=scratch)
    [shown] = [block.text for block in blocks(FIRST_PLUGIN) if block.language == "text"]
    assert [line for line in shown.splitlines() if line not in done.stdout] == []
    assert "wiki: 4 delivered" in done.stdout
    assert "newsdesk_wiki.reporter.WikiReporter: 4 unchanged" in done.stdout
    assert "site-packages" in bare.python("import json, newsdesk_wiki as it; print(json.dumps(it.__file__))")


@pytest.mark.parametrize("page", PROSE, ids=names)
def test_a_block_is_of_a_language_that_is_checked_and_can_be_parsed(page):
    parsers = {
        "python": ast.parse,
        "yaml": yaml.safe_load,
        "toml": tomllib.loads,
        "json": json.loads,
        "console": str,
        "sql": str,
        "text": str,
        "dockerfile": str,
    }
    for block in blocks(page):
        parsers[block.language](block.text)


@pytest.mark.parametrize("page", PROSE, ids=names)
def test_a_config_on_a_page_is_accepted(page):
    for block in blocks(page):
        document = yaml.safe_load(block.text) if block.language == "yaml" else None
        if document is None or kind(document) != "config":
            continue
        faults = [fault.message for fault in SCHEMA.iter_errors(document)]
        if block.file == "wrong.yaml":
            assert faults != []
        else:
            config = Config.from_yaml(block.text)
            assert config.routes or config.outbox is not None
            assert faults == []


@pytest.mark.parametrize("page", PROSE, ids=names)
def test_a_link_into_the_repository_leads_to_something(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PROSE, ids=names)
def test_what_a_page_installs_is_a_distribution_of_ours_with_that_extra(page):
    extras = {}
    for folder in DISTRIBUTIONS:
        project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        extras[project["name"]] = set(project.get("optional-dependencies", {}))
    for command in page_commands(page):
        if command.startswith("pip install "):
            for text in shlex.split(command, comments=True)[2:]:
                if page == FIRST_PLUGIN and (text == "uv" or text.startswith(("-e", ".", "dist/"))):
                    continue  # the reader's own, and a tool; installed when the page is executed
                if text in ("-e", "."):  # a project on the page
                    assert any(block.file == "pyproject.toml" for block in blocks(page))
                    continue
                requirement = Requirement(text)
                assert requirement.extras <= extras[requirement.name]


@pytest.mark.parametrize("page", PROSE, ids=names)
def test_a_nox_command_names_sessions_that_exist(page):
    for command in page_commands(page):
        if ".venv/bin/nox" in command:
            assert re.match(re.escape(SELF_CONTAINED), command) or command.startswith(".venv/bin/nox ")
            assert set(re.findall(r"nox -s ([\w-]+)", command)) <= sessions()


def sessions() -> set[str]:
    """Return the names of the sessions in the noxfile, without nox, which is not installed here."""
    tree = ast.parse((ROOT / "noxfile.py").read_text())
    decorated = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    return {node.name.replace("_", "-") if "matrix" in node.name else node.name for node in decorated}


def test_the_readme_has_the_demo_and_the_tests_as_commands_that_stand_alone():
    shown = [command for command in page_commands(ROOT / "README.md") if "nox" in command]
    assert shown == [f"{SELF_CONTAINED} -s demo", SELF_CONTAINED]


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_first_code_of_a_first_page_has_the_output_that_is_shown(page, tmp_path):
    found = blocks(ROOT / page)
    [code, *_] = [block.text for block in found if block.language == "python"]
    [shown] = [block.text for block in found if block.language == "text"]
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout == shown


def test_ci_calls_the_test_command_of_the_readme_word_for_word():
    assert f"    {SELF_CONTAINED}\n" in (ROOT / ".ci" / "run").read_text()


def test_the_plugin_of_the_readme_is_the_example_and_has_12_lines_of_code():
    example = ROOT / "examples" / "plugin"
    code = (example / "newsdesk_markers.py").read_text()
    [shown] = [block for block in blocks(ROOT / "README.md") if block.file == "newsdesk_markers.py"]
    assert shown.text == f"# newsdesk_markers.py\n{code}"
    assert len([line for line in code.splitlines() if line.strip() and '"""' not in line]) == 12
    [entry] = [block.text for block in blocks(ROOT / "README.md") if block.language == "toml"]
    assert (example / "pyproject.toml").read_text().endswith(entry)


def test_the_reference_of_the_config_has_every_key_with_its_default():
    page = (ROOT / "docs/reference-config.md").read_text()
    rows = dict(re.findall(r"^\| `([\w.]+)` \| [^|]+ \| ([^|]+) \|", page, re.MULTILINE))
    defaults = dict(config_keys(ConfigModel))
    assert rows.keys() - defaults.keys() == OPTIONS.keys()
    assert defaults.keys() - rows.keys() == {"retry"}, "a section, documented by its keys"
    documented = {key: text for key, text in rows.items() if key in defaults and text.startswith("`")}
    assert documented == {key: f"`{defaults[key]}`" for key in documented}
    assert {defaults[key] for key in defaults.keys() - documented.keys() - {"retry"}} <= {
        None,
        dataclasses.MISSING,
    }


def config_keys(model: type, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield the keys of a config with their defaults, those of a section after the section."""
    for key in dataclasses.fields(model):
        made = key.default_factory is not dataclasses.MISSING
        yield f"{prefix}{key.name}", key.default_factory() if made else key.default
        if section := model_in(key.type):
            yield from config_keys(section, f"{prefix}{key.name}.")


def helps(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    """Yield the path of every command."""
    yield path
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        yield from helps(command, *path, name) if isinstance(command, click.Group) else [(*path, name)]


@pytest.mark.parametrize("path", list(helps(main)), ids=" ".join)
def test_every_command_has_a_help(path, run, tmp_path):
    done = run(Path(sys.executable).with_name("newsdesk"), *path, "--help", cwd=tmp_path)
    assert done.stdout.startswith(f"Usage: {' '.join(['newsdesk', *path])} ")
