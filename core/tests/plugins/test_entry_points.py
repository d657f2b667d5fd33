import importlib.metadata
import sys

from newsdesk.plugins import entry_points


def test_an_installed_entry_point_is_told_with_its_distribution(distribution):
    distribution("newsdesk-slack", entries={"slack": "slack_plugin"}, version="1.2")
    (entry,) = entry_points.installed()["slack"]
    assert (entry.name, entry.distribution, entry.version) == ("slack", "newsdesk-slack", "1.2")
    assert entry.origin == "newsdesk-slack 1.2"
    assert entry.point.value == "slack_plugin"
    assert "slack_plugin" not in sys.modules


def test_two_distributions_with_one_name_are_both_told(distribution):
    distribution("one", entries={"slack": "a"})
    distribution("two", entries={"slack": "b"})
    assert sorted(entry.distribution for entry in entry_points.installed()["slack"]) == ["one", "two"]


def test_the_scan_is_made_once_for_each_path(distribution, monkeypatch):
    scans = []
    scan = entry_points.metadata.entry_points
    monkeypatch.setattr(
        entry_points.metadata, "entry_points", lambda **group: scans.append(group) or scan(**group)
    )
    distribution("one", entries={"a": "a"})
    assert entry_points.installed() is entry_points.installed()
    distribution("two", entries={"b": "b"})
    assert {"a", "b"} <= set(entry_points.installed())
    assert scans == [{"group": "newsdesk"}] * 2


def test_entry_points_of_other_groups_are_not_told():
    assert importlib.metadata.entry_points(group="console_scripts")
    assert {entry.point.group for found in entry_points.installed().values() for entry in found} <= {
        "newsdesk"
    }


def test_a_distribution_with_damaged_metadata_harms_nobody(distribution):
    site = distribution("broken", entries={"broken": "x"})
    next(site.glob("*.dist-info/METADATA")).unlink()
    distribution("whole", entries={"whole": "y"})
    assert entry_points.installed()["whole"][0].origin == "whole 1.0"
    assert entry_points.installed()["broken"][0].origin == "an unknown distribution ?"
