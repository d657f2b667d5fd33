"""`newsdesk demo`: two builds of a fleet in local stores, and what to do next."""

import json
from types import SimpleNamespace

import pytest
from newsdesk import Config
from newsdesk.builtin import plugin
from newsdesk.builtin.registry import default_registry
from newsdesk.plugins.registry import Registry

STORE = """
    from newsdesk import ReporterPlugin, hookimpl

    @hookimpl
    def newsdesk_reporters():
        yield ReporterPlugin("broken", "acme_reporters:Fails", local={})
        yield ReporterPlugin("remote", "acme_reporters:Fails")
"""


@pytest.fixture(autouse=True)
def only_core(monkeypatch):
    """Only what core brings, whatever is installed beside it."""
    registry = Registry()
    registry.register(plugin, name="builtin", origin="newsdesk")
    found = SimpleNamespace(plugins=lambda: [registry.provider("files")])
    monkeypatch.setattr("newsdesk.cli.work.setup.demo.default_registry", lambda: found)


def test_two_builds_are_reported_and_what_is_printed_next_works(newsdesk, folder):
    told = newsdesk("demo").stdout
    assert "files: 24 delivered\n" in told
    demo = folder / "newsdesk-demo"
    assert len([*demo.glob("build-*/*.json")]) == 24
    held = sorted(demo.glob("reports/*/*.json"), key=lambda path: path.name)
    assert [path.stem for path in held] == sorted(path.stem for path in demo.glob("build-2/*.json"))
    for path in held:
        assert path.read_bytes() == (demo / "build-2" / path.name).read_bytes()
    assert json.loads((demo / "build-1/valve-004.json").read_text())["project_name"] == "north"
    assert "\n  cd newsdesk-demo\n" in told


def test_a_folder_that_is_not_empty_is_left_alone(newsdesk, folder):
    (folder / "mine").mkdir()
    (folder / "mine/notes.txt").write_text("x")
    told = newsdesk("demo", "mine", code=2).stderr
    assert "'mine' is not empty; give another folder, or remove it" in told
    assert [path.name for path in (folder / "mine").iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_made_is_an_error(newsdesk):
    name = "x" * 300
    assert (
        f"cannot write {name!r}: File name too long; give another folder"
        in newsdesk("demo", name, code=1).stderr
    )


def test_what_needs_a_server_is_left_out_and_other_stores_are_best_effort(
    newsdesk, folder, acme, distribution, monkeypatch
):
    distribution("newsdesk-store", {"store_plugin": STORE}, entries={"broken": "store_plugin"})
    both = [default_registry().provider(name) for name in ("files", "broken")]
    monkeypatch.setattr(
        "newsdesk.cli.work.setup.demo.default_registry", lambda: SimpleNamespace(plugins=lambda: both)
    )
    told = newsdesk("demo", code=3)
    assert "files: 24 delivered\n" in told.stdout
    assert "broken (best effort)" in told.stdout + told.stderr
    labels = {
        route.label: route.required for route in Config.read(folder / "newsdesk-demo/newsdesk.yaml").routes
    }
    assert labels == {"files": True, "broken": False}
