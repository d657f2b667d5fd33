"""Which way a server is reached, and that MLflow is imported only where its client is needed."""

import os
import subprocess
import sys

import pytest
from newsdesk_mlflow import MlflowLoggingError, MlFlowReporter
from newsdesk_mlflow.transport.client.store import ClientStore
from newsdesk_mlflow.transport.connecting import connect
from newsdesk_mlflow.transport.rest.store import RestStore

SCRIPT = """
import json, sys
from newsdesk import Machine
from newsdesk_mlflow import MlFlowReporter

machine = Machine.from_json(open({file!r}, "rb").read())
reporter = MlFlowReporter(tracking_uri={uri!r}, experiment={experiment!r})
{body}
heavy = {{name.split(".")[0] for name in sys.modules}} & {{"mlflow", "azure", "sqlalchemy", "pandas", "google"}}
assert not heavy, heavy
"""


@pytest.fixture
def script(server, machine, tmp_path):
    """Give a function that runs some lines in a new process, with a machine and a reporter."""

    def run(body, uri=server.url, **variables):
        file = tmp_path / "machine.json"
        file.write_bytes(machine.to_json())
        text = SCRIPT.format(file=str(file), uri=uri, experiment=machine.name, body=body)
        done = subprocess.run(
            [sys.executable, "-c", text],
            check=False,
            timeout=120,
            capture_output=True,
            env={**os.environ, **variables},
        )
        assert done.returncode == 0, done.stderr.decode()

    return run


def test_nothing_that_is_done_with_a_server_imports_mlflow(script, server, machine):
    script(
        "reporter.prepare()\n"
        "reporter.plan(machine)\n"
        "reporter.ping()\n"
        "assert not reporter.report(machine).unchanged\n"
        "assert reporter.holds([machine.key])\n"
        "assert reporter.report(machine).unchanged\n"
        "assert len([*reporter.findings(ping=False)]) == 1\n"
        "reporter.close()\n"
    )
    assert server.run(machine.name).status == "FINISHED"


def test_a_server_in_the_environment_is_found_without_mlflow(script, server, machine):
    script("reporter.prepare(); reporter.report(machine)", uri=None, MLFLOW_TRACKING_URI=server.url)
    assert server.run(machine.name).status == "FINISHED"


@pytest.mark.parametrize(
    ("uri", "variables", "kind"),
    [
        ("http://h", {}, RestStore),
        ("https://me:pw@h:5000/at", {}, RestStore),
        ("https://h", {"MLFLOW_TRACKING_TOKEN": "t", "MLFLOW_WORKSPACE": "w"}, RestStore),
        ("http://h", {"MLFLOW_TRACKING_AUTH": "kubernetes"}, ClientStore),
        ("http://h", {"MLFLOW_TRACKING_AWS_SIGV4": "true"}, ClientStore),
        ("http://h", {"MLFLOW_TRACKING_AWS_SIGV4": "0"}, RestStore),
        (None, {"MLFLOW_TRACKING_URI": "http://h"}, RestStore),
        ("sqlite:///{folder}/store.db", {}, ClientStore),
    ],
)
@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy is deprecated")
def test_a_plain_server_is_asked_directly_and_all_else_by_mlflows_client(
    monkeypatch, tmp_path, uri, variables, kind
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert type(connect(uri and uri.format(folder=tmp_path)).store) is kind


@pytest.mark.parametrize(
    ("entry_points", "kind"),
    [
        ("[mlflow.request_header_provider]\nmine = plugin:Headers\n", ClientStore),
        ("[console_scripts]\na = b:c\n\n[mlflow.tracking_store]\nhttps = plugin:store\n", ClientStore),
        ("[mlflow.tracking_store]\nfile-plugin = plugin:store\n[console_scripts]\nhttp = a:b\n", RestStore),
        ("[mlflow.request_auth_provider]\nmine = plugin:Auth\n", RestStore),
        (
            "[mlflow.request_header_provider]\na = azureml.mlflow.x:y\n\n[mlflow.deployments]\na = b\n",
            RestStore,
        ),
        ("[mlflow.request_header_provider]\na = azureml.mlflow.x:y\nmine=plugin:Headers\n", ClientStore),
        ("\xff[", RestStore),
    ],
)
@pytest.mark.parametrize("suffix", ["dist-info", "egg-info"])
def test_an_installed_plugin_that_changes_requests_makes_it_the_client(
    monkeypatch, tmp_path, entry_points, kind, suffix
):
    folder = tmp_path / f"plugin-1.0.{suffix}"
    folder.mkdir()
    (folder / "entry_points.txt").write_text(entry_points, "latin-1")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert type(connect("http://h").store) is kind


def test_a_plugin_that_the_program_registers_itself_makes_it_the_client(monkeypatch):
    from mlflow.tracking.request_header import registry

    class Headers:
        def in_context(self):
            return True

        def request_headers(self):
            return {"X": "1"}

    assert type(connect("http://h").store) is RestStore
    found = registry._request_header_provider_registry
    monkeypatch.setattr(found, "_registry", [*found._registry, Headers()])
    assert type(connect("http://h").store) is ClientStore


def test_the_uri_that_the_program_has_set_in_mlflow_is_used(server, machine, monkeypatch):
    import mlflow
    from mlflow.tracking._tracking_service import utils

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setattr(utils, "_tracking_uri", None)  # so that it is none again for the other tests
    mlflow.set_tracking_uri(server.url)
    reporter = MlFlowReporter()
    reporter.report(machine)
    assert type(reporter.tracking.store) is RestStore
    assert server.run(machine.name).status == "FINISHED"


@pytest.mark.usefixtures("road")
def test_the_environment_is_never_changed(server, machine, monkeypatch):
    changes = []

    class Watched(type(os.environ)):
        def __setitem__(self, name, value):
            changes.append(name)
            super().__setitem__(name, value)

        def __delitem__(self, name):
            changes.append(name)
            super().__delitem__(name)

    monkeypatch.setattr(os.environ, "__class__", Watched)
    reporter = MlFlowReporter(tracking_uri=server.url)
    reporter.ping()
    reporter.report(machine)
    reporter.holds([machine.key])
    reporter.close()
    assert changes == []
    os.environ["SEEN"] = "1"
    del os.environ["SEEN"]
    assert changes == ["SEEN", "SEEN"]


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_AWS_SIGV4", "MLFLOW_TRACKING_INSECURE_TLS"])
def test_a_variable_that_is_neither_true_nor_false_is_named(monkeypatch, name):
    monkeypatch.setenv(name, "yes")
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter(tracking_uri="http://127.0.0.1:9").ping()
    assert str(raised.value) == f"{name} must be true or false, but is 'yes'"
