"""`newsdesk new`: what it refuses, and that it leaves nothing half-written."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from newsdesk.contract.reporter import API_VERSION

PLUGIN = """
    from newsdesk import ReporterPlugin, hookimpl

    @hookimpl
    def newsdesk_reporters():
        yield ReporterPlugin("slack", "acme_reporters:Bare", aliases=("chat",))
"""


def refused(newsdesk, *arguments):
    return newsdesk("new", *arguments, code=2).stderr.rpartition("Error: ")[2].strip()


def test_a_project_is_written_and_what_to_do_next_is_told(newsdesk, folder):
    told = newsdesk("new", "pump-notes").stdout
    assert told == (
        "Created newsdesk-pump-notes. Next steps:\n\n"
        '  cd newsdesk-pump-notes\n  pip install -e ".[dev]"\n  pytest\n\n'
        "Its README.md explains how to adapt it.\n"
    )
    project = folder / "newsdesk-pump-notes"
    assert {str(path.relative_to(project)) for path in project.rglob("*") if path.is_file()} == {
        ".github/workflows/ci.yml",
        ".gitignore",
        "README.md",
        "pyproject.toml",
        "src/newsdesk_pump_notes/__init__.py",
        "src/newsdesk_pump_notes/plugin.py",
        "src/newsdesk_pump_notes/py.typed",
        "src/newsdesk_pump_notes/reporter.py",
        "src/newsdesk_pump_notes/store.py",
        "tests/test_contract.py",
        "tests/test_errors.py",
    }
    assert f"api_version={API_VERSION}," in (project / "src/newsdesk_pump_notes/plugin.py").read_text()
    assert list(folder.iterdir()) == [project]


def test_for_a_backend_with_http_it_has_a_client_and_a_server(newsdesk, folder):
    newsdesk("new", "pump-notes", "--http")
    project = folder / "newsdesk-pump-notes"
    assert {path.name for path in (project / "src/newsdesk_pump_notes").iterdir()} == {
        "__init__.py", "client.py", "plugin.py", "py.typed", "reporter.py", "server.py",
    }  # fmt: skip
    tests = {path.name for path in (project / "tests").iterdir()}
    assert tests == {"test_contract.py", "test_errors.py", "test_server.py"}
    assert 'name="pump_notes",' in (project / "src/newsdesk_pump_notes/plugin.py").read_text()
    assert "{%" not in "".join(path.read_text() for path in project.rglob("*") if path.is_file())


@pytest.mark.parametrize(("answer", "file"), [("y", "client.py"), ("n", "store.py")])
def test_on_a_terminal_it_asks_whether_the_backend_speaks_http(folder, answer, file):
    pty = pytest.importorskip("pty")
    master, slave = pty.openpty()
    os.write(master, f"{answer}\n".encode())
    command = [Path(sys.executable).with_name("newsdesk"), "new", "notes"]
    done = subprocess.run(command, cwd=folder, stdin=slave, capture_output=True, text=True, check=True)
    os.close(master)
    os.close(slave)
    assert "Does your backend speak HTTP? [y/N]: " in done.stdout
    assert (folder / "newsdesk-notes/src/newsdesk_notes" / file).exists()


def test_a_project_can_be_written_into_another_folder(newsdesk, folder):
    (folder / "work").mkdir()
    assert "cd work/newsdesk-notes\n" in newsdesk("new", "notes", "--in", "work").stdout
    assert (folder / "work/newsdesk-notes/pyproject.toml").exists()


@pytest.mark.parametrize(
    ("name", "near"),
    [("Slack", "slack"), ("a b", "a-b"), ("9to5", "to5"), ("x--y", "x-y"), ("../x", "x"), ("", "slack")],
)
def test_a_name_that_cannot_be_one_is_refused_with_a_better_one(newsdesk, folder, name, near):
    assert refused(newsdesk, name) == (
        f"{name!r} is not a valid reporter name; use lower-case letters, digits and single '-', a letter first, "
        f"such as {near!r}"
    )
    assert list(folder.iterdir()) == []


def test_a_very_long_name_is_refused(newsdesk):
    assert refused(newsdesk, "n" * 36) == (
        f"'{'n' * 36}' has 36 characters; a reporter's name has at most 35"
    )


def test_a_class_that_newsdesk_has_itself_is_refused(newsdesk):
    assert refused(newsdesk, "base") == (
        "the class for 'base' would be BaseReporter, which is newsdesk's; give another name"
    )


@pytest.mark.parametrize("name", ["slack", "chat", "newsdesk-slack"])
def test_the_name_or_alias_of_an_installed_reporter_is_refused(newsdesk, distribution, name):
    distribution("acme", {"acme_plugin": PLUGIN}, entries={"slack": "acme_plugin"}, version="1.5")
    assert refused(newsdesk, name) == (
        f"the reporter {name.removeprefix('newsdesk-')!r} of acme 1.5 has this name; give another one"
    )


@pytest.mark.parametrize(
    ("name", "owner"), [("files", "newsdesk (built in)"), ("azureml", "newsdesk-mlflow")]
)
def test_the_name_of_a_reporter_of_newsdesks_own_is_refused(newsdesk, name, owner):
    assert f"the reporter {name!r} of {owner}" in refused(newsdesk, name)


def test_the_name_of_a_module_that_is_there_is_refused(newsdesk, distribution):
    distribution("else", {"newsdesk_else": ""})
    assert refused(newsdesk, "else") == (
        "a module 'newsdesk_else' is installed; give another name, or uninstall it"
    )


@pytest.mark.parametrize("kind", ["folder", "file", "broken link"])
def test_what_is_there_already_is_not_touched(newsdesk, folder, kind):
    target = folder / "newsdesk-notes"
    {"folder": target.mkdir, "file": target.touch, "broken link": lambda: target.symlink_to("gone")}[kind]()
    assert refused(newsdesk, "notes") == ("'newsdesk-notes' exists; give another name, or a folder with --in")
    assert list(folder.rglob("*")) == [target]


def test_without_copier_it_is_told_what_to_install(newsdesk, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "copier", None)
    assert refused(newsdesk, "notes") == "newsdesk new needs copier: pip install 'newsdesk[template]'"
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no folder here that nobody may write to")
def test_a_folder_that_cannot_be_written_to_is_told(newsdesk):
    told = newsdesk("new", "notes", "--in", "/proc", code=1).stderr
    assert re.fullmatch(
        r"Error: cannot write '/proc/newsdesk-notes': [\w ]+; give another folder with --in\n", told
    )


def test_a_template_that_fails_leaves_nothing_behind(newsdesk, folder, monkeypatch):
    import copier

    def fails(_template, target, **_):
        target.mkdir()
        (target / "half").touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copier, "run_copy", fails)
    told = newsdesk("new", "notes", code=1).stderr
    assert "cannot write 'newsdesk-notes': No space left on device" in told
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("settings", ["defaults: [", "defaults: 3", "defaults: {name: other}"])
def test_what_the_user_has_set_for_copier_neither_matters_nor_harms(newsdesk, folder, monkeypatch, settings):
    (folder / "settings.yml").write_text(settings)
    monkeypatch.setenv("COPIER_SETTINGS_PATH", "settings.yml")
    newsdesk("new", "notes")
    assert 'name = "newsdesk-notes"' in (folder / "newsdesk-notes/pyproject.toml").read_text()
    assert os.environ["COPIER_SETTINGS_PATH"] == "settings.yml"
