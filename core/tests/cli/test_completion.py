"""What a shell completes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = "reporters: [{files: {path: x}, label: disk}, {files: {path: y}, label: dusk}, 'null']"

# What bash does when somebody presses the tabulator key.
PRESS = """
eval "$(_NEWSDESK_COMPLETE=bash_source newsdesk)"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_newsdesk_completion newsdesk
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def press():
    """Give what bash offers for the last of the words."""
    bash = shutil.which("bash") or pytest.skip("bash is not installed")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def press(*words):
        command = [bash, "-c", PRESS, "bash", "newsdesk", *words]
        told = subprocess.run(
            command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
        )
        assert not told.stderr
        return told.stdout.split()

    return press


def test_commands_and_options_are_completed(press):
    assert press("rep") == ["report", "reporters"]
    assert press("report", "--wo") == ["--workers"]


def test_labels_of_the_config_are_completed(press, write):
    write("newsdesk.yaml", CONFIG)
    assert press("report", "--to", "d") == ["disk", "dusk"]
    assert press("report", "--to", "n") == ["null"]


def test_the_config_that_is_named_counts(press, write):
    write("newsdesk.yaml", CONFIG)
    write("other.yaml", "reporters: [{files: {path: x}, label: door}]")
    assert press("report", "--config", "other.yaml", "--to", "d") == ["door"]


def test_environments_of_the_config_and_the_labels_in_one_are_completed(press, write):
    environments = "environments: {dev: {reporters: [{files: {path: z}, label: door}]}, prod: , pre: }"
    write("newsdesk.yaml", f"{CONFIG}\n{environments}")
    write("other.yaml", "environments: {test: }")
    assert press("report", "--env", "p") == ["pre", "prod"]
    assert press("check", "--config", "other.yaml", "--env", "") == ["test"]
    assert press("report", "--env", "dev", "--to", "d") == ["door"]
    assert press("report", "--env", "nowhere", "--to", "fi") == ["files"]


def test_without_a_config_installed_reporters_are_completed(press):
    assert press("plan", "--to", "fi") == ["files"]
    assert press("reporters", "co") == ["console"]
    assert press("init", "--to", "n") == ["null"]


def test_a_config_that_cannot_be_read_completes_names(press, write):
    write("newsdesk.yaml", "reporters: [")
    assert press("report", "--to", "fi") == ["files"]


def test_servers_are_completed(press, newsdesk):
    names = [line.partition(":")[0] for line in newsdesk("servers").stdout.splitlines()]
    assert press("servers", "") == sorted(names)
