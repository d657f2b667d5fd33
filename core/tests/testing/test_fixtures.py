"""The pytest fixtures of servers, in test runs of their own."""

import os
import textwrap
import time
from pathlib import Path

import pytest
from newsdesk.plugins import entry_points

PLUGIN = """
    import contextlib
    import os

    from newsdesk import ServerPlugin, hookimpl

    @hookimpl
    def newsdesk_servers():
        yield ServerPlugin("acme", f"{__name__}:serve")

    @contextlib.contextmanager
    def serve(folder):
        (folder / "pid").write_text(str(os.getpid()))
        yield f"acme://{folder.name}"
        (folder / "ended").touch()
"""
BROKEN = "raise OSError('acme is worn out')"
SUITE = """
    import os

    def test_one(acme_server):
        with open("seen", "a") as seen:
            print(acme_server.url, (acme_server.folder / "pid").read_text(), acme_server.folder, file=seen)

    test_two = test_one
"""

KILLED = (
    SUITE.partition("    test_two")[0]
    + """
        os.kill(os.getpid(), 9)
"""
)


@pytest.fixture
def suite(pytester, distribution, monkeypatch):
    """Give a test suite that uses the fixtures, with some plugins installed."""

    def make(source, **plugins):
        sites = [
            distribution(f"{module}-dist", {module: code}, entries={"acme": module})
            for module, code in plugins.items()
        ]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, sites)))
        pytester.makeconftest('pytest_plugins = ["newsdesk.testing.fixtures"]')
        pytester.makepyfile(textwrap.dedent(source))
        return pytester

    return make


def seen(pytester):
    return [line.split() for line in (pytester.path / "seen").read_text().splitlines()]


def has_ended(folder):
    return Path(folder, "ended").exists()


def test_the_server_of_a_plugin_is_a_fixture_that_runs_once_for_all_tests(suite):
    pytester = suite(SUITE, acme=PLUGIN)
    pytester.runpytest_subprocess().assert_outcomes(passed=2)
    [first, second] = seen(pytester)
    assert first == second
    url, _, folder = first
    assert url.startswith("acme://acme-server")
    assert has_ended(folder)


def test_each_worker_of_xdist_has_a_server_of_its_own(suite):
    pytester = suite(SUITE, acme=PLUGIN)
    pytester.runpytest_subprocess("--numprocesses=2", "--dist=each").assert_outcomes(passed=4)
    servers = {(pid, folder) for _, pid, folder in seen(pytester)}
    assert len(servers) == 2
    assert all(has_ended(folder) for _, folder in servers)


def test_a_run_that_is_killed_leaves_no_server(suite):
    pytester = suite(KILLED, acme=PLUGIN)
    pytester.runpytest_subprocess()
    [(_, _, folder)] = seen(pytester)
    deadline = time.monotonic() + 30
    while not has_ended(folder):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_server_for_which_something_is_not_installed_is_skipped_with_what_to_install(suite):
    source = PLUGIN.replace(
        '(folder / "pid")',
        'from newsdesk.testing import ServerMissing; raise ServerMissing("pip install acme"); (folder)',
    )
    done = suite(SUITE, acme=source).runpytest_subprocess("-rs")
    done.assert_outcomes(skipped=2)
    done.stdout.fnmatch_lines("SKIPPED * pip install acme")


@pytest.mark.parametrize(
    ("name", "install"), [("mlflow", "newsdesk-mlflow[local]"), ("postgres", "newsdesk-postgres[embedded]")]
)
def test_a_server_of_ours_that_no_plugin_brings_is_skipped_with_what_to_install(
    suite, monkeypatch, name, install
):
    pytester = suite(f"def test_it({name}_server): pass")
    monkeypatch.setattr(entry_points, "installed", dict)
    done = pytester.runpytest_inprocess("-rs")
    done.assert_outcomes(skipped=1)
    done.stdout.fnmatch_lines(
        f"SKIPPED * no installed plugin offers the server {name!r}: pip install '{install.replace('[', '[[]')}'"
    )


def test_a_broken_plugin_is_told_and_nothing_is_skipped(suite, distribution, monkeypatch):
    pytester = suite("def test_it(mlflow_server): pass")
    site = distribution("worn-mlflow", {"worn": BROKEN}, entries={"mlflow": "worn"})
    entry = next(e for e in entry_points.installed()["mlflow"] if e.distribution == "worn-mlflow")
    assert site.exists()
    monkeypatch.setattr(entry_points, "installed", lambda: {"mlflow": [entry]})
    done = pytester.runpytest_inprocess()
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(
        "*the plugin 'mlflow' of worn-mlflow 1.0 is broken: acme is worn out; fix it, or uninstall it to skip its tests*"
    )


def test_a_server_that_two_plugins_bring_is_told_with_both(suite):
    pytester = suite(SUITE, acme=PLUGIN, acme_again=PLUGIN)
    done = pytester.runpytest_subprocess()
    done.assert_outcomes(errors=2)
    done.stdout.fnmatch_lines(
        "*the server 'acme' is offered by acme*-dist 1.0 and acme*-dist 1.0; uninstall all but one*"
    )


def test_the_fixtures_say_in_the_list_of_pytest_what_they_are(suite):
    done = suite("def test_it(): pass").runpytest_subprocess("--fixtures")
    done.stdout.fnmatch_lines(
        ["mlflow_server [[]session scope[]]*", "*Run the server 'mlflow' for all tests*"]
    )
