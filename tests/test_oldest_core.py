"""The oldest core that a plugin supports, and its wheel, in a repository with releases."""

import os
import sys
import zipfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("oldest_core.py")
CORE = """
[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"
[project]
name = "newsdesk"
version = "{version}"
requires-python = ">=3.11"
[tool.hatch.build.targets.wheel]
packages = ["newsdesk"]
"""
PLUGIN = """
[project]
name = "newsdesk-pump"
dependencies = ["requests", "newsdesk{asked}"]
"""


@pytest.fixture
def repository(tmp_path, run):
    """A repository with a plugin, releases, and core's own version."""

    def git(*arguments):
        who = {f"GIT_{role}_{what}": "x@x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        run("git", *arguments, cwd=tmp_path, GIT_CONFIG_GLOBAL=os.devnull, **who)

    def make(asked, releases, this):
        git("init", "--quiet")
        for folder in ("core/newsdesk", "plugin"):
            (tmp_path / folder).mkdir(parents=True)
        (tmp_path / "plugin/pyproject.toml").write_text(PLUGIN.format(asked=asked))
        for version in dict.fromkeys([*releases, this]):
            (tmp_path / "core/pyproject.toml").write_text(CORE.format(version=version))
            (tmp_path / "core/newsdesk/__init__.py").write_text(f"VERSION = '{version}'\n")
            git("add", ".")
            git("commit", "--quiet", "--allow-empty", "--message", version)
            if version in releases:
                git("tag", f"v{version}")
        return tmp_path

    return make


def output(repository, run):
    return run(sys.executable, SCRIPT, "plugin", "wheels", cwd=repository).stdout.strip()


@pytest.mark.parametrize(
    ("releases", "what"),
    [
        ([], "there are no releases yet"),
        (["0.1.0"], "the oldest supported of 1 releases is none"),
        (["0.1.0", "0.2.0"], "the oldest supported of 2 releases is 0.2.0"),
    ],
)
def test_nothing_is_built_if_this_core_is_the_oldest(repository, run, releases, what):
    found = output(repository(">=0.2.0,<0.3", releases, "0.2.0"), run)
    assert found == f"plugin: nothing to test but this core, 0.2.0: {what}"


def test_the_oldest_supported_release_is_built_from_its_tag(repository, run):
    root = repository(">=0.2.0,<0.3", ["0.1.0", "0.2.0", "0.2.1"], "0.2.2")
    wheel = root / "wheels" / "newsdesk-0.2.0-py3-none-any.whl"
    assert output(root, run) == f"plugin: the oldest core for 'newsdesk<0.3,>=0.2.0' is 0.2.0: {wheel}"
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("newsdesk/__init__.py") == b"VERSION = '0.2.0'\n"


def test_the_script_handles_the_plugins_of_this_repository(run):
    for plugin in ("plugins/mlflow", "plugins/postgres"):
        assert run(sys.executable, SCRIPT, plugin, "unused", cwd=SCRIPT.parents[1]).stdout.startswith(plugin)
