"""Plugins of others: what `newsdesk new` writes, and the example that was made from it; each as its own CI has it."""

import shutil
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
MACHINE = ROOT / "examples" / "machines" / "ae-4tags.json"
EXAMPLE = ROOT / "examples" / "newsdesk-parquet"
LONGEST = "n" * 35
OUTPUT = {"dist", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__"}


class Subject(NamedTuple):
    """A plugin's project, and an environment where its wheel is installed."""

    name: str
    project: Path
    environment: object


def ci_commands(project: Path) -> list[str]:
    """Give what the project's CI runs, but for the installation."""
    workflow = yaml.safe_load((project / ".github/workflows/ci.yml").read_text())
    steps = workflow["jobs"]["test"]["steps"]
    return [step["run"] for step in steps if "run" in step and "pip install" not in step["run"]]


COMMANDS = ci_commands(EXAMPLE)  # the generated project's are the same, a test tells


@pytest.fixture(scope="module")
def generated(environment, tmp_path_factory):
    """A folder with projects that the installed core has made."""
    folder = tmp_path_factory.mktemp("generated")
    for name in ("a", "notes", "parquet", LONGEST):
        environment("newsdesk[template]").newsdesk("new", name, "--in", folder)
    return folder


@pytest.fixture(scope="module")
def notes(generated, third_party):
    """A project as it was generated, with the oldest of all that it admits."""
    project = generated / "newsdesk-notes"
    return Subject("notes", project, third_party(project, "lowest-direct"))


@pytest.fixture(scope="module")
def parquet(third_party, tmp_path_factory):
    """The example, with the newest."""
    project = tmp_path_factory.mktemp("example") / EXAMPLE.name
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(*OUTPUT))
    return Subject("parquet", project, third_party(project, "highest"))


@pytest.fixture(params=["notes", "parquet"])
def subject(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_plugins_project_passes_what_its_own_ci_runs(subject, command):
    done = subject.environment.shell(command, subject.project)
    assert command != "pytest" or "tests/test_contract.py ." in done.stdout


def test_its_reporter_takes_a_machine_by_name_and_by_import_path(subject, tmp_path):
    name, cls = subject.name, f"newsdesk_{subject.name}.reporter.{subject.name.capitalize()}Reporter"
    target = tmp_path / "machines"
    first = subject.environment.newsdesk("report", MACHINE, "--to", f"{{{name}: {{path: {target}}}}}")
    second = subject.environment.newsdesk("report", MACHINE, "--to", f"{{{cls}: {{path: {target}}}}}")
    assert f"{name}: 1 delivered" in first.stdout
    assert f"{cls}: 1 unchanged" in second.stdout, "both lead to the same place"


def test_it_is_listed_with_its_distribution(subject):
    lines = subject.environment.newsdesk("reporters").stdout.splitlines()
    [line] = [line for line in lines if line.startswith(f"{subject.name}: ")]
    assert line.endswith(f"[newsdesk-{subject.name} 0.1.0]")


def test_without_its_extra_core_says_what_to_install(environment, tmp_path):
    told = environment("newsdesk").newsdesk("new", "notes", "--in", tmp_path, status=2).stderr
    assert "newsdesk new needs copier: pip install 'newsdesk[template]'" in told


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("ruff")])
@pytest.mark.parametrize("name", ["a", LONGEST])
def test_a_project_is_in_style_however_short_or_long_its_name(generated, parquet, name, command):
    parquet.environment.shell(command, generated / f"newsdesk-{name}")


@pytest.mark.parametrize("file", [".github/workflows/ci.yml", "src/newsdesk_parquet/py.typed", ".gitignore"])
def test_the_example_is_made_from_the_template(generated, file):
    assert (EXAMPLE / file).read_bytes() == (generated / "newsdesk-parquet" / file).read_bytes()


def test_the_examples_settings_are_those_of_the_template(generated):
    ours, made = (
        tomllib.loads((project / "pyproject.toml").read_text())
        for project in (EXAMPLE, generated / "newsdesk-parquet")
    )
    del ours["tool"]["mypy"]["overrides"]  # what its own libraries need
    assert (ours["tool"], ours["build-system"]) == (made["tool"], made["build-system"])
    assert ours["project"]["entry-points"] == made["project"]["entry-points"]
    assert made["project"].keys() <= ours["project"].keys()


def test_the_example_admits_this_core(wheels):
    required = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]["dependencies"]
    [core] = [r.specifier for r in map(Requirement, required) if r.name == "newsdesk"]
    assert core.contains(wheels["newsdesk"].name.split("-")[1])
