"""`--env`: one config for several places."""

import click
import pytest
from newsdesk.cli.main import main

CONFIG = """
reporters:
- files: {path: base}
environments:
  dev:
    reporters:
    - files: {path: dev}
  prod:
    deadlin: 3
"""


def commands(command, path=()):
    if isinstance(command, click.Group):
        with click.Context(command) as ctx:
            for name in command.list_commands(ctx):
                yield from commands(command.get_command(ctx, name), (*path, name))
    else:
        yield path, command


def test_every_command_that_has_a_config_has_its_environments():
    options = {
        path: {param.name: param.envvar for param in command.params} for path, command in commands(main)
    }
    with_config = {path for path, found in options.items() if "config_path" in found}
    assert with_config >= {("report",), ("check",), ("doctor",), ("list",), ("outbox", "send"), ("copy",)}
    assert with_config == {path for path, found in options.items() if found.get("env") == "NEWSDESK_ENV"}


def test_machines_go_where_the_environment_says(newsdesk, write, machine, folder):
    write("newsdesk.yaml", CONFIG)
    newsdesk("report", machine, "--env", "dev")
    assert [(folder / name).exists() for name in ("dev", "base")] == [True, False]
    newsdesk("report", machine)
    assert (folder / "base").exists()


def test_an_environment_variable_has_it_for_all_commands(newsdesk, write, machine, folder, monkeypatch):
    write("newsdesk.yaml", CONFIG)
    monkeypatch.setenv("NEWSDESK_ENV", "dev")
    newsdesk("report", machine)
    assert (folder / "dev").exists()
    assert not (folder / "base").exists()
    monkeypatch.setenv("NEWSDESK_ENV", "")
    newsdesk("report", machine)
    assert (folder / "base").exists()


@pytest.mark.parametrize(
    ("env", "told"),
    [
        (
            "dve",
            "the config 'newsdesk.yaml' has no environment 'dve' (did you mean 'dev'?); there are: dev, prod\n",
        ),
        (
            "prod",
            "the config 'newsdesk.yaml' cannot be used in the environment 'prod'\n"
            "  - line 9: environments.prod.deadlin: unknown key (did you mean 'deadline'?); there are: ",
        ),
    ],
)
def test_one_that_cannot_be_used_is_refused(newsdesk, write, machine, env, told):
    write("newsdesk.yaml", CONFIG)
    assert newsdesk("list", "--env", env, code=2).stderr.startswith(f"Error: {told}")
    assert newsdesk("report", machine, "--env", env, code=2).stderr.startswith(f"Error: {told}")
    last = told.splitlines()[-1].removeprefix("  - ").strip()
    assert f"config: {last}" in newsdesk("doctor", "--env", env, code=1).stdout


def test_without_a_config_there_is_none(newsdesk, machine, folder):
    assert newsdesk("report", machine, "--env", "prod", code=2).stderr == (
        "Error: no config to take the environment 'prod' from: name one with --config, or put newsdesk.yaml here\n"
    )
    assert not (folder / "newsdesk-reports").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            CONFIG,
            "the config 'newsdesk.yaml' has no environment 'dve' of NEWSDESK_ENV (did you mean 'dev'?); "
            "there are: dev, prod; change NEWSDESK_ENV\n",
        ),
        (
            "reporters: [null]",
            "the config 'newsdesk.yaml' has no environment 'dve' of NEWSDESK_ENV; "
            "without 'environments' in it, unset NEWSDESK_ENV\n",
        ),
        (
            None,
            "no config to take the environment 'dve' from: name one with --config, or put newsdesk.yaml here, "
            "or unset NEWSDESK_ENV\n",
        ),
    ],
)
def test_a_variable_that_chose_what_is_not_there_is_named(newsdesk, write, monkeypatch, text, told):
    if text is not None:
        write("newsdesk.yaml", text)
    monkeypatch.setenv("NEWSDESK_ENV", "dve")
    assert newsdesk("check", code=2).stderr == f"Error: {told}"
    assert "NEWSDESK_ENV" not in newsdesk("check", "--env", "dve", code=2).stderr


def test_the_doctor_says_which_it_looks_at(newsdesk, write):
    write("newsdesk.yaml", CONFIG)
    assert "config: newsdesk.yaml is valid in the environment 'dev'; its reporters: files\n" in (
        newsdesk("doctor", "--env", "dev").stdout
    )
    assert (
        "config: newsdesk.yaml is valid without an environment (it has dev, prod); its reporters: files\n"
        in (newsdesk("doctor").stdout)
    )
