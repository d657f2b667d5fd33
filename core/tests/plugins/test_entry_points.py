import importlib.metadata
import os
import re
import shutil
import subprocess
import sys

import pytest
from newsdesk.plugins import entry_points
from newsdesk.plugins.distributions import distributions


def test_an_installed_entry_point_is_told_with_its_distribution(distribution):
    distribution("newsdesk-slack", entries={"slack": "slack_plugin"}, version="1.2")
    (entry,) = entry_points.installed()["slack"]
    assert (entry.name, entry.distribution, entry.version) == ("slack", "newsdesk-slack", "1.2")
    assert entry.origin == "newsdesk-slack 1.2"
    assert entry.value == "slack_plugin"
    assert "slack_plugin" not in sys.modules


def test_two_distributions_with_one_name_are_both_told(distribution):
    distribution("one", entries={"slack": "a"})
    distribution("two", entries={"slack": "b"})
    assert sorted(entry.distribution for entry in entry_points.installed()["slack"]) == ["one", "two"]


def test_the_scan_is_made_once_for_each_path(distribution, monkeypatch):
    scans = []
    scan = entry_points.distributions
    monkeypatch.setattr(entry_points, "distributions", lambda: scans.append(1) or scan())
    distribution("one", entries={"a": "a"})
    assert entry_points.installed() is entry_points.installed()
    assert entry_points.damaged() == ()
    distribution("two", entries={"b": "b"})
    assert {"a", "b"} <= set(entry_points.installed())
    assert scans == [1, 1]


def test_entry_points_of_other_groups_are_not_told(distribution):
    site = distribution("slack", entries={"slack": "a"})
    with next(site.glob("*.dist-info/entry_points.txt")).open("a") as file:
        file.write("[console_scripts]\nslack-cli = a:main\n")
    assert "slack-cli" not in entry_points.installed()


def test_what_is_found_is_what_the_standard_library_finds():
    def key(name):
        return re.sub(r"[-_.]+", "-", name).lower()

    found = {key(each.name_and_version()[0]): each.name_and_version()[1] for each in distributions()}
    assert found == {key(each.name): each.version for each in importlib.metadata.distributions()}
    ours = {(entry.name, entry.value) for entries in entry_points.installed().values() for entry in entries}
    assert ours == {(point.name, point.value) for point in importlib.metadata.entry_points(group="newsdesk")}


def test_a_plugin_may_be_in_a_zip_or_an_egg(distribution, tmp_path, monkeypatch):
    """As in an application that is one file."""
    site = distribution("zipped", {"zipped_plugin": "A = 1"}, entries={"zipped": "zipped_plugin:A"})
    app = shutil.make_archive(str(tmp_path / "app"), "zip", site)
    egg = tmp_path / "laid-2.0-py3.11.egg"
    shutil.copytree(
        distribution("laid", entries={"laid": "laid_plugin"}) / "laid-1.0.dist-info", egg / "EGG-INFO"
    )
    (egg / "EGG-INFO" / "METADATA").rename(egg / "EGG-INFO" / "PKG-INFO")
    monkeypatch.setattr(sys, "path", [app, str(egg)])
    assert entry_points.installed()["zipped"][0].origin == "zipped 1.0"
    assert entry_points.installed()["zipped"][0].load() == 1
    assert entry_points.installed()["laid"][0].origin == "laid 1.0"


def test_a_plugin_may_be_found_by_a_finder_of_somebody_else(monkeypatch):
    """As of those who load a program from a database, or freeze it."""

    class Distribution(importlib.metadata.Distribution):
        def read_text(self, filename):
            return {
                "METADATA": "Name: frozen\nVersion: 3.0\n",
                "entry_points.txt": "[newsdesk]\nfrozen = json\n",
            }.get(filename)

        def locate_file(self, path):
            raise NotImplementedError

    class Finder:
        def find_spec(self, name, path=None, target=None):
            return None

        def find_distributions(self, context=None):
            return [Distribution()]

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder()])
    entry_points._scan.cache_clear()
    assert entry_points.installed()["frozen"][0].origin == "frozen 3.0"
    entry_points._scan.cache_clear()


def test_a_finder_that_looks_at_the_same_path_finds_no_plugin_twice(distribution, monkeypatch):
    """As that of `importlib_metadata`, which MLflow imports."""

    class Finder:
        def find_spec(self, name, path=None, target=None):
            return None

        def find_distributions(self, context=None):
            return importlib.metadata.MetadataPathFinder.find_distributions()

    distribution("slack", entries={"slack": "a"})
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder()])
    entry_points._scan.cache_clear()
    assert [entry.origin for entry in entry_points.installed()["slack"]] == ["slack 1.0"]
    entry_points._scan.cache_clear()


def test_a_folder_twice_on_the_path_has_each_plugin_once(distribution, monkeypatch):
    site = distribution("slack", entries={"slack": "a"})
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    assert len(entry_points.installed()["slack"]) == 1


def test_a_distribution_without_metadata_is_called_as_its_folder_is(distribution):
    site = distribution("broken", entries={"broken": "x"})
    next(site.glob("*.dist-info/METADATA")).unlink()
    assert entry_points.installed()["broken"][0].origin == "broken 1.0"


def test_of_two_with_one_name_the_first_on_the_path_is_used(distribution):
    distribution("slack", entries={"slack": "old"}, version="1.0")
    distribution("slack", entries={"slack": "new"}, version="2.0")
    assert [entry.origin for entry in entry_points.installed()["slack"]] == ["slack 2.0"]
    assert entry_points.damaged() == ()


def damaged(folder, kind):
    """Damage a distribution, or make a damaged one beside it."""
    file = folder / "entry_points.txt"
    if kind == "no name":
        (folder.parent / ".dist-info").mkdir()
    elif kind == "no equals sign":
        file.write_text("[console_scripts]\nother\n[newsdesk]\nmine = mine\n")
    elif kind == "no equals sign in ours":
        file.write_text("[newsdesk]\nmine\n")
    elif kind == "Latin-1":
        file.write_bytes("[console_scripts]\n# André\nother = o:m\n".encode("latin-1"))
    elif kind == "symlinks in a circle":
        file.unlink()
        file.symlink_to(file)
    elif kind == "two versions":
        shutil.copytree(folder, folder.parent / "other-2.0.dist-info")


@pytest.mark.parametrize(
    ("kind", "where", "why"),
    [
        ("no name", ".dist-info", "it has no name"),
        ("no equals sign", "other-1.0.dist-info", ""),
        (
            "no equals sign in ours",
            "other-1.0.dist-info",
            "a line of [newsdesk] is not of the form 'name = module': 'mine'",
        ),
        ("Latin-1", "other-1.0.dist-info", "UnicodeDecodeError: "),
        ("symlinks in a circle", "other-1.0.dist-info", "OSError: "),
        ("two versions", "other-", "dist-info is there, too"),
    ],
)
def test_a_damaged_distribution_is_named_and_harms_nobody(distribution, caplog, kind, where, why):
    distribution("whole", entries={"whole": "y"})
    site = distribution("other", entries={"mine": "mine"})
    damaged(site / "other-1.0.dist-info", kind)
    importlib.invalidate_caches()
    entry_points._scan.cache_clear()
    assert entry_points.installed()["whole"][0].origin == "whole 1.0"
    [message] = entry_points.damaged()
    assert message.startswith(f"the distribution {site / where}")
    assert why in message
    assert message.endswith("; reinstall it, or delete that folder")
    assert [record.getMessage() for record in caplog.records] == [message]
    if kind in ("no name", "no equals sign", "two versions"):
        assert len(entry_points.installed()["mine"]) == 1
    else:
        assert "mine" not in entry_points.installed()


@pytest.mark.parametrize("kind", ["a dangling symlink", "a file", "no METADATA", "folders in place of files"])
def test_what_has_no_entry_points_that_could_be_read_harms_nobody(distribution, kind):
    site = distribution("whole", entries={"whole": "y"})
    info = site / "other-1.0.dist-info"
    if kind == "a dangling symlink":
        info.symlink_to(site / "nowhere")
    elif kind == "a file":
        info.write_bytes(b"\xff")
    else:
        info.mkdir()
    if kind == "folders in place of files":
        (info / "METADATA").mkdir()
        (info / "entry_points.txt").mkdir()
    importlib.invalidate_caches()
    entry_points._scan.cache_clear()
    assert entry_points.installed()["whole"][0].origin == "whole 1.0"
    assert entry_points.damaged() == ()


@pytest.mark.usefixtures("permissions")
def test_what_may_not_be_read_is_named(distribution):
    site = distribution("other", entries={"mine": "mine"})
    file = site / "other-1.0.dist-info" / "entry_points.txt"
    file.chmod(0)
    [message] = entry_points.damaged()
    assert message.startswith(f"the distribution {file.parent} is damaged (PermissionError: ")


@pytest.mark.parametrize(
    ("command", "code"), [("report m.json --to null", 0), ("reporters", 0), ("schema", 0), ("doctor", 1)]
)
def test_every_command_works_and_names_what_is_damaged(distribution, tmp_path, command, code):
    """In a process of its own, where nothing has looked at the distributions yet."""
    (tmp_path / "m.json").write_text('{"name": "m"}')
    sites = []
    for kind in ("no name", "no equals sign", "Latin-1", "symlinks in a circle"):
        sites.append(distribution("other", entries={}, version=str(len(sites))))
        damaged(sites[-1] / f"other-{len(sites) - 1}.dist-info", kind)
    done = subprocess.run(
        [sys.executable, "-c", f"from newsdesk.cli.main import main; main({command.split()})"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sites))},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == code, done.stderr
    for site in sites:
        assert f"the distribution {site}" in (done.stdout if command == "doctor" else done.stderr)


def test_plugins_come_in_the_order_of_their_names_whatever_that_of_their_folders(distribution):
    for name in ("zeta", "alpha", "mid"):
        distribution(f"acme-{name}", {f"{name}_plugin": ""}, entries={name: f"{name}_plugin"})
    names = list(entry_points.installed())
    assert names == sorted(names)
    assert {"alpha", "mid", "zeta"} <= set(names)
